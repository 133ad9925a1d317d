import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { type Dataset, tableNames } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import { type SearchIndex, searchIndexes } from '../search-indexes.ts';
import { list } from './connection.ts';
import { changeSchema } from './exchange-trees.ts';
import { keyDefinition, tablesOf } from './schema.ts';

/** What an index holds of a row: its columns' values, in their order. */
export type IndexEntry = readonly SQLInputValue[];

/** Name and definition of the columns of an index, in its order. */
export function entryColumns(dataset: Dataset, index: SearchIndex): ReadonlyMap<string, string> {
  const shape = tablesOf(dataset).find(({ name }) => name === index.table)!;
  return new Map(index.columns.map((name) => [name, keyDefinition(shape, name)]));
}

export function createIndexSql({ name, table, columns, nullable }: SearchIndex): string {
  const where = nullable ? ` WHERE ${identifier(columns[0]!)} IS NOT NULL` : '';
  return `CREATE INDEX ${identifier(name)} ON ${identifier(table)} (${list(columns)})${where}`;
}

/**
 * The entries of an index as a table: WITHOUT ROWID its B-tree is, byte for byte, what the index's is over a table WITHOUT ROWID
 * whose key the index ends with. So a table that was filled in transactions as short as one likes becomes an index by
 * being called one in the schema, and an index becomes a table that can be written to by itself.
 */
export class IndexTree {
  readonly index: SearchIndex;
  readonly table: string;
  readonly #db: DatabaseSync;
  readonly #sql: string;

  constructor(db: DatabaseSync, dataset: Dataset, index: SearchIndex, table: string) {
    this.#db = db;
    this.index = index;
    this.table = table;
    const columns = [...entryColumns(dataset, index).values()].join(', ');
    this.#sql = `CREATE TABLE ${identifier(table)} (${columns}, PRIMARY KEY (${list(index.columns)})) STRICT, WITHOUT ROWID`;
  }

  /** Makes it, empty. */
  create(): void {
    this.#db.exec(this.#sql);
  }

  /** The greatest entry, or none. */
  last(): IndexEntry {
    const { columns } = this.index;
    const order = columns.map((name) => `${identifier(name)} DESC`).join(', ');
    return (
      entries(
        this.#db,
        `SELECT ${list(columns)} FROM ${identifier(this.table)} ORDER BY ${order} LIMIT 1`,
      )[0] ?? []
    );
  }

  /** Makes it hold each of these exactly if a row of a table has it. */
  recheck(found: Iterable<IndexEntry>, table: string): void {
    const { columns } = this.index;
    const isIt = columns.map((name) => `${identifier(name)} = ?`).join(' AND ');
    const own = identifier(this.table);
    const remove = this.#db.prepare(`DELETE FROM ${own} WHERE ${isIt}`);
    const copy = this.#db.prepare(
      `INSERT INTO ${own} SELECT ${list(columns)} FROM main.${identifier(table)} WHERE ${isIt}`,
    );
    for (const entry of found) {
      remove.run(...entry);
      copy.run(...entry);
    }
  }

  /** From now on it is the index, in the caller's transaction. */
  becomeIndex(): void {
    const { name, table } = this.index;
    this.#become(this.table, 'index', name, table, createIndexSql(this.index));
  }

  /** The index is a table from now on, in the caller's transaction, in which nobody may look for anything by it. */
  becomeTable(): void {
    this.#become(this.index.name, 'table', this.table, this.table, this.#sql);
  }

  #become(name: string, ...as: readonly [type: string, name: string, table: string, sql: string]): void {
    const db = this.#db;
    changeSchema(db, () => {
      const change = db.prepare(
        "UPDATE sqlite_schema SET type = ?, name = ?, tbl_name = ?, sql = ? WHERE name = ? AND type IN ('table', 'index')",
      );
      if (change.run(...as, name).changes !== 1) throw new Error(`${name} is not in the schema once`);
    });
  }
}

/** Rows of a query as entries. */
export function entries(db: DatabaseSync, sql: string, ...values: readonly SQLInputValue[]): IndexEntry[] {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  return statement.all(...values) as unknown as IndexEntry[];
}

/** The search indexes that a dataset's tables have. */
export function indexesThere(db: DatabaseSync, dataset: Dataset): SearchIndex[] {
  const isThere = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?");
  return searchIndexes(dataset).filter(({ name }) => isThere.get(name) !== undefined);
}

/** Removes all rows of a dataset's tables, in the caller's transaction, and their search indexes: the next ones come quicker without. */
export function emptyTables(db: DatabaseSync, dataset: Dataset): void {
  for (const { name } of indexesThere(db, dataset)) db.exec(`DROP INDEX ${identifier(name)}`);
  for (const table of tableNames(dataset)) db.exec(`DELETE FROM ${identifier(table)}`);
}
