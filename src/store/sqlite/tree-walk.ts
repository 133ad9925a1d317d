import type { DatabaseFile } from './database-file.ts';
import { varintAt } from './fresh/record.ts';
import { overflowPointerBytes, type RecordPlaces } from './record-places.ts';

/** Of pages of an index B-tree (https://sqlite.org/fileformat2.html#b_tree_pages). */
const interiorPage = 0x02;
const interiorHeaderBytes = 12;
const childPointerBytes = 4;

/** What comes next in key order: the rows of a leaf, by the page's number; or one cell that lies between two leaves. */
export type TreeItem = number | Uint8Array;

/** Goes through a tree without reading its leaves. */
export function* walkTree(
  file: DatabaseFile,
  places: RecordPlaces,
  root: number,
): Generator<TreeItem, undefined> {
  return yield* walk(file, places, root, heightOf(file, root));
}

/** Levels above the leaves. */
function heightOf(file: DatabaseFile, root: number): number {
  const bytes = Buffer.alloc(file.pageSize);
  let height = 0;
  for (let page = root; ; height++) {
    file.readPage(page, bytes);
    if (bytes[0] !== interiorPage) return height;
    page = firstChild(bytes);
  }
}

function firstChild(page: Buffer): number {
  const isEmpty = page.readUInt16BE(3) === 0;
  return page.readUInt32BE(isEmpty ? 8 : page.readUInt16BE(interiorHeaderBytes));
}

function* walk(
  file: DatabaseFile,
  places: RecordPlaces,
  number: number,
  height: number,
): Generator<TreeItem, undefined> {
  if (height === 0) {
    yield number;
    return;
  }
  const page = Buffer.alloc(file.pageSize);
  file.readPage(number, page);
  if (page[0] !== interiorPage) throw new Error(`page ${number} is no inner page of a tree`);
  const cells = page.readUInt16BE(3);
  for (let index = 0; index < cells; index++) {
    const at = page.readUInt16BE(interiorHeaderBytes + 2 * index);
    yield* walk(file, places, page.readUInt32BE(at), height - 1);
    yield page.subarray(at + childPointerBytes, cellEnd(page, at + childPointerBytes, places));
  }
  yield* walk(file, places, page.readUInt32BE(8), height - 1);
}

/** Where the cell at `at` ends. */
function cellEnd(bytes: Uint8Array, at: number, places: RecordPlaces): number {
  const { value: record, end } = varintAt(bytes, at);
  const local = places.localBytes(record);
  return end + local + (local < record ? overflowPointerBytes : 0);
}
