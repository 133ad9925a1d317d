import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Dataset } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import { list } from './connection.ts';
import type { RowCursor } from '../row-cursor.ts';
import type { RowMerge } from '../row-merge.ts';

/**
 * Compares winners of a merge with the rows that are there already: gives those with the indexes `from` to `to` their outcome. Must
 * be asked for all winners in ascending order, each once at most. `row` is to stand on any of them.
 */
export type CompareWinners = (merge: RowMerge, row: RowCursor, from: number, to: number) => void;

/** Rows that are read at once: as many as fill so many bytes by the last ones' length, within these limits. */
const bytesAtOnce = 256 * 1024;
const mostRowsAtOnce = 4000;
const firstRowsAtOnce = 100;

/** A place among the table's rows: `Existing` of `src/kernel/assembly/compare.ts`. */
function existingStruct(kernel: Kernel) {
  return kernel.struct([
    ...(['runLow', 'runHigh', 'lineLow', 'lineHigh', 'hashLow', 'hashHigh'] as const),
    ...(['key', 'keyLength', 'hasRow', 'next', 'end', 'hasMore'] as const),
  ]);
}

/** Of a table without rows: all winners are inserted. */
export function noRows(): CompareWinners {
  let existing: ReturnType<typeof existingStruct> | null = null;
  return (merge, _row, from, to) => {
    existing ??= existingStruct(merge.kernel);
    merge.kernel.calls.compareRows(existing.at, merge.layoutAt, merge.winnersAt, from, to);
  };
}

/**
 * Reads all rows of a table in key order, many at once as one text, which the kernel takes apart: a row as an array of values
 * costs three calls into SQLite for each of them, and a string for its key (0.37 µs a row, and 0.26 so).
 */
export function scanTable(reader: DatabaseSync, dataset: Dataset): CompareWinners {
  const rows = new RowTexts(reader, dataset);
  let existing: ReturnType<typeof existingStruct> | null = null;
  let room = 0;
  let roomAt = 0;
  return (merge, _row, from, to) => {
    const { kernel } = merge;
    existing ??= existingStruct(kernel).set({ hasMore: 1 });
    for (let at = from; ; ) {
      at = kernel.calls.compareRows(existing.at, merge.layoutAt, merge.winnersAt, at, to);
      if (at === to) return;
      const text = rows.next();
      if (text.length > room) {
        room = Math.max(2 * text.length, bytesAtOnce);
        roomAt = kernel.reserve(room);
      }
      kernel.bytes.set(text, roomAt);
      existing.set({ next: roomAt, end: roomAt + text.length, hasMore: rows.isOver ? 0 : 1 });
    }
  };
}

class RowTexts {
  isOver = false;
  readonly #text;
  readonly #nextText;
  readonly #last;
  readonly #nextLast;
  #rowsAtOnce = firstRowsAtOnce;
  #after: readonly SQLInputValue[] = [];

  constructor(reader: DatabaseSync, { name, key }: Dataset) {
    const marks = key.map(() => '?').join(', ');
    const keyText = key.map(identifier).join(' || char(0) || ');
    const text = `octet_length(${keyText}) || ' ' || ${keyText} || _run || ' ' || _line || ' ' || _hash || ' '`;
    const prepare = (select: (rows: string) => string, columns: string, condition: string) => {
      const rows = `SELECT ${columns} FROM ${identifier(name)} ${condition} ORDER BY ${list(key)} LIMIT ?`;
      const statement = reader.prepare(select(rows));
      statement.setReturnArrays(true);
      return statement;
    };
    const after = `WHERE (${list(key)}) > (${marks})`;
    const concatenated = (rows: string): string =>
      `SELECT CAST(group_concat(text, '') AS BLOB) FROM (${rows})`;
    this.#text = prepare(concatenated, `${text} AS text`, '');
    this.#nextText = prepare(concatenated, `${text} AS text`, after);
    this.#last = prepare((rows) => `${rows} OFFSET ?`, list(key), '');
    this.#nextLast = prepare((rows) => `${rows} OFFSET ?`, list(key), after);
  }

  /** The texts of some more rows, one after the other. */
  next(): Uint8Array {
    const after = this.#after;
    const rows = this.#rowsAtOnce;
    const isFirst = after.length === 0;
    const [text] = (isFirst ? this.#text : this.#nextText).get(...after, rows) as unknown as [
      Uint8Array | null,
    ];
    const last = (isFirst ? this.#last : this.#nextLast).get(...after, 1, rows - 1);
    if (last === undefined) this.isOver = true;
    else this.#after = last as unknown as readonly SQLInputValue[];
    if (text === null) return new Uint8Array(0);
    const fitting = Math.floor((bytesAtOnce * rows) / text.length);
    this.#rowsAtOnce = Math.min(mostRowsAtOnce, Math.max(1, fitting), 2 * rows);
    return text;
  }
}
