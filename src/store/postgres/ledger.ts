import type { Dataset } from '../../schema/dataset.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import { maxKeptRejects, type Reject } from '../../schema/rejects.ts';
import type { ChunkTotals } from '../chunk-totals.ts';
import { runColumns, runRecord } from '../run-record.ts';
import type {
  Failure,
  PublishedFile,
  RunPlan,
  RunRecord,
  RunState,
  SnapshotTotals,
  StagedChunk,
  TableTotals,
} from '../store.ts';
import { type LedgerChunk, ledgerChunk } from './ledger-chunk.ts';
import type { Session } from './session.ts';

export interface UnfinishedRun {
  readonly run: number;
  readonly fingerprint: string | null;
  readonly settings: string;
}

export interface LedgerTable {
  readonly rows: number;
  readonly checksum: bigint;
  readonly publishNumber: number;
  readonly editNumber: number;
}

export interface PublishedSums {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly kept: number;
  readonly superseded: number;
  readonly removed: number;
}

const unfinished = "state IN ('planned', 'staging', 'publishing')";

/** So that they are also found missing, where nobody has written since a program did that knew nothing of them. */
const ofPartitions = ['partitions', 'partitions_published'];
const allRunColumns = [
  runColumns,
  ...ofPartitions.map((name) => `(to_jsonb(_longhaul_runs) ->> '${name}')::bigint AS ${name}`),
].join(', ');

/** What is kept of runs that have not ended. */
const ofRunsUnderWay = ['_longhaul_jobs', '_longhaul_partitions'];

/** Rejects that one statement writes: 4 MiB at most. */
const rejectsAtOnce = 1000;

const publishedFilesSql = `SELECT f.file, f.run, r.publish_number, f.version, f.bytes, f.fingerprint, r.settings
  FROM _longhaul_files f JOIN _longhaul_runs r USING (run) WHERE f.dataset = $1 AND f.source = $2`;

function publishedFile(row: Record<string, unknown>): PublishedFile {
  return {
    run: Number(row['run']),
    publishNumber: Number(row['publish_number']),
    version: row['version'] as string,
    bytes: Number(row['bytes']),
    fingerprint: row['fingerprint'] as string | null,
    settings: row['settings'] as string,
  };
}

/** Reads and writes the ledger's tables. Opens no transactions: its caller does. */
export class Ledger {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  // Datasets and files.

