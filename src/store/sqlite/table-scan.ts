import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Kernel, Struct } from '../../kernel/kernel.ts';
import { type Dataset, layoutColumns } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import { list } from './connection.ts';
import type { RowCursor } from '../row-cursor.ts';
import type { RowMerge } from '../row-merge.ts';

/** The rows that a table has, for winners of a merge to be compared with. */
export interface ExistingRows {
  /**
   * Gives the winners with the indexes `from` to `to` their outcome. Must be asked for all winners in ascending order, each
   * once at most. `row` is to stand on any of them.
   */
  compare(merge: RowMerge, row: RowCursor, from: number, to: number): void;
  /** Rows before the last winner that no winner has met; `null`: nobody has counted. */
  readonly passed: number | null;
}

/** The rows of a table, in key order, some at a time. */
export interface RowLister {
  /** Whether there are rows that are not listed yet. */
  readonly hasMore: boolean;
  /** Lists some more in `rows`, if there are more: as many as there is room for, or fewer. */
  list(kernel: Kernel, rows: RowList): void;
}

/** A `RowList` of `src/kernel/assembly/existing.ts`. */
export type RowList = Struct<'rows' | 'capacity' | 'count'>;

/** Rows that are listed at once, and the bytes of one: an `Existing`. */
const mostRows = 8192;
const existingBytes = 40;

/** Of a table without rows all winners are inserted. */
export const noRows: RowLister = { hasMore: false, list: () => undefined };

const comparisonFields = [
  ...(['layout', 'next', 'end', 'hasMore', 'passed'] as const),
  ...(['counted', 'countedColumns', 'areTexts'] as const),
] as const;

interface StartedComparison {
  /** A `Comparison` of `src/kernel/assembly/compare.ts`. */
  readonly comparison: Struct<(typeof comparisonFields)[number]>;
  readonly rows: RowList;
}

/** The rows that a lister lists, compared by the kernel. */
export class ListedRows implements ExistingRows {
  readonly #dataset: Dataset;
  readonly #lister: RowLister;
  #started: StartedComparison | null = null;

  constructor(dataset: Dataset, lister: RowLister) {
    this.#dataset = dataset;
    this.#lister = lister;
  }

  get passed(): number {
    return this.#started?.comparison.get('passed') ?? 0;
  }

  compare(merge: RowMerge, _row: RowCursor, from: number, to: number): void {
    const { kernel } = merge;
    const { comparison, rows } = (this.#started ??= this.#start(merge));
    for (let at = from; ; ) {
      at = kernel.calls.compareRows(comparison.at, merge.winnersAt, at, to);
      if (at === to) return;
      rows.set({ count: 0 });
      this.#lister.list(kernel, rows);
      const next = rows.get('rows');
      const end = next + rows.get('count') * existingBytes;
      comparison.set({ next, end, hasMore: this.#lister.hasMore ? 1 : 0 });
    }
  }

  #start({ kernel, layoutAt: layout }: RowMerge): StartedComparison {
    const columns = layoutColumns(this.#dataset);
    const counted = this.#dataset.counts.map((count) =>
      columns.findIndex(({ name }) => name === count.column),
    );
    const areTexts = counted.every((column) => columns[column]!.type === 'text');
    const countedAt = kernel.reserve(counted.length * 4);
    kernel.words.set(counted, countedAt >> 2);
    const comparison = kernel
      .struct(comparisonFields)
      .set({ layout, hasMore: this.#lister.hasMore ? 1 : 0 })
      .set({ counted: countedAt, countedColumns: counted.length, areTexts: areTexts ? 1 : 0 });
    const rows = kernel
      .struct(['rows', 'capacity', 'count'])
      .set({ rows: kernel.reserve(mostRows * existingBytes), capacity: mostRows });
    return { comparison, rows };
  }
}

/** Rows that are read at once: as many as fill so many bytes by the last ones' length, within these limits. */
const bytesAtOnce = 256 * 1024;
const mostRowsAtOnce = 4000;
const firstRowsAtOnce = 100;

/**
 * Asks SQLite for all rows, many at once as one text, which the kernel takes apart: a row as an array of values costs three calls
 * into SQLite for each of them, and a string for its key (0.37 µs a row, and 0.26 so).
 */
export class TableScan implements RowLister {
  hasMore = true;
  readonly #rows: RowTexts;
  #texts: Struct<'list' | 'next' | 'end'> | null = null;
  #room = 0;
  #roomAt = 0;

  /** `reader` must go on seeing the same committed state until the last row is listed. */
  constructor(reader: DatabaseSync, dataset: Dataset) {
    this.#rows = new RowTexts(reader, dataset);
  }

  list(kernel: Kernel, rows: RowList): void {
    const texts = (this.#texts ??= kernel.struct(['list', 'next', 'end']).set({ list: rows.at }));
    if (texts.get('next') === texts.get('end')) {
      const text = this.#rows.next();
      if (text.length > this.#room) {
        this.#room = Math.max(2 * text.length, bytesAtOnce);
        this.#roomAt = kernel.reserve(this.#room);
      }
      kernel.bytes.set(text, this.#roomAt);
      texts.set({ next: this.#roomAt, end: this.#roomAt + text.length });
    }
    kernel.calls.listTextRows(texts.at);
    this.hasMore = !this.#rows.isOver || texts.get('next') !== texts.get('end');
  }
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
