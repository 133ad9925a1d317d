import type { Kernel, Struct } from '../../kernel/kernel.ts';
import type { Dataset } from '../../schema/dataset.ts';
import type { DatabaseFile } from './database-file.ts';
import { varintAt } from './fresh/record.ts';
import type { RowLister, RowList } from './listed-rows.ts';
import { overflowPointerBytes, RecordPlaces } from './record-places.ts';
import { type TreeItem, walkTree } from './tree-walk.ts';

const leafPage = 0x0a;

/** Leaves that are read at once, in bytes. */
const leavesBytes = 1024 * 1024;
/** Room for the cells between them. */
const cellsBytes = 256 * 1024;
/** Room for records that do not lie in their page whole; more only where one of them is longer. */
const usualLongBytes = 1024 * 1024;
/** Boundary of what is put into the kernel's memory; its addresses' lowest bit is free to say something else. */
const alignment = 16;

/** Where the kernel has what is being listed. */
interface Room {
  /** A `TreeRows` of `src/kernel/assembly/existing.ts`. */
  readonly tree: Struct<(typeof treeFields)[number]>;
  readonly itemsAt: number;
  readonly leavesAt: number;
  readonly cellsAt: number;
  longAt: number;
  longBytes: number;
}

const treeFields = [
  ...(['list', 'items', 'itemsEnd', 'cell'] as const),
  ...(['maxLocal', 'columns', 'keyColumns', 'long'] as const),
] as const;

/** Reads the pages of a table's tree, whose rows the kernel lists: 0.04 µs a row. */
export class TablePages implements RowLister {
  hasMore = true;
  readonly #file: DatabaseFile;
  readonly #dataset: Dataset;
  readonly #places: RecordPlaces;
  readonly #leavesAtOnce: number;
  readonly #items: Iterator<TreeItem, undefined>;
  #next: TreeItem | null;
  #room: Room | null = null;

  /** The file must stay as it is until the last row is listed. */
  constructor(file: DatabaseFile, dataset: Dataset, root: number) {
    this.#file = file;
    this.#dataset = dataset;
    this.#places = new RecordPlaces(file.usableBytes);
    this.#leavesAtOnce = leavesBytes / file.pageSize;
    this.#items = walkTree(file, this.#places, root);
    this.#next = this.#advance();
  }

  list(kernel: Kernel, rows: RowList): void {
    const room = (this.#room ??= this.#reserve(kernel, rows));
    const { tree } = room;
    if (tree.get('items') === tree.get('itemsEnd')) this.#readItems(kernel, room);
    for (let longBytes = 0; ; ) {
      if (tree.get('long') === 0) kernel.calls.listTreeRows(tree.at);
      const cell = tree.get('long');
      if (cell === 0) break;
      const { value: record } = varintAt(kernel.bytes, cell);
      // It comes first the next time.
      if (longBytes > 0 && longBytes + record > room.longBytes) break;
      if (record > room.longBytes) {
        room.longBytes = 2 * record;
        room.longAt = kernel.reserve(room.longBytes);
      }
      this.#readLong(kernel, cell, room.longAt + longBytes);
      kernel.calls.listRecord(tree.at, room.longAt + longBytes);
      longBytes += record;
      tree.set({ long: 0 });
    }
    this.hasMore = this.#next !== null || tree.get('items') !== tree.get('itemsEnd');
  }

  #advance(): TreeItem | null {
    return this.#items.next().value ?? null;
  }

  #reserve(kernel: Kernel, rows: RowList): Room {
    const { columns, key } = this.#dataset;
    const tree = kernel
      .struct(treeFields)
      .set({ list: rows.at, maxLocal: this.#places.maxLocal })
      .set({ columns: columns.length, keyColumns: key.length });
    return {
      tree,
      // Between two leaves lies one cell.
      itemsAt: kernel.reserve((2 * this.#leavesAtOnce + 1) * 4),
      leavesAt: kernel.reserve(leavesBytes),
      cellsAt: kernel.reserve(cellsBytes),
      longAt: kernel.reserve(usualLongBytes),
      longBytes: usualLongBytes,
    };
  }

  /** Puts the next leaves, and the cells between them, where the kernel finds them. */
  #readItems(kernel: Kernel, { tree, itemsAt, leavesAt, cellsAt }: Room): void {
    const { pageSize } = this.#file;
    const { bytes } = kernel;
    const items: number[] = [];
    const numbers: number[] = [];
    const places: Uint8Array[] = [];
    let cellEnd = cellsAt;
    for (; this.#next !== null; this.#next = this.#advance()) {
      if (typeof this.#next === 'number') {
        if (numbers.length === this.#leavesAtOnce) break;
        const at = leavesAt + numbers.length * pageSize;
        items.push(at);
        numbers.push(this.#next);
        places.push(bytes.subarray(at, at + pageSize));
      } else {
        if (cellEnd + this.#next.length > cellsAt + cellsBytes) break;
        bytes.set(this.#next, cellEnd);
        items.push(cellEnd + 1);
        cellEnd = (cellEnd + this.#next.length + alignment - 1) & -alignment;
      }
    }
    this.#file.readPages(numbers, places);
    for (const [index, place] of places.entries()) {
      if (place[0] !== leafPage) throw new Error(`page ${numbers[index]} is no leaf of a table's tree`);
    }
    kernel.words.set(items, itemsAt >> 2);
    tree.set({ items: itemsAt, itemsEnd: itemsAt + items.length * 4 });
  }

  /** Puts together a record of which only the beginning lies in its cell. */
  #readLong(kernel: Kernel, cell: number, target: number): void {
    const { bytes } = kernel;
    const { value: record, end: begin } = varintAt(bytes, cell);
    const local = this.#places.localBytes(record);
    bytes.copyWithin(target, begin, begin + local);
    const page = Buffer.alloc(this.#file.pageSize);
    let next = Buffer.from(bytes.buffer).readUInt32BE(begin + local);
    for (let at = target + local; at < target + record; ) {
      this.#file.readPage(next, page);
      next = page.readUInt32BE(0);
      const content = page.subarray(overflowPointerBytes, this.#file.usableBytes);
      const part = content.subarray(0, target + record - at);
      bytes.set(part, at);
      at += part.length;
    }
  }
}
