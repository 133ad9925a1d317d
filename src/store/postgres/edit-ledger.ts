import type { CanonicalValue } from '../../schema/canonical-text.ts';
import type { Session } from './session.ts';

/** A row as files have brought it. */
export interface CoveredRow {
  /** In the order of the dataset's columns. */
  readonly values: readonly CanonicalValue[];
  /** Of the values only. */
  readonly contentHash: bigint;
  readonly run: number;
  readonly line: number;
}

/** A person's touch: of which row, when, and as which one since the dataset was made. */
export interface EditTouch {
  readonly key: readonly string[];
  readonly nowMs: number;
  readonly number: number;
}

/** Reads and writes the edits that people make. Opens no transactions: its caller does. What a publish does to them is `covering-edits.ts`. */
export class EditLedger {
  readonly #session: Session;
  readonly #dataset: string;

  constructor(session: Session, dataset: string) {
    this.#session = session;
    this.#dataset = dataset;
  }

  /** The number of the edit that stands for a row. */
  async standing(key: readonly string[]): Promise<bigint | null> {
    const row = await this.#session.one<{ edit: bigint }>(
      "SELECT edit FROM _longhaul_edits WHERE dataset = $1 AND key = $2 AND state = 'standing'",
      ...[this.#dataset, key],
    );
    return row?.edit ?? null;
  }

  async covered(edit: bigint): Promise<Omit<CoveredRow, 'contentHash'>> {
    const row = await this.#session.one<{
      covered_values: string;
      covered_run: bigint;
      covered_line: bigint;
    }>('SELECT covered_values, covered_run, covered_line FROM _longhaul_edits WHERE edit = $1', edit);
    return {
      values: JSON.parse(row!.covered_values) as CanonicalValue[],
      run: Number(row!.covered_run),
      line: Number(row!.covered_line),
    };
  }

  /** An edit of a row that only files have made; the file of the row's run is the one that it remembers. */
  async addFirst(
    { key, nowMs, number }: EditTouch,
    values: readonly CanonicalValue[],
    covered: CoveredRow,
  ): Promise<void> {
    const { contentHash, run, line } = covered;
    const added = await this.#session.one<{ edit: bigint }>(
      `INSERT INTO _longhaul_edits (dataset, key, state, edit_number, row_values, edited_ms, covered_values, covered_hash, covered_run, covered_line)
       VALUES ($1, $2, 'standing', $3, $4, $5, $6, $7, $8, $9) RETURNING edit`,
      ...[this.#dataset, key, number, JSON.stringify(values), nowMs, JSON.stringify(covered.values)],
      ...[contentHash, run, line],
    );
    await this.#session.run(
      `INSERT INTO _longhaul_edit_covers (edit, source, file, content_hash, run, line)
       SELECT $1, source, file, $2, run, $3 FROM _longhaul_runs WHERE run = $4`,
      ...[added!.edit, contentHash, line, run],
    );
  }

  /** A further edit in the place of one that stands: it takes over what that has remembered. */
  async addFurther(replaced: bigint, touch: EditTouch, values: readonly CanonicalValue[]): Promise<void> {
    await this.end(replaced, 'replaced', touch);
    const added = await this.#session.one<{ edit: bigint }>(
      `INSERT INTO _longhaul_edits (dataset, key, state, edit_number, row_values, edited_ms, covered_values, covered_hash, covered_run, covered_line)
       SELECT dataset, key, 'standing', edit_number, $1, $2, covered_values, covered_hash, covered_run, covered_line
       FROM _longhaul_edits WHERE edit = $3 RETURNING edit`,
      ...[JSON.stringify(values), touch.nowMs, replaced],
    );
    await this.#session.run(
      `INSERT INTO _longhaul_edit_covers (edit, source, file, content_hash, run, line)
       SELECT $1, source, file, content_hash, run, line FROM _longhaul_edit_covers WHERE edit = $2`,
      ...[added!.edit, replaced],
    );
  }

  async end(edit: bigint, state: 'replaced' | 'taken_back', { nowMs, number }: EditTouch): Promise<void> {
    await this.#session.run(
      'UPDATE _longhaul_edits SET state = $1, ended_ms = $2, edit_number = $3 WHERE edit = $4',
      ...[state, nowMs, number, edit],
    );
  }
}
