import { LonghaulError } from '../../runtime/errors.ts';
import { columnType, type Dataset, provenanceColumns, storedKey } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { partitionTables } from './partition-ledger.ts';
import type { Session } from './session.ts';
import { sqlTypes } from './typed-values.ts';
import { workerTables } from './worker-tables.ts';

/**
 * The ledger, step by step. `_longhaul_schema` says how many steps a schema has taken; a step is never changed once it was
 * released, and a program that knows fewer steps refuses to touch the tables.
 *
 * Text that is a key or is sorted has COLLATE "C": by its bytes, whatever the database's own order.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE _longhaul_datasets (
    name TEXT COLLATE "C" PRIMARY KEY,
    -- The dataset as JSON: columns, key, counts.
    definition TEXT NOT NULL,
    -- Of the whole table, moved by every writer in its own transaction. Whoever changes rows holds this row.
    rows BIGINT NOT NULL,
    checksum BIGINT NOT NULL,
    -- The last publish number that was given out.
    publish_number BIGINT NOT NULL,
    -- How many edits were made and taken back.
    edit_number BIGINT NOT NULL
  );

  CREATE TABLE _longhaul_files (
    dataset TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    file TEXT COLLATE "C" NOT NULL,
    -- The last published run of the file, and what it read.
    run BIGINT NOT NULL,
    version TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    fingerprint TEXT,
    PRIMARY KEY (dataset, source, file)
  );

  CREATE TABLE _longhaul_runs (
    run BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    file TEXT COLLATE "C" NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'staging', 'publishing', 'done', 'failed', 'cancelled', 'outdated')),
    settings TEXT NOT NULL,
    fingerprint TEXT,
    ignored_columns TEXT NOT NULL,
    started_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    publish_number BIGINT,
    version TEXT,
    bytes BIGINT NOT NULL DEFAULT 0,
    content_bytes BIGINT NOT NULL DEFAULT 0,
    chunks BIGINT NOT NULL DEFAULT 0,
    chunks_taken_over BIGINT NOT NULL DEFAULT 0,
    records BIGINT NOT NULL DEFAULT 0,
    blank_lines BIGINT NOT NULL DEFAULT 0,
    inserted BIGINT NOT NULL DEFAULT 0,
    updated BIGINT NOT NULL DEFAULT 0,
    unchanged BIGINT NOT NULL DEFAULT 0,
    superseded BIGINT NOT NULL DEFAULT 0,
    kept BIGINT NOT NULL DEFAULT 0,
    removed BIGINT NOT NULL DEFAULT 0,
    rejected BIGINT NOT NULL DEFAULT 0,
    rejected_by TEXT NOT NULL DEFAULT '{}',
    peak_rss_bytes BIGINT NOT NULL DEFAULT 0,
    -- The table after the run.
    table_rows BIGINT,
    table_groups BIGINT,
    table_checksum BIGINT,
    failure_code TEXT,
    failure_message TEXT
  );
  CREATE INDEX _longhaul_runs_of_file ON _longhaul_runs (dataset, source, file, state);

  CREATE TABLE _longhaul_chunks (
    run BIGINT NOT NULL,
    chunk BIGINT NOT NULL,
    byte_offset BIGINT NOT NULL,
    byte_length BIGINT NOT NULL,
    line BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    records BIGINT NOT NULL,
    blank_lines BIGINT NOT NULL,
    superseded BIGINT NOT NULL,
    rejected_by TEXT NOT NULL,
    rows BIGINT NOT NULL,
    -- That of the staged rows; NULL once the run has ended.
    epoch TEXT,
    PRIMARY KEY (run, chunk)
  );

  CREATE TABLE _longhaul_rejects (
    run BIGINT NOT NULL,
    chunk BIGINT NOT NULL,
    byte_offset BIGINT NOT NULL,
    byte_length BIGINT NOT NULL,
    line BIGINT NOT NULL,
    code TEXT NOT NULL,
    raw BYTEA NOT NULL,
    -- The value that was the reason, where one was.
    column_name TEXT,
    value TEXT,
    PRIMARY KEY (run, byte_offset)
  );

  -- Emptied by a crash of the server, like the staged rows: what names the epoch that it held is gone with it.
  CREATE UNLOGGED TABLE _longhaul_epoch (epoch TEXT PRIMARY KEY);

  CREATE TABLE _longhaul_edits (
    edit BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset TEXT COLLATE "C" NOT NULL,
    -- The key's parts: sorts as the rows do.
    key TEXT[] COLLATE "C" NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('standing', 'replaced', 'taken_back', 'ended')),
    -- The dataset's edit_number when a person last touched it.
    edit_number BIGINT NOT NULL,
    -- The whole row as a JSON array in the order of the columns.
    row_values TEXT NOT NULL,
    edited_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    ended_by_run BIGINT,
    -- What the row would be without the edit, and the hash of these values without run and line.
    covered_values TEXT NOT NULL,
    covered_hash BIGINT NOT NULL,
    covered_run BIGINT NOT NULL,
    covered_line BIGINT NOT NULL
  );
  CREATE INDEX _longhaul_edits_of_row ON _longhaul_edits (dataset, key);
  CREATE INDEX _longhaul_edits_by_number ON _longhaul_edits (dataset, edit_number);
  CREATE UNIQUE INDEX _longhaul_edits_standing ON _longhaul_edits (dataset, key) WHERE state = 'standing';

  CREATE TABLE _longhaul_edit_covers (
    edit BIGINT NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    file TEXT COLLATE "C" NOT NULL,
    -- The record of this file that the edit covers: hash of its values, and where it was first seen.
    content_hash BIGINT NOT NULL,
    run BIGINT NOT NULL,
    line BIGINT NOT NULL,
    PRIMARY KEY (edit, source, file)
  );
  `,
  `
  CREATE TABLE _longhaul_sources (
    name TEXT COLLATE "C" PRIMARY KEY,
    url TEXT NOT NULL,
    -- NULL: found out by asking it.
    kind TEXT,
    -- Whose files they are.
    dataset TEXT COLLATE "C" NOT NULL,
    -- Where its token is; never the token.
    token_file TEXT,
    paused BOOLEAN NOT NULL,
    added_ms BIGINT NOT NULL
  );
  `,
  workerTables,
  `
  -- Given through the API; those before were given on this machine.
  ALTER TABLE _longhaul_sources ADD COLUMN guarded BOOLEAN NOT NULL DEFAULT false;
  `,
  partitionTables,
];

const schemaVersion = migrations.length;

/** @returns the steps that the schema has taken; null when there is no ledger */
async function readVersion(session: Session): Promise<number | null> {
  const there = await session.one("SELECT 1 FROM pg_class WHERE oid = to_regclass('_longhaul_schema')");
  if (there === undefined) return null;
  const row = await session.one<{ version: bigint }>('SELECT version FROM _longhaul_schema');
  return row === undefined ? null : Number(row.version);
}

