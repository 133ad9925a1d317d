import type { DatabaseSync } from 'node:sqlite';
import { type Dataset, layoutColumns } from '../../schema/dataset.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import { signedHash } from '../../schema/row-values.ts';
import { type CoveredRow, EditLedger } from './edit-ledger.ts';
import type { RowCursor } from './row-cursor.ts';

/** What a record does to the edit of its row, if there is one. */
export type Meeting = 'no_edit' | 'kept' | 'ended';

export interface PublishingRun {
  readonly dataset: Dataset;
  readonly run: number;
  readonly file: FileRef;
  /** Milliseconds since 1970, for edits that end. */
  readonly nowMs: number;
}

interface Standing {
  readonly edit: bigint;
  readonly key: Uint8Array;
  readonly covered_hash: bigint;
}

/**
 * The standing edits of a dataset, met by the records of one publish in key order. The rules are those of the reference
 * program and of docs/decisions/0006-edits.md.
 */
export class CoveringEdits {
  readonly #ledger: EditLedger;
  readonly #standing: Iterator<Standing>;
  /** The next edit that no record has passed yet. */
  #next: Standing | undefined;
  readonly #publishing: PublishingRun;
  /** For each column of the dataset its place in layout order. */
  readonly #layoutPlaces: readonly number[];

  /** @param reader another connection, which sees the edits as they are before this publish */
  constructor(db: DatabaseSync, reader: DatabaseSync, publishing: PublishingRun) {
    const { dataset } = publishing;
    this.#ledger = new EditLedger(db, dataset.name);
    this.#publishing = publishing;
    const layout = layoutColumns(dataset);
    this.#layoutPlaces = dataset.columns.map((column) => layout.indexOf(column));
    const statement = reader.prepare(
      "SELECT edit, key, covered_hash FROM _longhaul_edits WHERE dataset = ? AND state = 'standing' ORDER BY key",
    );
    statement.setReadBigInts(true);
    this.#standing = statement.iterate(dataset.name) as unknown as Iterator<Standing>;
    this.#advance();
  }

  #advance(): void {
    const next = this.#standing.next();
    this.#next = next.done === true ? undefined : next.value;
  }

  /** The winners of the run must come in the order of their keys, each once. */
  meet(winner: RowCursor): Meeting {
    while (this.#next !== undefined) {
      const difference = winner.compareKeyBytes(this.#next.key);
      if (difference < 0) return 'no_edit';
      const passed = this.#next;
      this.#advance();
      if (difference === 0) return this.#meet(winner, passed);
    }
    return 'no_edit';
  }

  #meet(winner: RowCursor, { edit: number, covered_hash: coveredHash }: Standing): Meeting {
    const { run, file, nowMs } = this.#publishing;
    const edit = Number(number);
    const contentHash = signedHash(winner.hashLow, winner.hashHigh);
    const remembered = this.#ledger.remembered(edit, file);
    if (remembered !== null && remembered !== contentHash) {
      this.#ledger.end(edit, 'ended', nowMs, run);
      return 'ended';
    }
    const { line } = winner;
    if (remembered === null) this.#ledger.remember(edit, file, contentHash, run, line);
    if (contentHash !== coveredHash) {
      const values = this.#layoutPlaces.map((place) => winner.canonical(place));
      this.#ledger.cover(edit, { values, contentHash, run, line } satisfies CoveredRow);
    }
    return 'kept';
  }
}
