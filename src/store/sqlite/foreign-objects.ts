/** What other programs have made on our tables. */
import type { DatabaseSync } from 'node:sqlite';
import { identifier } from '../identifier.ts';

/** What is ours: search indexes, and the triggers with which they are made. */
const isForeign = "substr(name, 1, 10) <> '_longhaul_'";

/** Whether a program has triggers on a table, which must see each row that is written. */
export function hasTriggers(db: DatabaseSync, table: string): boolean {
  const trigger = db.prepare(
    `SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE AND ${isForeign}`,
  );
  return trigger.get(table) !== undefined;
}

export interface ForeignIndex {
  readonly name: string;
  readonly isUnique: boolean;
  readonly columns: string;
}

/**
 * Whether a table can be succeeded. Triggers of other programs must see each row that is written. An index over expressions or
 * over some rows only can be told of by its text alone, which names the table.
 */
export function canBeSucceeded(db: DatabaseSync, table: string): boolean {
  if (hasTriggers(db, table)) return false;
  try {
    foreignIndexes(db, table);
    return true;
  } catch (error) {
    if (error instanceof IndexNotCarried) return false;
    throw error;
  }
}

class IndexNotCarried extends Error {}

/** The indexes that other programs have made. */
export function foreignIndexes(db: DatabaseSync, table: string): ForeignIndex[] {
  const indexes = db
    .prepare(`SELECT * FROM pragma_index_list(?) WHERE origin = 'c' AND ${isForeign}`)
    .all(table);
  return indexes.map((index) => {
    const name = index['name'] as string;
    const columns = db.prepare('SELECT * FROM pragma_index_xinfo(?) WHERE key').all(name);
    if (index['partial'] === 1 || columns.some((column) => column['name'] === null)) {
      throw new IndexNotCarried(name);
    }
    const terms = columns.map(
      (column) =>
        `${identifier(column['name'] as string)} COLLATE ${identifier(column['coll'] as string)}${column['desc'] === 1 ? ' DESC' : ''}`,
    );
    return { name, isUnique: index['unique'] === 1, columns: terms.join(', ') };
  });
}
