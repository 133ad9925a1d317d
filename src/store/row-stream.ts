import { closeSync, openSync, readSync } from 'node:fs';
import type { PackedRows } from '../schema/packed-rows.ts';

/** Sorted packed rows of one source, as bytes to be read from a beginning to their end. */
export interface RowStream extends Disposable {
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
    [Symbol.dispose]: () => undefined,
  };
}

/** A file of packed rows, or a part of one. */
export interface FileWords {
  readonly path: string;
  /** The first word, and the one after the last. */
  readonly from: number;
  readonly end: number;
}

export function streamOfFile({ path, from, end }: FileWords): RowStream {
  const fd = openSync(path, 'r');
  let isOpen = true;
  let at = from * 4;
  return {
    read(target) {
      const room = Math.min(target.length, end * 4 - at);
      const filled = readAll(fd, target.subarray(0, room), at);
      at += filled;
      return filled;
    },
    [Symbol.dispose]() {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}

/** @returns bytes read: fewer than there is room for only at the end of the file */
export function readAll(fd: number, target: Uint8Array, position: number): number {
  let filled = 0;
  for (let read = -1; read !== 0 && filled < target.length; filled += read) {
    read = readSync(fd, target, filled, target.length - filled, position + filled);
  }
  return filled;
}
