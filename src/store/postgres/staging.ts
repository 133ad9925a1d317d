import { randomBytes } from 'node:crypto';
import { type Dataset, layoutColumns } from '../../schema/dataset.ts';
import { rowLayout } from '../../schema/packed-rows.ts';
import { identifier } from '../identifier.ts';
import type { StagedChunk } from '../store.ts';
import { RowCursor } from '../row-cursor.ts';
import { encodeStaged } from './encode-rows.ts';
import type { Ledger } from './ledger.ts';
import type { Session } from './session.ts';
import { dropWatches } from './table-watch.ts';
import { sqlTypes } from './typed-values.ts';

type RunTable = 'staged' | 'winners' | 'delta' | 'late' | 'was' | 'counts' | 'next';

/**
 * The tables of one run: where its rows wait, what of them is to be written, and how many of them have each counted value.
 * UNLOGGED: without write-ahead log, and emptied by a crash.
 */
export function runTable(of: RunTable, run: number, ...indexes: readonly number[]): string {
  return identifier(runTableName(of, run, ...indexes));
}
/** Not quoted. */
export function runTableName(of: RunTable, run: number, ...indexes: readonly number[]): string {
  return ['_longhaul', of, ...indexes, run].join('_');
}
const ofRuns =
  '^_longhaul_(staged|winners|delta|delta_[0-9]+|late|was|touched|next|counts_[0-9]+(_[0-9]+)?|next_[0-9]+)_[0-9]+$';
/** Those that only serve the publish under way. */
const ofPublishes = '^_longhaul_(late|was|touched|next|next_[0-9]+)_[0-9]+$';

/** What a column is called where it is staged, by its place in the layout: so no name of a user meets one of ours. */
export function stagedColumn(index: number): string {
  return `c${index}`;
}

/** A dataset's columns as they are staged. */
export function stagedColumns(dataset: Dataset): string {
  const columns = layoutColumns(dataset).map(({ type }, index) => `${stagedColumn(index)} ${sqlTypes[type]}`);
  return [...columns, '_line bigint', '_hash bigint', '_content bigint', '_chunk integer'].join(', ');
}

/** Whether a run has a table of staged rows. */
export async function isStaging(session: Session, run: number): Promise<boolean> {
  const sql = 'SELECT 1 FROM pg_class WHERE oid = to_regclass($1)';
  return (await session.one(sql, runTable('staged', run))) !== undefined;
}

/** Makes the table of a run's staged rows. */
export async function createStaging(session: Session, dataset: Dataset, run: number): Promise<void> {
  const table = runTable('staged', run);
  // Nobody looks at the table while it is filled, and an analyze would take a core.
  await session.run(
    `CREATE UNLOGGED TABLE IF NOT EXISTS ${table} (${stagedColumns(dataset)}) WITH (autovacuum_enabled = off)`,
  );
}

/**
 * What tells staged rows from before a crash from those after it. A crash of the server empties UNLOGGED tables, this
 * one and those of staged rows: what was staged in another epoch is no longer there.
 */
export async function currentEpoch(session: Session): Promise<string> {
  const row = await session.one<{ epoch: string }>('SELECT epoch FROM _longhaul_epoch');
  if (row !== undefined) return row.epoch;
  const epoch = randomBytes(16).toString('hex');
  await session.run('INSERT INTO _longhaul_epoch (epoch) VALUES ($1)', epoch);
  return epoch;
}

/**
 * Puts a chunk's rows and its ledger row in place, in the caller's transaction, whose commit need not wait for the disk: a
 * crash that loses it has emptied the rows as well. What is there of the chunk goes.
 */
export async function stageRows(
  session: Session,
  ledger: Ledger,
  { dataset, run }: { readonly dataset: Dataset; readonly run: number },
  epoch: string,
  chunk: StagedChunk,
): Promise<void> {
  await removeStaged(session, ledger, run, chunk.index, true);
  await ledger.addChunk(run, chunk, epoch);
  const { packed, index, line } = chunk;
  const layout = rowLayout(dataset);
  const blocks = encodeStaged(layout, RowCursor.ofMemory(layout, line, packed), run, index);
  const rows = await session.copyIn(`COPY ${runTable('staged', run)} FROM STDIN (FORMAT binary)`, blocks);
  if (rows !== packed.rows)
    throw new Error(`of ${packed.rows} rows of chunk ${index} the server took ${rows}`);
}

export async function removeStaged(
  session: Session,
  ledger: Ledger,
  run: number,
  chunk: number,
  isStaged: boolean,
): Promise<void> {
  if (!(await ledger.removeChunk(run, chunk)) || !isStaged) return;
  await session.run(`DELETE FROM ${runTable('staged', run)} WHERE _chunk = $1`, chunk);
}

/** Drops what a run has put aside. */
export async function dropStaging(session: Session, schema: string, run: number): Promise<void> {
  await dropWhere(session, schema, (of) => of === run);
}

/** Drops what a publish has made besides its delta. @param run null: of all runs */
export async function dropSuccessors(session: Session, schema: string, run: number | null): Promise<void> {
  await dropWhere(session, schema, (of) => run === null || of === run, ofPublishes);
}

/** Drops the tables of all runs but those named: what processes that died have left behind. */
export async function sweepStaging(
  session: Session,
  schema: string,
  wanted: ReadonlySet<number>,
): Promise<void> {
  await dropWhere(session, schema, (of) => !wanted.has(of));
}

async function dropWhere(
  session: Session,
  schema: string,
  unwanted: (run: number) => boolean,
  pattern = ofRuns,
): Promise<void> {
  await dropWatches(session, schema, unwanted);
  const tables = await session.rows<{ name: string }>(
    `SELECT relname AS name FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
     WHERE nspname = $1 AND relkind = 'r' AND relname ~ $2`,
    ...[schema, pattern],
  );
  const names = tables.filter(({ name }) => unwanted(Number(name.split('_').at(-1))));
  if (names.length === 0) return;
  await session.run(`DROP TABLE IF EXISTS ${names.map(({ name }) => identifier(name)).join(', ')}`);
}
