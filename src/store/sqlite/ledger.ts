import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Dataset } from '../../schema/dataset.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import { maxKeptRejects, type Reject, type RejectCounts } from '../../schema/rejects.ts';
import type {
  ChunkRef,
  ChunkSums,
  Failure,
  PublishedFile,
  RunPlan,
  RunState,
  SnapshotTotals,
  StagedChunk,
  TableTotals,
} from '../store.ts';
import { EditLedger } from './edit-ledger.ts';
import type { ChunkTotals } from '../chunk-totals.ts';
import type { AppliedSums } from '../row-outcomes.ts';

/** A chunk of the ledger, and the hash of its file of staged rows if it has one. */
export interface LedgerChunk extends ChunkRef, ChunkSums {
  readonly stagedSha256: string | null;
}

export interface UnfinishedRun {
  readonly run: number;
  readonly fingerprint: string | null;
  readonly settings: string;
}

/** Reads and writes the ledger's tables. Opens no transactions: its caller does. */
export class Ledger {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  #get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#db.prepare(sql).get(...values) as Row | undefined;
  }
  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#db.prepare(sql).run(...values).changes);
  }

  // Datasets and files.

  table(dataset: string): { rows: number; checksum: bigint; publishNumber: number } {
    const statement = this.#db.prepare(
      'SELECT rows, checksum, publish_number AS publishNumber FROM _longhaul_datasets WHERE name = ?',
    );
    statement.setReadBigInts(true);
    const row = statement.get(dataset) as
      | { rows: bigint; checksum: bigint; publishNumber: bigint }
      | undefined;
    if (row === undefined) throw new Error(`the ledger has no dataset ${dataset}`);
    return { rows: Number(row.rows), checksum: row.checksum, publishNumber: Number(row.publishNumber) };
  }

  /** As it was defined when its tables were made. */
  dataset(name: string): Dataset | null {
    const row = this.#get<{ definition: string }>(
      'SELECT definition FROM _longhaul_datasets WHERE name = ?',
      name,
    );
    return row === undefined ? null : { name, ...(JSON.parse(row.definition) as Omit<Dataset, 'name'>) };
  }

  removeDataset(dataset: string): void {
    this.#run('DELETE FROM _longhaul_datasets WHERE name = ?', dataset);
  }

  knows(dataset: string): boolean {
    return this.#get('SELECT 1 FROM _longhaul_datasets WHERE name = ?', dataset) !== undefined;
  }

  saveTable(dataset: string, rows: number, checksum: bigint, publishNumber: number): void {
    this.#run(
      'UPDATE _longhaul_datasets SET rows = ?, checksum = ?, publish_number = ? WHERE name = ?',
      rows,
      checksum,
      publishNumber,
      dataset,
    );
  }

  publishedFile(dataset: string, file: FileRef): PublishedFile | null {
    const row = this.#get<PublishedFile>(
      `SELECT f.run, r.publish_number AS publishNumber, f.version, f.bytes, f.fingerprint, r.settings
       FROM _longhaul_files f JOIN _longhaul_runs r USING (run) WHERE f.dataset = ? AND f.source = ? AND f.file = ?`,
      dataset,
      file.source,
      file.name,
    );
    return row === undefined ? null : { ...row };
  }

  publishedFiles(dataset: string, source: string): (PublishedFile & { name: string })[] {
    const rows = this.#db
      .prepare(
        `SELECT f.file AS name, f.run, r.publish_number AS publishNumber, f.version, f.bytes, f.fingerprint, r.settings
         FROM _longhaul_files f JOIN _longhaul_runs r USING (run) WHERE f.dataset = ? AND f.source = ? ORDER BY f.file`,
      )
      .all(dataset, source) as unknown as (PublishedFile & { name: string })[];
    return rows.map((row) => ({ ...row }));
  }

  saveFile(dataset: string, file: FileRef, run: number, totals: SnapshotTotals): void {
    this.#run(
      `INSERT INTO _longhaul_files (dataset, source, file, run, version, bytes, fingerprint) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET run = excluded.run, version = excluded.version, bytes = excluded.bytes, fingerprint = excluded.fingerprint`,
      dataset,
      file.source,
      file.name,
      run,
      totals.version,
      totals.bytes,
      totals.fingerprint,
    );
  }

  // Runs.

  addRun(plan: RunPlan, startedMs: number): number {
    const { lastInsertRowid } = this.#db
      .prepare(
        `INSERT INTO _longhaul_runs (dataset, source, file, state, settings, fingerprint, ignored_columns, started_ms)
         VALUES (?, ?, ?, 'staging', ?, ?, ?, ?)`,
      )
      .run(
        plan.dataset.name,
        plan.file.source,
        plan.file.name,
        plan.settings,
        plan.fingerprint,
        JSON.stringify(plan.ignoredColumns),
        startedMs,
      );
    return Number(lastInsertRowid);
  }

  unfinishedRuns(dataset: string, file: FileRef): UnfinishedRun[] {
    return this.#db
      .prepare(
        `SELECT run, fingerprint, settings FROM _longhaul_runs
         WHERE dataset = ? AND source = ? AND file = ? AND state IN ('planned', 'staging', 'publishing') ORDER BY run DESC`,
      )
      .all(dataset, file.source, file.name) as unknown as UnfinishedRun[];
  }

  allUnfinished(): Set<number> {
    const rows = this.#db
      .prepare("SELECT run FROM _longhaul_runs WHERE state IN ('planned', 'staging', 'publishing')")
      .all();
    return new Set((rows as { run: number }[]).map((row) => row.run));
  }

  runStates(): RunState[] {
    const rows = this.#db.prepare('SELECT DISTINCT state FROM _longhaul_runs').all() as { state: RunState }[];
    return rows.map((row) => row.state);
  }

  /** Moves an unfinished run on; a run that has ended never changes its state again. */
  setState(run: number, state: RunState): void {
    const changed = this.#run(
      "UPDATE _longhaul_runs SET state = ? WHERE run = ? AND state IN ('planned', 'staging', 'publishing')",
      state,
      run,
    );
    if (changed !== 1) throw new Error(`run ${run} has ended already and cannot become ${state}`);
  }

  restart(run: number, startedMs: number): void {
    this.setState(run, 'staging');
    this.#run('UPDATE _longhaul_runs SET started_ms = ? WHERE run = ?', startedMs, run);
  }

  /** What was not read to its end, `totals` being null, keeps the fingerprint that it was begun under. */
  saveTotals(
    run: number,
    chunks: ChunkTotals,
    totals: SnapshotTotals | null,
    endedMs: number,
    peakRssBytes: number,
  ): void {
    this.#run(
      `UPDATE _longhaul_runs SET version = ?1, fingerprint = CASE WHEN ?1 IS NULL THEN fingerprint ELSE ?2 END, bytes = ?, content_bytes = ?, chunks = ?, chunks_taken_over = ?,
         records = ?, blank_lines = ?, superseded = ?, rejected = ?, rejected_by = ?, ended_ms = ?, peak_rss_bytes = ? WHERE run = ?`,
      totals?.version ?? null,
      totals?.fingerprint ?? null,
      totals?.bytes ?? 0,
      chunks.contentBytes,
      chunks.chunks,
      totals?.chunksTakenOver ?? 0,
      chunks.records,
      chunks.blankLines,
      chunks.superseded,
      chunks.rejected,
      JSON.stringify(chunks.rejectedBy),
      endedMs,
      peakRssBytes,
      run,
    );
  }

  savePublished(
    run: number,
    publishNumber: number,
    applied: AppliedSums,
    superseded: number,
    table: TableTotals,
  ): void {
    this.#run(
      `UPDATE _longhaul_runs SET publish_number = ?, inserted = ?, updated = ?, unchanged = ?, superseded = ?, kept = ?, removed = ?,
         table_rows = ?, table_groups = ?, table_checksum = ? WHERE run = ?`,
      publishNumber,
      applied.inserted,
      applied.updated,
      applied.unchanged,
      superseded,
      applied.kept,
      applied.removed,
      table.rows,
      table.groups,
      table.checksum,
      run,
    );
  }

  saveFailure(run: number, failure: Failure): void {
    this.#run(
      'UPDATE _longhaul_runs SET failure_code = ?, failure_message = ? WHERE run = ?',
      failure.code,
      failure.message,
      run,
    );
  }

  removeRun(run: number): void {
    for (const table of ['_longhaul_rejects', '_longhaul_chunks', '_longhaul_runs']) {
      this.#run(`DELETE FROM ${table} WHERE run = ?`, run);
    }
  }

  // Chunks and rejects.

  saveChunk(run: number, chunk: StagedChunk, stagedSha256: string | null): void {
    this.#run(
      `INSERT OR REPLACE INTO _longhaul_chunks (run, chunk, byte_offset, byte_length, line, sha256, records, blank_lines,
         superseded, rejected_by, rows, staged_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      run,
      chunk.index,
      chunk.offset,
      chunk.length,
      chunk.line,
      chunk.sha256,
      chunk.records,
      chunk.blankLines,
      chunk.superseded,
      JSON.stringify(chunk.rejected),
      chunk.rows,
      stagedSha256,
    );
    this.#run('DELETE FROM _longhaul_rejects WHERE run = ? AND chunk = ?', run, chunk.index);
    this.#addRejects(run, chunk.index, chunk.rejects);
  }

  chunks(run: number): LedgerChunk[] {
    return this.findChunks('WHERE run = ? ORDER BY chunk', run);
  }

  /** @param rest what follows FROM */
  findChunks(rest: string, ...values: SQLInputValue[]): LedgerChunk[] {
    const rows = this.#db.prepare(`SELECT * FROM _longhaul_chunks ${rest}`).all(...values);
    return rows.map((row) => ({
      index: row['chunk'] as number,
      offset: row['byte_offset'] as number,
      length: row['byte_length'] as number,
      line: row['line'] as number,
      sha256: row['sha256'] as string,
      records: row['records'] as number,
      blankLines: row['blank_lines'] as number,
      superseded: row['superseded'] as number,
      rejected: JSON.parse(row['rejected_by'] as string) as RejectCounts,
      rows: row['rows'] as number,
      stagedSha256: row['staged_sha256'] as string | null,
    }));
  }

  removeChunk(run: number, index: number): void {
    this.#run('DELETE FROM _longhaul_rejects WHERE run = ? AND chunk = ?', run, index);
    this.#run('DELETE FROM _longhaul_chunks WHERE run = ? AND chunk = ?', run, index);
  }

  /** The files of staged rows are gone; the chunks stay as the account of the file's bytes. */
  forgetStaged(run: number): void {
    this.#run('UPDATE _longhaul_chunks SET staged_sha256 = NULL WHERE run = ?', run);
  }

  /** Keeps the first rejects of the file only. Chunks are staged in any order, so this is done once all are there. */
  trimRejects(run: number): void {
    this.#run(
      `DELETE FROM _longhaul_rejects WHERE run = ?1 AND byte_offset >=
         (SELECT byte_offset FROM _longhaul_rejects WHERE run = ?1 ORDER BY byte_offset LIMIT 1 OFFSET ${maxKeptRejects})`,
      run,
    );
  }

  #addRejects(run: number, chunk: number, rejects: readonly Reject[]): void {
    const insert = this.#db.prepare(
      `INSERT OR REPLACE INTO _longhaul_rejects (run, chunk, byte_offset, byte_length, line, code, raw, column_name, value)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    for (const { byteOffset, byteLength, line, code, raw, column, value } of rejects) {
      insert.run(run, chunk, byteOffset, byteLength, line, code, raw, column, value);
    }
  }

  clear(dataset: Dataset): void {
    new EditLedger(this.#db, dataset.name).clear();
    for (const table of ['_longhaul_rejects', '_longhaul_chunks']) {
      this.#run(
        `DELETE FROM ${table} WHERE run IN (SELECT run FROM _longhaul_runs WHERE dataset = ?)`,
        dataset.name,
      );
    }
    this.#run('DELETE FROM _longhaul_runs WHERE dataset = ?', dataset.name);
    this.#run('DELETE FROM _longhaul_files WHERE dataset = ?', dataset.name);
    this.#run(
      'UPDATE _longhaul_datasets SET rows = 0, checksum = 0, publish_number = 0 WHERE name = ?',
      dataset.name,
    );
  }
}
