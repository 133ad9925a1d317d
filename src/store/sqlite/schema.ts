import type { DatabaseSync } from 'node:sqlite';
import { LonghaulError } from '../../runtime/errors.ts';
import {
  columnType,
  type CountTable,
  type Dataset,
  products,
  provenanceColumns,
  storedKey,
} from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import { inTransaction, list } from './connection.ts';
import { sqliteTypes } from './typed-values.ts';

/**
 * The ledger, step by step. A database says in its `user_version` how many steps it has taken; a step is never
 * changed once it was released, and a program that knows fewer steps refuses to touch the database.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE _longhaul_datasets (
    name TEXT PRIMARY KEY,
    -- The dataset as JSON: columns, key, counts.
    definition TEXT NOT NULL,
    -- Of the whole table, moved by every writer in its own transaction.
    rows INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    -- The last publish number that was given out.
    publish_number INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE _longhaul_files (
    dataset TEXT NOT NULL,
    source TEXT NOT NULL,
    file TEXT NOT NULL,
    -- The last published run of the file, and what it read.
    run INTEGER NOT NULL,
    version TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    fingerprint TEXT,
    PRIMARY KEY (dataset, source, file)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE _longhaul_runs (
    run INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset TEXT NOT NULL,
    source TEXT NOT NULL,
    file TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'staging', 'publishing', 'done', 'failed', 'cancelled', 'outdated')),
    settings TEXT NOT NULL,
    fingerprint TEXT,
    ignored_columns TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    publish_number INTEGER,
    version TEXT,
    bytes INTEGER NOT NULL DEFAULT 0,
    content_bytes INTEGER NOT NULL DEFAULT 0,
    chunks INTEGER NOT NULL DEFAULT 0,
    chunks_taken_over INTEGER NOT NULL DEFAULT 0,
    records INTEGER NOT NULL DEFAULT 0,
    blank_lines INTEGER NOT NULL DEFAULT 0,
    inserted INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    superseded INTEGER NOT NULL DEFAULT 0,
    kept INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,
    rejected_by TEXT NOT NULL DEFAULT '{}',
    peak_rss_bytes INTEGER NOT NULL DEFAULT 0,
    -- The table after the run.
    table_rows INTEGER,
    table_groups INTEGER,
    table_checksum INTEGER,
    failure_code TEXT,
    failure_message TEXT,
    UNIQUE (dataset, publish_number)
  ) STRICT;
  CREATE INDEX _longhaul_runs_of_file ON _longhaul_runs (dataset, source, file, state);

  CREATE TABLE _longhaul_chunks (
    run INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    byte_offset INTEGER NOT NULL,
    byte_length INTEGER NOT NULL,
    line INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    records INTEGER NOT NULL,
    blank_lines INTEGER NOT NULL,
    superseded INTEGER NOT NULL,
    rejected_by TEXT NOT NULL,
    rows INTEGER NOT NULL,
    -- SHA-256 of the file of staged rows; NULL once the run has ended, or if the rows never left memory.
    staged_sha256 TEXT,
    PRIMARY KEY (run, chunk)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE _longhaul_rejects (
    run INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    byte_offset INTEGER NOT NULL,
    byte_length INTEGER NOT NULL,
    line INTEGER NOT NULL,
    code TEXT NOT NULL,
    raw BLOB NOT NULL,
    PRIMARY KEY (run, byte_offset)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE _longhaul_edits (
    edit INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset TEXT NOT NULL,
    -- UTF-8 of the key's parts, NUL bytes between them: sorts as the rows do.
    key BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('standing', 'replaced', 'taken_back', 'ended')),
    -- The whole row as a JSON array in the order of the columns.
    row_values TEXT NOT NULL,
    edited_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    ended_by_run INTEGER,
    -- What the row would be without the edit, and the hash of these values without run and line.
    covered_values TEXT NOT NULL,
    covered_hash INTEGER NOT NULL,
    covered_run INTEGER NOT NULL,
    covered_line INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX _longhaul_edits_of_row ON _longhaul_edits (dataset, key);
  CREATE UNIQUE INDEX _longhaul_edits_standing ON _longhaul_edits (dataset, key) WHERE state = 'standing';

  CREATE TABLE _longhaul_edit_covers (
    edit INTEGER NOT NULL,
    source TEXT NOT NULL,
    file TEXT NOT NULL,
    -- The record of this file that the edit covers: hash of its values, and where it was first seen.
    content_hash INTEGER NOT NULL,
    run INTEGER NOT NULL,
    line INTEGER NOT NULL,
    PRIMARY KEY (edit, source, file)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- The value that was the reason, where one was.
  ALTER TABLE _longhaul_rejects ADD COLUMN column_name TEXT;
  ALTER TABLE _longhaul_rejects ADD COLUMN value TEXT;
  -- Rows of the version before; of a dataset without a key only.
  ALTER TABLE _longhaul_runs ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
  -- Columns in the order in which they were declared, which is that of the table.
  UPDATE _longhaul_datasets SET definition = '${JSON.stringify({ columns: products.columns, key: products.key, counts: products.counts })}'
    WHERE name = 'products';
  `,
  `
  CREATE TABLE _longhaul_sources (
    name TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    -- NULL: found out by asking it.
    kind TEXT,
    -- Whose files they are.
    dataset TEXT NOT NULL,
    -- Where its token is; never the token.
    token_file TEXT,
    paused INTEGER NOT NULL CHECK (paused IN (0, 1)),
    added_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Given through the API; those before were given on this machine.
  ALTER TABLE _longhaul_sources ADD COLUMN guarded INTEGER NOT NULL DEFAULT 0 CHECK (guarded IN (0, 1));
  `,
];

const schemaVersion = migrations.length;

/** The steps that a database has taken. */
export function schemaVersionOf(db: DatabaseSync): number {
  return (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
}

/** Whether this is a database of ours. Throws if it is one that only a newer program understands. */
export function checkVersion(db: DatabaseSync, database: string): boolean {
  const ours =
    db.prepare("SELECT 1 FROM sqlite_schema WHERE name = '_longhaul_datasets'").get() !== undefined;
  const found = schemaVersionOf(db);
  if (ours && found > schemaVersion) {
    throw LonghaulError.of('database_newer', { database, found, known: schemaVersion });
  }
  return ours;
}

/** For whoever does not make the ledger: throws unless this is a database of ours. */
export function requireOurs(db: DatabaseSync, database: string): void {
  if (checkVersion(db, database)) return;
  const isEmpty = db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  throw isEmpty
    ? LonghaulError.of('database_missing', { database })
    : LonghaulError.of('database_not_ours', { database, detail: '' });
}

/** Takes the steps that the database has not taken yet, in the caller's transaction or one of its own. */
export function migrate(db: DatabaseSync, database: string): void {
  const ours = checkVersion(db, database);
  if (ours && schemaVersionOf(db) === schemaVersion) return;
  const takeSteps = (): void => {
    // Looked at again under the lock: another process may have migrated meanwhile.
    const from = schemaVersionOf(db);
    // Another program keeps its own version there, and would take ours for it.
    if (!checkVersion(db, database) && from !== 0) {
      throw LonghaulError.of('database_not_ours', { database, detail: ` (its user_version is ${from})` });
    }
    // Every merge relies on it that SQLite sorts keys as we do. A database's encoding never changes.
    const { encoding } = db.prepare('PRAGMA encoding').get() as { encoding: string };
    if (encoding !== 'UTF-8') throw LonghaulError.of('database_not_utf8', { database, encoding });
    for (const step of migrations.slice(from)) db.exec(step);
    db.exec(`PRAGMA user_version = ${schemaVersion}`);
  };
  if (db.isTransaction) takeSteps();
  else inTransaction(db, takeSteps);
}

export interface TableShape {
  readonly name: string;
  /** The columns of its key. */
  readonly key: readonly string[];
  /** All its columns in their order: name, and definition in SQL. */
  readonly columns: ReadonlyMap<string, string>;
  readonly sql: string;
}

/** Name and type of a column as a part of another table's key. */
export function keyDefinition({ columns }: TableShape, name: string): string {
  return columns.get(name)!.replace(' PRIMARY KEY', '');
}

/**
 * The tables of a dataset, that of its rows first. WITHOUT ROWID: the rows lie in the B-tree of their key, so rows that
 * come in key order are appended, and there is one tree to write, not two.
 */
export function tablesOf(dataset: Dataset): [rows: TableShape, ...counts: TableShape[]] {
  const columns = new Map(
    dataset.columns.map(({ name, type }) => [name, `${identifier(name)} ${sqliteTypes[type]}`]),
  );
  for (const name of provenanceColumns) columns.set(name, `${name} INTEGER NOT NULL`);
  const key = `PRIMARY KEY (${list(storedKey(dataset))})`;
  const rows = {
    name: dataset.name,
    key: storedKey(dataset),
    columns,
    sql: `CREATE TABLE ${identifier(dataset.name)} (\n  ${[...columns.values(), key].join(',\n  ')}\n) STRICT, WITHOUT ROWID`,
  };
  const counts = dataset.counts.map((count) => {
    const { table, column, numberColumn } = count;
    const countColumns = new Map([
      [column, `${identifier(column)} ${countedType(dataset, count)} NOT NULL PRIMARY KEY`],
      [numberColumn, `${identifier(numberColumn)} INTEGER NOT NULL`],
    ]);
    const sql = `CREATE TABLE ${identifier(table)} (\n  ${[...countColumns.values()].join(',\n  ')}\n) STRICT, WITHOUT ROWID`;
    return { name: table, key: [column], columns: countColumns, sql };
  });
  return [rows, ...counts];
}

function countedType(dataset: Dataset, count: CountTable): string {
  return sqliteTypes[columnType(dataset, count.column)].replace(' NOT NULL', '');
}

/** Creates the dataset's tables, or checks that those that are there are the ones it would create. */
export function ensureTables(db: DatabaseSync, database: string, dataset: Dataset): void {
  const known = db.prepare('SELECT definition FROM _longhaul_datasets WHERE name = ?').get(dataset.name);
  const existing = db.prepare('SELECT sql FROM sqlite_schema WHERE name = ? COLLATE NOCASE');
  for (const table of tablesOf(dataset)) {
    const found = existing.get(table.name) as { sql: string } | undefined;
    const reason =
      found === undefined
        ? known === undefined
          ? undefined
          : 'is missing, although the ledger knows it'
        : known === undefined
          ? 'is there already, and longhaul did not make it'
          : found.sql === table.sql
            ? undefined
            : 'has other columns than this dataset';
    if (reason !== undefined)
      throw LonghaulError.of('table_mismatch', { database, table: table.name, reason });
    if (found === undefined) db.exec(table.sql);
  }
  if (known === undefined) {
    db.prepare(
      'INSERT INTO _longhaul_datasets (name, definition, rows, checksum, publish_number) VALUES (?, ?, 0, 0, 0)',
    ).run(
      dataset.name,
      JSON.stringify({ columns: dataset.columns, key: dataset.key, counts: dataset.counts }),
    );
  }
}
