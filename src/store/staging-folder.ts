import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Kernel } from '../kernel/kernel.ts';
import type { PackedRows, RowLayout } from '../schema/packed-rows.ts';
import {
  forEachWinner,
  type OpenedRows,
  openRanges,
  type RowRange,
  type RowSource,
  sourceOf,
  startMerge,
} from './opened-rows.ts';
import { RowStarts } from './row-starts.ts';
import { type FileWords, readAll } from './row-stream.ts';
import { writeAll } from './write-all.ts';

/**
 * Sources that one merge reads at once. Of more, groups are merged into files first; each window has 64 KiB, so
 * the last merge takes 32 MiB at most. 512 chunks of 8 MiB are 4 GiB of CSV; up to 2 TiB one extra pass.
 */
const mergeFanIn = 512;

/** Where the staged rows of one chunk wait. */
export interface StagedRows {
  readonly index: number;
  /** Line of the chunk's first byte. */
  readonly line: number;
  /** In memory; `null` when they lie in the staging folder. */
  readonly packed: PackedRows | null;
  /** As in `PackedRows`, of those in the folder, where it is known. */
  readonly starts?: readonly number[] | undefined;
}

/** All rows of a chunk, or of some that were merged, with the words at which some of the rows begin, where they are known. */
export interface SortedRows extends RowRange {
  readonly starts?: readonly number[] | undefined;
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

  /** Whether a chunk's rows lie there whole. @returns words at which some of them begin; `null`: they do not */
  startsOfWhole(run: number, index: number, sha256: string): readonly number[] | null {
    let fd: number;
    try {
      fd = openSync(this.#file(run, index), 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    try {
      const hash = createHash('sha256');
      const words = new Uint32Array(256 * 1024);
      const block = new Uint8Array(words.buffer);
      const starts = new RowStarts();
      for (let at = 0, read = readAll(fd, block, 0); read > 0; at += read, read = readAll(fd, block, at)) {
        hash.update(block.subarray(0, read));
        starts.read(words.subarray(0, read >> 2), at / 4);
      }
      return hash.digest('hex') === sha256 ? starts.found : null;
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

  open(run: number, layout: RowLayout, staged: readonly StagedRows[]): OpenedRows {
    const { sources, superseded } = this.gather(run, layout, staged);
    return openRanges(layout, sources, superseded);
  }

  /** The rows of all chunks, in at most `mergeFanIn` sources, and how many have lost on the way. */
  gather(
    run: number,
    layout: RowLayout,
    staged: readonly StagedRows[],
  ): { readonly sources: readonly SortedRows[]; readonly superseded: number } {
    let superseded = 0;
    let sources: SortedRows[] = staged.map(({ index, line, packed, starts }) =>
      packed === null
        ? { index, line, rows: wholeFile(this.#file(run, index)), starts }
        : { index, line, rows: packed.words, starts: packed.starts },
    );
    // Rows in memory have not made the folder.
    if (sources.length > this.#fanIn) mkdirSync(this.path, { recursive: true });
    // From left to right, neighbours only, so that a merged file has one place in the order of the file.
    for (let at = 0, files = 0; sources.length > this.#fanIn; at = at + 1 < sources.length ? at + 1 : 0) {
      const group = sources.slice(at, at + Math.min(this.#fanIn, sources.length - this.#fanIn + 1));
      if (group.length < 2) continue;
      const path = join(this.path, `${run}-merged-${files++}.rows`);
      const { line } = group[0]!;
      const { index } = group.at(-1)!;
      const opened = group.map((range) => sourceOf(layout, range));
      const merged = mergeToFile(layout, opened, path, line);
      superseded += merged.superseded;
      const { starts } = merged;
      sources = sources.toSpliced(at, group.length, { index, line, rows: wholeFile(path), starts });
    }
    return { sources, superseded };
  }

  /** Where the difference that a run makes is put aside. Removed with the run's other files. */
  differencePath(run: number): string {
    mkdirSync(this.path, { recursive: true });
    return join(this.path, `${run}-difference.db`);
  }

  /** Where leaves are listed that another thread has written. Removed with the run's other files. */
  listPath(run: number, index: number): string {
    return join(this.path, `${run}-leaves-${index}.list`);
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
    const files = names.filter((name) =>
      /^\d+-((merged-)?\d+\.rows|leaves-\d+\.list|difference\.db(-journal)?)$/.test(name),
    );
    for (const name of files)
      if (unwanted(Number.parseInt(name, 10))) rmSync(join(this.path, name), { force: true });
    if (files.every((name) => unwanted(Number.parseInt(name, 10))) && files.length === names.length) {
      rmSync(this.path, { recursive: true, force: true });
    }
  }
}

function wholeFile(path: string): FileWords {
  return { path, from: 0, end: Math.floor(statSync(path).size / 4) };
}

/** Not made durable: what it is made from still is. @param lineBase from which line on the rows count theirs */
function mergeToFile(
  layout: RowLayout,
  sources: readonly RowSource[],
  path: string,
  lineBase: number,
): { readonly superseded: number; readonly starts: readonly number[] } {
  const merge = startMerge(new Kernel(), layout, sources, []);
  const fd = openSync(path, 'w');
  try {
    let words = new Uint32Array(64 * 1024);
    let end = 0;
    let written = 0;
    const starts: number[] = [];
    const flush = (): void => {
      if (end > 0) starts.push(written);
      writeAll(fd, new Uint8Array(words.buffer, 0, end * 4));
      written += end;
      end = 0;
    };
    forEachWinner(merge, layout, (row) => {
      if (end + row.rowWords > words.length) flush();
      if (row.rowWords > words.length) words = new Uint32Array(row.rowWords);
      end += row.copyTo(words, end, lineBase);
    });
    flush();
    return { superseded: merge.superseded, starts };
  } finally {
    closeSync(fd);
  }
}
