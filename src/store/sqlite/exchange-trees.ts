import type { DatabaseSync } from 'node:sqlite';

/**
 * Lets tables (or indexes) of the same shape exchange their B-trees: in the schema each gets the other's root page. That page's
 * number is nowhere else in the file, and SQLite itself moves roots so when it vacuums. All who have the database open read the
 * schema again, because its version has changed with it; who is reading goes on with the old state until the end.
 */
export function exchangeTrees(db: DatabaseSync, pairs: readonly (readonly [string, string])[]): void {
  // Triggers have names of their own.
  const isIt = "name = ? COLLATE NOCASE AND type IN ('table', 'index')";
  const rootOf = db.prepare(`SELECT rootpage FROM sqlite_schema WHERE ${isIt}`);
  changeSchema(db, () => {
    const setRoot = db.prepare(`UPDATE sqlite_schema SET rootpage = ? WHERE ${isIt}`);
    for (const [a, b] of pairs) {
      const [rootA, rootB] = [a, b].map((name) => (rootOf.get(name) as { rootpage: number }).rootpage);
      for (const [name, root] of [
        [a, rootB!],
        [b, rootA!],
      ] as const) {
        if (setRoot.run(root, name).changes !== 1) throw new Error(`${name} is not in the schema once`);
      }
    }
  });
}

/** Writes to the schema's own table, in the caller's transaction. */
export function changeSchema(db: DatabaseSync, change: () => void): void {
  db.enableDefensive(false);
  try {
    db.exec('PRAGMA writable_schema = ON');
    change();
    const { schema_version: version } = db.prepare('PRAGMA schema_version').get() as {
      schema_version: number;
    };
    db.exec(`PRAGMA schema_version = ${version + 1}`);
  } finally {
    // Forgets also what this connection knows of the schema.
    db.exec('PRAGMA writable_schema = RESET');
    db.enableDefensive(true);
  }
}