  /** @param lock hold the dataset's row until the transaction ends, so that nobody else changes rows */
  async table(dataset: string, lock = false): Promise<LedgerTable | null> {
    const row = await this.#session.one<Record<string, bigint>>(
      `SELECT rows, checksum, publish_number, edit_number FROM _longhaul_datasets WHERE name = $1 ${lock ? 'FOR UPDATE' : ''}`,
      dataset,
    );
    if (row === undefined) return null;
    return {
      rows: Number(row['rows']),
      checksum: row['checksum']!,
      publishNumber: Number(row['publish_number']),
      editNumber: Number(row['edit_number']),
    };
  }

  /** As it was defined when its tables were made. */
  async dataset(name: string): Promise<Dataset | null> {
    const sql = 'SELECT definition FROM _longhaul_datasets WHERE name = $1';
    const row = await this.#session.one<{ definition: string }>(sql, name);
    return row === undefined ? null : datasetOf(name, row.definition);
  }

  async allDatasets(): Promise<Dataset[]> {
    const rows = await this.#session.rows<{ name: string; definition: string }>(
      'SELECT name, definition FROM _longhaul_datasets ORDER BY name',
    );
    return rows.map(({ name, definition }) => datasetOf(name, definition));
  }

  async removeDataset(dataset: string): Promise<void> {
    await this.#session.run('DELETE FROM _longhaul_datasets WHERE name = $1', dataset);
  }

  async saveTable(
    dataset: string,
    { rows, checksum, publishNumber, editNumber }: LedgerTable,
  ): Promise<void> {
    await this.#session.run(
      'UPDATE _longhaul_datasets SET rows = $1, checksum = $2, publish_number = $3, edit_number = $4 WHERE name = $5',
      ...[rows, checksum, publishNumber, editNumber, dataset],
    );
  }

  async publishedFile(dataset: string, file: FileRef): Promise<PublishedFile | null> {
    const row = await this.#session.one(
      `${publishedFilesSql} AND f.file = $3`,
      ...[dataset, file.source, file.name],
    );
    return row === undefined ? null : publishedFile(row);
  }

  async publishedFiles(dataset: string, source: string): Promise<(PublishedFile & { name: string })[]> {
    const rows = await this.#session.rows(`${publishedFilesSql} ORDER BY f.file`, dataset, source);
    return rows.map((row) => ({ name: row['file'] as string, ...publishedFile(row) }));
  }

  async saveFile(dataset: string, file: FileRef, run: number, totals: SnapshotTotals): Promise<void> {
    const { version, bytes, fingerprint } = totals;
    await this.#session.run(
      `INSERT INTO _longhaul_files (dataset, source, file, run, version, bytes, fingerprint) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (dataset, source, file) DO UPDATE SET run = excluded.run, version = excluded.version, bytes = excluded.bytes,
         fingerprint = excluded.fingerprint`,
      ...[dataset, file.source, file.name, run, version, bytes, fingerprint],
    );
  }

  // Runs.

  async addRun(plan: RunPlan, startedMs: number): Promise<number> {
    const { dataset, file, settings, fingerprint, ignoredColumns } = plan;
    const row = await this.#session.one<{ run: bigint }>(
      `INSERT INTO _longhaul_runs (dataset, source, file, state, settings, fingerprint, ignored_columns, started_ms)
       VALUES ($1, $2, $3, 'staging', $4, $5, $6, $7) RETURNING run`,
      ...[
        dataset.name,
        file.source,
        file.name,
        settings,
        fingerprint,
        JSON.stringify(ignoredColumns),
        startedMs,
      ],
    );
    return Number(row!.run);
  }

  async unfinishedRuns(dataset: string, file: FileRef): Promise<UnfinishedRun[]> {
    const rows = await this.#session.rows<{ run: bigint; fingerprint: string | null; settings: string }>(
      `SELECT run, fingerprint, settings FROM _longhaul_runs
       WHERE dataset = $1 AND source = $2 AND file = $3 AND ${unfinished} ORDER BY run DESC`,
      ...[dataset, file.source, file.name],
    );
    return rows.map((row) => ({ ...row, run: Number(row.run) }));
  }

  async allUnfinished(): Promise<Set<number>> {
    const rows = await this.#session.rows<{ run: bigint }>(
      `SELECT run FROM _longhaul_runs WHERE ${unfinished}`,
    );
    return new Set(rows.map(({ run }) => Number(run)));
  }

  async record(run: number): Promise<RunRecord | null> {
    const row = await this.#session.one(`SELECT ${allRunColumns} FROM _longhaul_runs WHERE run = $1`, run);
    return row === undefined ? null : runRecord(row);
  }

  async records(dataset: string, limit: number): Promise<RunRecord[]> {
    return this.findRecords('WHERE dataset = $1 ORDER BY run DESC LIMIT $2', dataset, limit);
  }

  /** @param rest what follows FROM */
  async findRecords(rest: string, ...values: readonly unknown[]): Promise<RunRecord[]> {
    const sql = `SELECT ${allRunColumns} FROM _longhaul_runs ${rest}`;
    return (await this.#session.rows(sql, ...values)).map(runRecord);
  }

  /** Moves an unfinished run on; a run that has ended never changes its state again. */
  async setState(run: number, state: RunState): Promise<void> {
    const sql = `UPDATE _longhaul_runs SET state = $1 WHERE run = $2 AND ${unfinished}`;
    if ((await this.#session.run(sql, state, run)) === 1) return;
    throw new Error(`run ${run} has ended already and cannot become ${state}`);
  }

  async restart(run: number, startedMs: number): Promise<void> {
    await this.setState(run, 'staging');
    await this.#session.run(
      'UPDATE _longhaul_runs SET started_ms = $1, partitions = 0 WHERE run = $2',
      ...[startedMs, run],
    );
  }

  /** What was not read to its end, `totals` being null, keeps the fingerprint that it was begun under. */
  async saveTotals(
    run: number,
    chunks: ChunkTotals,
    totals: SnapshotTotals | null,
    endedMs: number,
    peakRssBytes: number,
  ): Promise<void> {
    await this.#session.run(
      `UPDATE _longhaul_runs SET version = $1, fingerprint = CASE WHEN $1::text IS NULL THEN fingerprint ELSE $14 END, bytes = $2, content_bytes = $3, chunks = $4, chunks_taken_over = $5,
         records = $6, blank_lines = $7, superseded = $8, rejected = $9, rejected_by = $10, ended_ms = $11, peak_rss_bytes = $12
       WHERE run = $13`,
      ...[totals?.version ?? null, totals?.bytes ?? 0],
      ...[
        chunks.contentBytes,
        chunks.chunks,
        totals?.chunksTakenOver ?? 0,
        chunks.records,
        chunks.blankLines,
      ],
      ...[chunks.superseded, chunks.rejected, JSON.stringify(chunks.rejectedBy), endedMs, peakRssBytes, run],
      totals?.fingerprint ?? null,
    );
  }

  async savePublished(
    run: number,
    publishNumber: number,
    sums: PublishedSums,
    table: TableTotals,
  ): Promise<void> {
    const { inserted, updated, unchanged, superseded, kept, removed } = sums;
    await this.#session.run(
      `UPDATE _longhaul_runs SET publish_number = $1, inserted = $2, updated = $3, unchanged = $4, superseded = $5, kept = $6,
         removed = $7, table_rows = $8, table_groups = $9, table_checksum = $10 WHERE run = $11`,
      ...[
        publishNumber,
        inserted,
        updated,
        unchanged,
        superseded,
        kept,
        removed,
        table.rows,
        table.groups,
        table.checksum,
        run,
      ],
    );
  }

  async saveFailure(run: number, { code, message }: Failure): Promise<void> {
    const sql = 'UPDATE _longhaul_runs SET failure_code = $1, failure_message = $2 WHERE run = $3';
    // A message quotes files, and text cannot hold NUL.
    await this.#session.run(sql, code, message.replaceAll('\0', '\ufffd'), run);
  }

  async removeRun(run: number): Promise<void> {
    for (const table of [...ofRunsUnderWay, '_longhaul_rejects', '_longhaul_chunks', '_longhaul_runs']) {
      await this.#session.run(`DELETE FROM ${table} WHERE run = $1`, run);
    }
  }

  // Chunks and rejects.

  /** The chunk must not be there: see `removeChunk`. @param epoch of its staged rows, if any */
  async addChunk(run: number, chunk: StagedChunk, epoch: string | null): Promise<void> {
    await this.#session.run(
      `INSERT INTO _longhaul_chunks (run, chunk, byte_offset, byte_length, line, sha256, records, blank_lines, superseded,
         rejected_by, rows, epoch) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
      ...[
        run,
        chunk.index,
        chunk.offset,
        chunk.length,
        chunk.line,
        chunk.sha256,
        chunk.records,
        chunk.blankLines,
      ],
      ...[chunk.superseded, JSON.stringify(chunk.rejected), chunk.rows, epoch],
    );
    for (let at = 0; at < chunk.rejects.length; at += rejectsAtOnce) {
      await this.#addRejects(run, chunk.index, chunk.rejects.slice(at, at + rejectsAtOnce));
    }
  }

  /** Of a chunk whose rows wait in memory. What is there of it goes. */
  async saveChunk(run: number, chunk: StagedChunk): Promise<void> {
    await this.removeChunk(run, chunk.index);
    await this.addChunk(run, chunk, null);
  }

  async #addRejects(run: number, chunk: number, rejects: readonly Reject[]): Promise<void> {
    await this.#session.run(
      `INSERT INTO _longhaul_rejects (run, chunk, byte_offset, byte_length, line, code, raw, column_name, value)
       SELECT $1, $2, * FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bytea[], $8::text[], $9::text[])`,
      ...[
        run,
        chunk,
        rejects.map(({ byteOffset }) => byteOffset),
        rejects.map(({ byteLength }) => byteLength),
      ],
      ...[
        rejects.map(({ line }) => line),
        rejects.map(({ code }) => code),
        rejects.map(({ raw }) => Buffer.from(raw)),
        ...[rejects.map(({ column }) => column), rejects.map(({ value }) => value)],
      ],
    );
  }

  async chunks(run: number): Promise<LedgerChunk[]> {
    return this.findChunks('WHERE run = $1 ORDER BY chunk', run);
  }

  /** @param rest what follows FROM */
  async findChunks(rest: string, ...values: readonly unknown[]): Promise<LedgerChunk[]> {
    const rows = await this.#session.rows(`SELECT * FROM _longhaul_chunks ${rest}`, ...values);
    return rows.map(ledgerChunk);
  }

  /** @returns whether it was there */
  async removeChunk(run: number, index: number): Promise<boolean> {
    const removed = await this.#session.run(
      'DELETE FROM _longhaul_chunks WHERE run = $1 AND chunk = $2',
      run,
      index,
    );
    if (removed === 0) return false;
    await this.#session.run('DELETE FROM _longhaul_rejects WHERE run = $1 AND chunk = $2', run, index);
    return true;
  }

  /** The staged rows are gone; the chunks stay as the account of the file's bytes. */
  async forgetStaged(run: number): Promise<void> {
    for (const table of ofRunsUnderWay) await this.#session.run(`DELETE FROM ${table} WHERE run = $1`, run);
    await this.#session.run('UPDATE _longhaul_chunks SET epoch = NULL WHERE run = $1', run);
  }

  /** What workers have in hand of the run they can commit no more. Waits for those that are committing. */
  async removeJobs(run: number): Promise<void> {
    await this.#session.run('DELETE FROM _longhaul_jobs WHERE run = $1', run);
  }

  /** Keeps the first rejects of the file only. Chunks are staged in any order, so this is done once all are there. */
  async trimRejects(run: number): Promise<void> {
    await this.#session.run(
      `DELETE FROM _longhaul_rejects WHERE run = $1 AND byte_offset >=
         (SELECT byte_offset FROM _longhaul_rejects WHERE run = $1 ORDER BY byte_offset LIMIT 1 OFFSET ${maxKeptRejects})`,
      run,
    );
  }

  async clear({ name }: Dataset): Promise<void> {
    const session = this.#session;
    await session.run(
      'DELETE FROM _longhaul_edit_covers WHERE edit IN (SELECT edit FROM _longhaul_edits WHERE dataset = $1)',
      name,
    );
    for (const table of [...ofRunsUnderWay, '_longhaul_rejects', '_longhaul_chunks']) {
      await session.run(
        `DELETE FROM ${table} WHERE run IN (SELECT run FROM _longhaul_runs WHERE dataset = $1)`,
        name,
      );
    }
    for (const table of ['_longhaul_edits', '_longhaul_runs', '_longhaul_files']) {
      await session.run(`DELETE FROM ${table} WHERE dataset = $1`, name);
    }
    await session.run(
      'UPDATE _longhaul_datasets SET rows = 0, checksum = 0, publish_number = 0 WHERE name = $1',
      name,
    );
  }
}

export function datasetOf(name: string, definition: string): Dataset {
  return { name, ...(JSON.parse(definition) as Omit<Dataset, 'name'>) };
}
