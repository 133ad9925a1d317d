import type { DatabaseSync } from 'node:sqlite';
import { type Dataset, layoutColumns } from '../../schema/dataset.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import { signedHash } from '../../schema/row-values.ts';
import { EditLedger, type Standing } from './edit-ledger.ts';
import type { RowCursor } from '../row-cursor.ts';

/** What a record does to the edit that stands for its row. */
export type Meeting =
  | { readonly kind: 'ended' }
  /** `remembers`, `covers`: whether the record is to be noted as this file's, and as what the edit covers. */
  | { readonly kind: 'kept'; readonly remembers: boolean; readonly covers: boolean };

export interface PublishingRun {
  readonly dataset: Dataset;
  readonly run: number;
  readonly file: FileRef;
  /** Milliseconds since 1970, for edits that end. */
  readonly nowMs: number;
}

/** The rules of the reference program and of docs/decisions/0006-edits.md. Writes nothing. */
export function meet(ledger: EditLedger, standing: Standing, winner: RowCursor, file: FileRef): Meeting {
  const contentHash = signedHash(winner.hashLow, winner.hashHigh);
  const remembered = ledger.remembered(standing.edit, file);
  if (remembered !== null && remembered !== contentHash) return { kind: 'ended' };
  return { kind: 'kept', remembers: remembered === null, covers: contentHash !== standing.coveredHash };
}

/** Writes what a meeting has led to. */
export function settleMeeting(
  ledger: EditLedger,
  { edit }: Standing,
  meeting: Meeting,
  winner: RowCursor,
  { dataset, run, file, nowMs }: PublishingRun,
): void {
  if (meeting.kind === 'ended') {
    ledger.end(edit, 'ended', nowMs, run);
    return;
  }
  const { line } = winner;
  const contentHash = signedHash(winner.hashLow, winner.hashHigh);
  if (meeting.remembers) ledger.remember(edit, file, contentHash, run, line);
  if (meeting.covers) {
    const layout = layoutColumns(dataset);
    const values = dataset.columns.map((column) => winner.canonical(layout.indexOf(column)));
    ledger.cover(edit, { values, contentHash, run, line });
  }
}

/** The standing edits of a dataset, met by the winners of one run in key order. */
export class StandingEdits {
  readonly #ledger: EditLedger;
  readonly #standing: Iterator<Standing & { readonly key: Uint8Array }>;
  readonly #file: FileRef;
  /** The next edit that no record has passed yet. */
  #next: (Standing & { readonly key: Uint8Array }) | undefined;

  constructor(db: DatabaseSync, dataset: Dataset, file: FileRef) {
    this.#ledger = new EditLedger(db, dataset.name);
    this.#standing = this.#ledger.allStanding();
    this.#file = file;
    this.#advance();
  }

  #advance(): void {
    const next = this.#standing.next();
    this.#next = next.done === true ? undefined : next.value;
  }

  /** Whether an edit may stand for this winner or for one before it. */
  mayMeet(winner: RowCursor): boolean {
    return this.#next !== undefined && winner.compareKeyBytes(this.#next.key) >= 0;
  }

  /** The winners of the run must come in the order of their keys, each once; those before an edit's key may be left out. `null`: no edit stands for the row. */
  meet(winner: RowCursor): { readonly edit: number; readonly meeting: Meeting } | null {
    while (this.#next !== undefined) {
      const difference = winner.compareKeyBytes(this.#next.key);
      if (difference < 0) return null;
      const passed = this.#next;
      this.#advance();
      if (difference === 0) {
        return { edit: passed.edit, meeting: meet(this.#ledger, passed, winner, this.#file) };
      }
    }
    return null;
  }
}
