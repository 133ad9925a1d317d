import pg from 'pg';
import type { Dataset } from '../../schema/dataset.ts';
import type { ExistingRow } from '../existing-row.ts';
import { identifier } from '../identifier.ts';
import type { RowCursor } from '../row-cursor.ts';
import { type CopyBlocks, copyHead } from './copy-blocks.ts';
import type { Session } from './session.ts';

/** Where what follows the key lies from the key's end on, each value after its length: run, line, hash, whether an edit stands. */
const runAt = 4;
const lineAt = runAt + 12;
const hashAt = lineAt + 12;
const editedAt = hashAt + 8 + 4;
const provenanceBytes = editedAt + 1;

/** Instead of a number of fields: that was all. */
const noMoreRows = -1;

/**
 * What decides about the rows of a table, in key order, as the server sends it: no values but those that are counted, and no
 * more than a block at once. All of one committed state. 0.3 µs a row (half a million products), half of it the server's.
 */
export class ExistingRows implements ExistingRow {
  run = 0;
  line = 0;
  hashLow = 0;
  hashHigh = 0;
  isEdited = false;
  readonly #keyColumns: number;
  readonly #counted: number;
  readonly #blocks: AsyncIterator<Buffer, void>;
  #block: Buffer = Buffer.alloc(0);
  #view = new DataView(this.#block.buffer, 0, 0);
  /** The next row's first byte. */
  #at = 0;
  /** Of a row there is, and none that was sent before. */
  #key: Buffer = this.#block;
  #keyStart = 0;
  #keyLength = -1;
  #formerStart = 0;
  #ended = false;

  /** @param withEdits whether any edit stands */
  constructor(session: Session, dataset: Dataset, withEdits: boolean) {
    this.#keyColumns = dataset.key.length;
    this.#counted = dataset.counts.length;
    const select = selectExisting(dataset, withEdits);
    this.#blocks = session.copyOut(`COPY (${select}) TO STDOUT (FORMAT binary)`)[Symbol.asyncIterator]();
  }

  /** Waits for the first rows. */
  async begin(): Promise<void> {
    while (this.#block.length < copyHead.length) await this.more();
    this.#at = copyHead.length;
  }

  /**
   * Goes to the row with a record's key, if there is one. Must be asked for keys in ascending order.
   *
   * @returns whether there is; null: call `more` and ask again
   */
  find(winner: RowCursor): boolean | null {
    while (!this.#ended) {
      if (this.#keyLength >= 0) {
        const difference = winner.compareKeyBytes(this.#key, this.#keyStart, this.#keyLength);
        if (difference <= 0) return difference === 0;
      }
      if (!this.#next()) return null;
    }
    return false;
  }

  /** Reads on to the end, so that the session can be asked other things again. */
  async end(): Promise<void> {
    while ((await this.#blocks.next()).done !== true);
  }

  /** Waits for more rows. */
  async more(): Promise<void> {
    const next = await this.#blocks.next();
    if (next.done === true) throw new Error('the server has ended the rows of the table before their end');
    const rest = this.#block.subarray(this.#at);
    this.#block = rest.length === 0 ? next.value : Buffer.concat([rest, next.value]);
    this.#view = new DataView(this.#block.buffer, this.#block.byteOffset, this.#block.length);
    this.#at = 0;
    // The row that was there has been passed.
    this.#keyLength = -1;
  }

  /** Bytes that `putFormer` writes. */
  get formerBytes(): number {
    return 12 + this.#at - this.#formerStart;
  }

  /** Puts the row's hash and counted values. */
  putFormer(blocks: CopyBlocks): void {
    blocks.lanes(this.hashLow, this.hashHigh);
    blocks.at += this.#block.copy(blocks.block, blocks.at, this.#formerStart, this.#at);
  }

  /** @returns false if it is not there yet in full */
  #next(): boolean {
    const view = this.#view;
    const end = this.#block.length;
    let at = this.#at + 2;
    if (at > end) return false;
    if (view.getInt16(this.#at) === noMoreRows) {
      this.#ended = true;
      return true;
    }
    const firstKey = at + 4;
    for (let part = 0; part < this.#keyColumns; part++) {
      if (at + 4 > end) return false;
      at += 4 + view.getInt32(at);
    }
    const afterKey = at;
    at += provenanceBytes;
    for (let value = 0; value < this.#counted; value++) {
      if (at + 4 > end) return false;
      at += 4 + Math.max(view.getInt32(at), 0);
    }
    if (at > end) return false;
    this.run = int8(view, afterKey + runAt);
    this.line = int8(view, afterKey + lineAt);
    this.hashHigh = view.getUint32(afterKey + hashAt);
    this.hashLow = view.getUint32(afterKey + hashAt + 4);
    this.isEdited = view.getUint8(afterKey + editedAt) !== 0;
    this.#formerStart = afterKey + provenanceBytes;
    this.#at = at;
    this.#key = this.#block;
    this.#keyStart = firstKey;
    this.#keyLength = afterKey - firstKey;
    if (this.#keyColumns > 1) this.#joinKey();
    return true;
  }

  /** Parts of a key with NUL bytes between them, as packed rows have them. */
  #joinKey(): void {
    const view = this.#view;
    const joined = Buffer.allocUnsafe(this.#keyLength);
    let to = 0;
    for (let part = 0, at = this.#keyStart - 4; part < this.#keyColumns; part++) {
      if (part > 0) joined[to++] = 0;
      const length = view.getInt32(at);
      to += this.#block.copy(joined, to, at + 4, at + 4 + length);
      at += 4 + length;
    }
    this.#key = joined;
    this.#keyStart = 0;
    this.#keyLength = to;
  }
}

function int8(view: DataView, at: number): number {
  return view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4);
}

function selectExisting(dataset: Dataset, withEdits: boolean): string {
  const ofTable = (names: readonly string[]): string[] => names.map((name) => `t.${identifier(name)}`);
  const key = ofTable(dataset.key);
  const isOfRow = key.map((column, part) => `e.key[${part + 1}] = ${column}`).join(' AND ');
  const edits = `LEFT JOIN _longhaul_edits e
    ON e.dataset = ${pg.escapeLiteral(dataset.name)} AND e.state = 'standing' AND ${isOfRow}`;
  const columns = [
    ...key,
    ...['t._run', 't._line', 't._hash', withEdits ? 'e.edit IS NOT NULL' : 'false'],
    ...ofTable(dataset.counts.map(({ column }) => column)),
  ].join(', ');
  return `SELECT ${columns} FROM ${identifier(dataset.name)} t ${withEdits ? edits : ''} ORDER BY ${key.join(', ')}`;
}