/** Whether there is a ledger of ours. Throws if it is one that only a newer program understands. */
export async function checkVersion(connection: Connection, session: Session): Promise<boolean> {
  const found = await readVersion(session);
  if (found !== null && found > schemaVersion) {
    const { database } = connection;
    throw LonghaulError.of('database_newer', { database, found, known: schemaVersion });
  }
  return found !== null;
}

/** For whoever does not make the ledger: throws unless there is one. */
export async function requireOurs(connection: Connection): Promise<void> {
  if (await checkVersion(connection, connection.session)) return;
  const { database, schema } = connection;
  throw LonghaulError.of('tables_missing', { database, schema });
}

/**
 * A connection for short transactions beside those of whoever imports: to a ledger of ours, of the present schema then. Throws
 * `tables_missing` when there is none.
 */
export async function openOurs(options: ConnectionOptions): Promise<Connection> {
  const connection = await Connection.open(options);
  try {
    await connection.translating(() => requireOurs(connection));
    await connection.transaction((session) => migrate(connection, session));
    return connection;
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

/** Takes the steps that the schema has not taken yet, in the caller's transaction. Others that want to wait until it ends. */
export async function migrate(connection: Connection, session: Session): Promise<void> {
  if ((await readVersion(session)) === schemaVersion) return;
  await session.run(
    "SELECT pg_advisory_xact_lock(hashtext('longhaul schema'), hashtext($1))",
    connection.schema,
  );
  const from = (await checkVersion(connection, session)) ? ((await readVersion(session)) ?? 0) : 0;
  const schema = identifier(connection.schema);
  const there = await session.one('SELECT 1 FROM pg_namespace WHERE nspname = $1', connection.schema);
  // Asked for first: IF NOT EXISTS wants the right to create schemas also where there is nothing to create.
  if (there === undefined) await session.run(`CREATE SCHEMA ${schema}`);
  for (const step of migrations.slice(from)) await session.run(step);
  await session.run(
    `CREATE TABLE IF NOT EXISTS _longhaul_schema (version BIGINT PRIMARY KEY);
     DELETE FROM _longhaul_schema; INSERT INTO _longhaul_schema VALUES (${schemaVersion})`,
  );
}

interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
}

interface Table {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  readonly key: readonly string[];
}

function tablesOf(dataset: Dataset): Table[] {
  const integers = provenanceColumns.map((name) => ({ name, type: 'bigint', notNull: true }));
  const columns = dataset.columns.map(({ name, type }) => ({
    name,
    type: sqlTypes[type],
    notNull: type === 'text',
  }));
  const rows = { name: dataset.name, columns: [...columns, ...integers], key: storedKey(dataset) };
  const counts = dataset.counts.map(({ table, column, numberColumn }) => ({
    name: table,
    columns: [
      { name: column, type: sqlTypes[columnType(dataset, column)], notNull: true },
      { name: numberColumn, type: 'bigint', notNull: true },
    ],
    key: [column],
  }));
  return [rows, ...counts];
}

function createTable({ name, columns, key }: Table): string {
  const lines = columns.map(
    (column) => `${identifier(column.name)} ${column.type}${column.notNull ? ' NOT NULL' : ''}`,
  );
  lines.push(`PRIMARY KEY (${key.map(identifier).join(', ')})`);
  return `CREATE TABLE ${identifier(name)} (\n  ${lines.join(',\n  ')}\n)`;
}

/** What the server says a table is, as `Table` says it. Views and the like have no key, so they differ. */
async function foundTable(session: Session, name: string): Promise<Table | null> {
  const oid = '(SELECT to_regclass($1))';
  const columns = await session.rows<{ name: string; type: string; not_null: boolean }>(
    `SELECT attname AS name, attnotnull AS not_null, format_type(atttypid, atttypmod) ||
       CASE WHEN attcollation = 0 THEN '' ELSE ' COLLATE "' || collname || '"' END AS type
     FROM pg_attribute LEFT JOIN pg_collation c ON c.oid = attcollation
     WHERE attrelid = ${oid} AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    identifier(name),
  );
  if (columns.length === 0) return null;
  const key = await session.rows<{ name: string }>(
    `SELECT attname AS name FROM pg_index, unnest(indkey) WITH ORDINALITY AS part (number, place)
     JOIN pg_attribute ON attnum = part.number
     WHERE indisprimary AND indrelid = ${oid} AND attrelid = indrelid ORDER BY place`,
    identifier(name),
  );
  return {
    name,
    columns: columns.map((column) => ({ name: column.name, type: column.type, notNull: column.not_null })),
    key: key.map((part) => part.name),
  };
}

/** Longer names the server would cut off silently. */
const mostNameBytes = 63;
/** Every table has columns of these names already. */
const systemColumns: ReadonlySet<string> = new Set(['tableoid', 'ctid', 'xmin', 'cmin', 'xmax', 'cmax']);

/** Why the server cannot have this name, or null. */
function nameProblem(name: string): string | null {
  if (Buffer.byteLength(name) > mostNameBytes) return `is longer than the ${mostNameBytes} bytes of a name`;
  return systemColumns.has(name) ? 'is a column that every table has already' : null;
}

/** Creates the dataset's tables, or checks that those that are there are the ones it would create. */
export async function ensureTables(
  connection: Connection,
  session: Session,
  dataset: Dataset,
): Promise<void> {
  const { database } = connection;
  const known = await session.one('SELECT 1 FROM _longhaul_datasets WHERE name = $1', dataset.name);
  for (const table of tablesOf(dataset)) {
    for (const name of [table.name, ...table.columns.map((column) => column.name)]) {
      const problem = nameProblem(name);
      if (problem !== null)
        throw LonghaulError.of('server_name_refused', { database, name, reason: problem });
    }
    const found = await foundTable(session, table.name);
    const reason =
      found === null
        ? known === undefined
          ? undefined
          : 'is missing, although the ledger knows it'
        : known === undefined
          ? 'is there already, and longhaul did not make it'
          : JSON.stringify(found) === JSON.stringify(table)
            ? undefined
            : 'has other columns than this dataset';
    if (reason !== undefined)
      throw LonghaulError.of('table_mismatch', { database, table: table.name, reason });
    if (found === null) await session.run(createTable(table));
  }
  if (known === undefined) {
    await session.run(
      `INSERT INTO _longhaul_datasets (name, definition, rows, checksum, publish_number, edit_number) VALUES ($1, $2, 0, 0, 0, 0)`,
      dataset.name,
      JSON.stringify({ columns: dataset.columns, key: dataset.key, counts: dataset.counts }),
    );
  }
}
