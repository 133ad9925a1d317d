import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Kernel } from '../kernel/kernel.ts';
import type { PackedRows, RowLayout } from '../schema/packed-rows.ts';
import { forEachWinner, OpenedRows, type RowSource, startMerge } from './opened-rows.ts';
import { RowCursor } from './row-cursor.ts';
import { type RowStream, streamOfFile, streamOfMemory } from './row-stream.ts';
import { writeAll } from './write-all.ts';

/**
 * Cursors that one merge reads at once. Of more, groups are merged into files first; each window has 128 KiB, so
 * the last merge takes 32 MiB at most. 256 chunks of 8 MiB are 2 GiB of CSV; up to 512 GiB one extra pass.
 */
const mergeFanIn = 256;

/** Where the staged rows of one chunk wait. */
export interface StagedRows {
  readonly index: number;
  /** Line of the chunk's first byte. */
  readonly line: number;
  /** In memory; `null` when they lie in the staging folder. */
  readonly packed: PackedRows | null;
}

/** The folder beside a database in which chunks of rows wait for their publish, one sorted file a chunk. */
export class StagingFolder {
  readonly path: string;
  readonly #fanIn: number;

  constructor(database: string, fanIn = mergeFanIn) {
    this.path = `${database}.staging`;
    this.#fanIn = fanIn;
  }

  /** Writes a chunk's rows, on disk when this returns. @returns the file's SHA-256, for the ledger */
  write(run: number, index: number, packed: PackedRows): string {
    mkdirSync(this.path, { recursive: true });
    const bytes = Buffer.from(packed.words.buffer, packed.words.byteOffset, packed.words.byteLength);
    const fd = openSync(this.#file(run, index), 'w');
    try {
      writeAll(fd, bytes);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    return createHash('sha256').update(bytes).digest('hex');
  }

  /** As `write`, for rows that a store is to find there. @returns what it has to be told of them */
  putAside(run: number, index: number, packed: PackedRows): PackedRows {
    return { ...packed, words: new Uint32Array(0), fileSha256: this.write(run, index, packed) };
  }

  /** Makes the names of written files durable: call it before the ledger names them. */
  sync(): void {
    const fd = openSync(this.path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  /** Whether a chunk's rows lie there whole. */
  isWhole(run: number, index: number, sha256: string): boolean {
    let fd: number;
    try {
      fd = openSync(this.#file(run, index), 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    try {
      const hash = createHash('sha256');
      const block = Buffer.allocUnsafe(1024 * 1024);
      for (let read = readSync(fd, block); read > 0; read = readSync(fd, block))
        hash.update(block.subarray(0, read));
      return hash.digest('hex') === sha256;
    } finally {
      closeSync(fd);
    }
  }

  /** Removes all files of a run, or of all runs but those named. */
  remove(run: number): void {
    this.#removeWhere((of) => of === run);
  }
  removeAllBut(runs: ReadonlySet<number>): void {
    this.#removeWhere((of) => !runs.has(of));
  }

  /** The rows of all chunks, in at most `mergeFanIn` sources. */
  open(run: number, layout: RowLayout, staged: readonly StagedRows[]): OpenedRows {
    let superseded = 0;
    let sources: RowSource[] = staged.map((rows) => ({
      order: rows.index,
      line: rows.line,
      stream: () =>
        rows.packed === null ? streamOfFile(this.#file(run, rows.index)) : streamOfMemory(rows.packed),
      open: (from) =>
        rows.packed === null
          ? RowCursor.ofFile(layout, rows.line, this.#file(run, rows.index), from)
          : RowCursor.ofMemory(layout, rows.line, rows.packed, from),
    }));
    // Rows in memory have not made the folder.
    if (sources.length > this.#fanIn) mkdirSync(this.path, { recursive: true });
    // From left to right, neighbours only, so that a merged file has one place in the order of the file.
    for (let at = 0, merged = 0; sources.length > this.#fanIn; at = at + 1 < sources.length ? at + 1 : 0) {
      const group = sources.slice(at, at + Math.min(this.#fanIn, sources.length - this.#fanIn + 1));
      if (group.length < 2) continue;
      const path = join(this.path, `${run}-merged-${merged++}.rows`);
      const { line } = group[0]!;
      const { order } = group.at(-1)!;
      superseded += mergeToFile(layout, group, path, line);
      const stream = (): RowStream => streamOfFile(path);
      const open = (from: number): RowCursor => RowCursor.ofFile(layout, line, path, from);
      sources = sources.toSpliced(at, group.length, { order, line, stream, open });
    }
    return new OpenedRows(layout, sources, superseded);
  }

  /** Where the difference that a run makes is put aside. Removed with the run's other files. */
  differencePath(run: number): string {
    mkdirSync(this.path, { recursive: true });
    return join(this.path, `${run}-difference.db`);
  }

  #file(run: number, index: number): string {
    return join(this.path, `${run}-${index}.rows`);
  }

  #removeWhere(unwanted: (run: number) => boolean): void {
    let names: string[];
    try {
      names = readdirSync(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    const files = names.filter((name) => /^\d+-((merged-)?\d+\.rows|difference\.db(-journal)?)$/.test(name));
    for (const name of files)
      if (unwanted(Number.parseInt(name, 10))) rmSync(join(this.path, name), { force: true });
    if (files.every((name) => unwanted(Number.parseInt(name, 10))) && files.length === names.length) {
      rmSync(this.path, { recursive: true, force: true });
    }
  }
}

/** Not made durable: what it is made from still is. @param lineBase from which line on the rows count theirs */
function mergeToFile(
  layout: RowLayout,
  sources: readonly RowSource[],
  path: string,
  lineBase: number,
): number {
  using merge = startMerge(new Kernel(), layout, sources, []);
  const fd = openSync(path, 'w');
  try {
    let words = new Uint32Array(256 * 1024);
    let end = 0;
    const flush = (): void => {
      writeAll(fd, new Uint8Array(words.buffer, 0, end * 4));
      end = 0;
    };
    forEachWinner(merge, layout, (row) => {
      if (end + row.rowWords > words.length) flush();
      if (row.rowWords > words.length) words = new Uint32Array(row.rowWords);
      end += row.copyTo(words, end, lineBase);
    });
    flush();
    return merge.superseded;
  } finally {
    closeSync(fd);
  }
}
