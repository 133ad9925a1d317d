import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { CanonicalValue } from '../../schema/canonical-text.ts';
import type { FileRef } from '../../schema/file-ref.ts';

/** A row as files have brought it. */
export interface CoveredRow {
  /** In the order of the dataset's columns. */
  readonly values: readonly CanonicalValue[];
  /** Of the values only. */
  readonly contentHash: bigint;
  readonly run: number;
  readonly line: number;
}

export interface Standing {
  readonly edit: number;
  /** The content hash of the row that it covers. */
  readonly coveredHash: bigint;
}

interface StandingRow {
  readonly edit: bigint;
  readonly key: Uint8Array;
  readonly covered_hash: bigint;
}

/** Reads and writes the edits of the ledger. Opens no transactions: its caller does. */
export class EditLedger {
  readonly #db: DatabaseSync;
  readonly #dataset: string;

  constructor(db: DatabaseSync, dataset: string) {
    this.#db = db;
    this.#dataset = dataset;
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#db.prepare(sql).run(...values);
  }

  any(): boolean {
    const row = this.#db.prepare('SELECT 1 FROM _longhaul_edits WHERE dataset = ?').get(this.#dataset);
    return row !== undefined;
  }

  /** The edit that stands for a row. */
  standing(key: Uint8Array): Standing | null {
    const statement = this.#db.prepare(
      "SELECT edit, covered_hash FROM _longhaul_edits WHERE dataset = ? AND key = ? AND state = 'standing'",
    );
    statement.setReadBigInts(true);
    const row = statement.get(this.#dataset, key) as { edit: bigint; covered_hash: bigint } | undefined;
    return row === undefined ? null : { edit: Number(row.edit), coveredHash: row.covered_hash };
  }

  /** All edits that stand, in the order of their keys. */
  *allStanding(): Generator<Standing & { readonly key: Uint8Array }> {
    const statement = this.#db.prepare(
      "SELECT edit, key, covered_hash FROM _longhaul_edits WHERE dataset = ? AND state = 'standing' ORDER BY key",
    );
    statement.setReadBigInts(true);
    for (const row of statement.iterate(this.#dataset)) {
      const { edit, key, covered_hash: coveredHash } = row as unknown as StandingRow;
      yield { edit: Number(edit), key, coveredHash };
    }
  }

  /** The greatest number that an edit has, of whatever dataset; numbers are never given again. */
  last(): number {
    const row = this.#db.prepare('SELECT max(edit) AS edit FROM _longhaul_edits').get();
    return (row as { edit: number | null }).edit ?? 0;
  }

  /** The keys of rows that were edited after the edit with this number was made. */
  keysAfter(edit: number): Uint8Array[] {
    const rows = this.#db
      .prepare('SELECT DISTINCT key FROM _longhaul_edits WHERE +dataset = ? AND edit > ?')
      .all(this.#dataset, edit);
    return rows.map((row) => row['key'] as Uint8Array);
  }

  covered(edit: number): Omit<CoveredRow, 'contentHash'> {
    const row = this.#db
      .prepare('SELECT covered_values, covered_run, covered_line FROM _longhaul_edits WHERE edit = ?')
      .get(edit) as { covered_values: string; covered_run: number; covered_line: number };
    return {
      values: JSON.parse(row.covered_values) as CanonicalValue[],
      run: row.covered_run,
      line: row.covered_line,
    };
  }

  /** An edit of a row that only files have made; the file of the row's run is the one that it remembers. */
  addFirst(key: Uint8Array, values: readonly CanonicalValue[], covered: CoveredRow, editedMs: number): void {
    const { lastInsertRowid: edit } = this.#db
      .prepare(
        `INSERT INTO _longhaul_edits (dataset, key, state, row_values, edited_ms, covered_values, covered_hash, covered_run, covered_line)
         VALUES (?, ?, 'standing', ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        this.#dataset,
        key,
        JSON.stringify(values),
        editedMs,
        JSON.stringify(covered.values),
        covered.contentHash,
        covered.run,
        covered.line,
      );
    this.#run(
      `INSERT INTO _longhaul_edit_covers (edit, source, file, content_hash, run, line)
       SELECT ?, source, file, ?, run, ? FROM _longhaul_runs WHERE run = ?`,
      edit,
      covered.contentHash,
      covered.line,
      covered.run,
    );
  }

  /** A further edit in the place of one that stands: it takes over what that has remembered. */
  addFurther(replaced: number, values: readonly CanonicalValue[], editedMs: number): void {
    this.end(replaced, 'replaced', editedMs, null);
    const { lastInsertRowid: edit } = this.#db
      .prepare(
        `INSERT INTO _longhaul_edits (dataset, key, state, row_values, edited_ms, covered_values, covered_hash, covered_run, covered_line)
         SELECT dataset, key, 'standing', ?, ?, covered_values, covered_hash, covered_run, covered_line FROM _longhaul_edits WHERE edit = ?`,
      )
      .run(JSON.stringify(values), editedMs, replaced);
    this.#run(
      `INSERT INTO _longhaul_edit_covers (edit, source, file, content_hash, run, line)
       SELECT ?, source, file, content_hash, run, line FROM _longhaul_edit_covers WHERE edit = ?`,
      edit,
      replaced,
    );
  }

  end(
    edit: number,
    state: 'replaced' | 'taken_back' | 'ended',
    endedMs: number,
    endedByRun: number | null,
  ): void {
    this.#run(
      'UPDATE _longhaul_edits SET state = ?, ended_ms = ?, ended_by_run = ? WHERE edit = ?',
      state,
      endedMs,
      endedByRun,
      edit,
    );
  }

  /** The content hash of the file's record that the edit covers. */
  remembered(edit: number, file: FileRef): bigint | null {
    const statement = this.#db.prepare(
      'SELECT content_hash FROM _longhaul_edit_covers WHERE edit = ? AND source = ? AND file = ?',
    );
    statement.setReadBigInts(true);
    const row = statement.get(edit, file.source, file.name) as { content_hash: bigint } | undefined;
    return row?.content_hash ?? null;
  }

  remember(edit: number, file: FileRef, contentHash: bigint, run: number, line: number): void {
    this.#run(
      'INSERT INTO _longhaul_edit_covers (edit, source, file, content_hash, run, line) VALUES (?, ?, ?, ?, ?, ?)',
      edit,
      file.source,
      file.name,
      contentHash,
      run,
      line,
    );
  }

  /** The row would now be this one without the edit. */
  cover(edit: number, { values, contentHash, run, line }: CoveredRow): void {
    this.#run(
      'UPDATE _longhaul_edits SET covered_values = ?, covered_hash = ?, covered_run = ?, covered_line = ? WHERE edit = ?',
      JSON.stringify(values),
      contentHash,
      run,
      line,
      edit,
    );
  }

  clear(): void {
    this.#run(
      'DELETE FROM _longhaul_edit_covers WHERE edit IN (SELECT edit FROM _longhaul_edits WHERE dataset = ?)',
      this.#dataset,
    );
    this.#run('DELETE FROM _longhaul_edits WHERE dataset = ?', this.#dataset);
  }
}
