/** What there is only while a search index is made; what a killed process has left of it is found by its names. */
import type { DatabaseSync } from 'node:sqlite';
import { identifier } from '../identifier.ts';
import type { SearchIndex } from '../search-indexes.ts';
import { dropInPieces } from './successor.ts';
import type { WatchNames } from './touch-watch.ts';

const prefix = '_longhaul_indexing_';

/** The table with the entries. */
export function treeName({ name }: SearchIndex): string {
  return `${prefix}tree_${name}`;
}

export function indexingWatchNames({ name }: SearchIndex): WatchNames {
  return { touched: `${prefix}touched_`, trigger: `${prefix}watch_`, of: name };
}

/** Removes what is left of indexes that were to be made. As `removeSuccessors`. */
export function removeIndexing(db: DatabaseSync, inShortTransaction: (work: () => void) => void): void {
  const triggers = named(db, 'trigger', prefix);
  const touched = named(db, 'table', `${prefix}touched_`);
  if (triggers.length + touched.length > 0) {
    inShortTransaction(() => {
      for (const name of triggers) db.exec(`DROP TRIGGER IF EXISTS ${identifier(name)}`);
      for (const name of touched) db.exec(`DROP TABLE IF EXISTS ${identifier(name)}`);
    });
  }
  for (const name of named(db, 'table', `${prefix}tree_`)) dropInPieces(db, name, inShortTransaction);
}

function named(db: DatabaseSync, type: string, beginning: string): string[] {
  const names = db.prepare(
    'SELECT name FROM sqlite_schema WHERE type = ?1 AND substr(name, 1, length(?2)) = ?2',
  );
  return names.all(type, beginning).map((row) => row['name'] as string);
}
