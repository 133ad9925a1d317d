import type { DatabaseSync } from 'node:sqlite';
import type { Dataset } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import { indexesThere } from './index-tree.ts';

/**
 * Where a search index has other entries than the rows of its table, as SQLite finds it: it looks each row up in each index
 * (half a million rows: 1.2 s), and counts.
 */
export function indexFaults(db: DatabaseSync, dataset: Dataset, limit: number): string[] {
  const tables = new Set(indexesThere(db, dataset).map(({ table }) => table));
  return [...tables]
    .flatMap((table) => {
      const found = db.prepare(`PRAGMA integrity_check(${identifier(table)})`).all();
      const faults = found.map((row) => row['integrity_check'] as string).filter((text) => text !== 'ok');
      return faults.map((fault) => `${table}: ${fault}`);
    })
    .slice(0, limit);
}
