import { closeSync, openSync, readSync } from 'node:fs';
import type { PackedRows } from '../schema/packed-rows.ts';

/** Sorted packed rows of one source, as bytes to be read from a beginning to their end. */
export interface RowStream {
  /** @returns bytes read: fewer than there is room for only at the end */
  read(target: Uint8Array): number;
}

/** Rows in memory. */
export function streamOfMemory({ words }: Pick<PackedRows, 'words'>): RowStream {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  let at = 0;
  return {
    read(target) {
      const part = bytes.subarray(at, at + target.length);
      target.set(part);
      at += part.length;
      return part.length;
    },
  };
}

/** A file of packed rows, or a part of one. */
export interface FileWords {
  readonly path: string;
  /** The first word, and the one after the last. */
  readonly from: number;
  readonly end: number;
}

/**
 * Opens the file for each read, which takes 2.3 µs beside 3 for 64 KiB from the cache: as many sources may be merged as there are, whatever number of files the
 * system lets a process have open.
 */
export function streamOfFile({ path, from, end }: FileWords): RowStream {
  let at = from * 4;
  return {
    read(target) {
      const room = Math.min(target.length, end * 4 - at);
      const filled = room === 0 ? 0 : readFrom(path, target.subarray(0, room), at);
      at += filled;
      return filled;
    },
  };
}

function readFrom(path: string, target: Uint8Array, position: number): number {
  const fd = openSync(path, 'r');
  try {
    return readAll(fd, target, position);
  } finally {
    closeSync(fd);
  }
}

/** @returns bytes read: fewer than there is room for only at the end of the file */
export function readAll(fd: number, target: Uint8Array, position: number): number {
  let filled = 0;
  for (let read = -1; read !== 0 && filled < target.length; filled += read) {
    read = readSync(fd, target, filled, target.length - filled, position + filled);
  }
  return filled;
}
