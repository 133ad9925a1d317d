/**
 * A database that is not there yet. Until its first run is published it lies beside its place under another name, so
 * that nobody can have it open, and its pages can be written without asking SQLite; then it gets its name with one
 * `link`, which never replaces a file. Putting a file in the place of a database that exists loses data silently:
 * others go on with the old file, or with the old write-ahead log beside the new one.
 *
 * | file | is |
 * |---|---|
 * | `<db>.importing` | the ledger of the runs so far; with it a killed import goes on |
 * | `<db>.publishing` | a copy of it that gets the rows; without its final name it is worth nothing |
 */
import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LonghaulError } from '../../../runtime/errors.ts';
import { PageFile } from './page-file.ts';

const suffixes = ['', '-wal', '-shm', '-journal'];

/** Offsets in the header of a database file (https://sqlite.org/fileformat2.html#the_database_header). */
const pageSizeAt = 16;
const writeVersionAt = 18;
const changeCounterAt = 24;
const pagesAt = 28;
/** The change counter at which the number of pages was right. */
const pagesValidForAt = 92;
const walVersion = 2;

/** Whether nothing of a database is at `path`, not even a log that a deleted one has left. */
export function isFree(path: string): boolean {
  return suffixes.every((suffix) => !existsSync(path + suffix));
}

export function importingPath(path: string): string {
  return `${path}.importing`;
}
export function publishingPath(path: string): string {
  return `${path}.publishing`;
}

/** Removes what an import that died has left, once the database is there or nothing of it can be used. */
export function removeLeftovers(path: string, keepImporting: boolean): void {
  for (const suffix of suffixes) {
    rmSync(publishingPath(path) + suffix, { force: true });
    if (!keepImporting) rmSync(importingPath(path) + suffix, { force: true });
  }
}

/** Opens a database that only this process knows. Its commits are as durable as `synchronous` says. */
export function openPrivate(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  // Nobody waits for these commits: what counts is made durable with `fsync` before the file gets its name.
  db.exec('PRAGMA synchronous = OFF');
  db.exec('PRAGMA locking_mode = EXCLUSIVE');
  return db;
}

/** Copies the ledger to the file that will become the database. */
export function copyForPublishing(path: string): void {
  copyFileSync(importingPath(path), publishingPath(path));
}

/** Lets `write` append pages to a database that no connection is reading or writing, then corrects its header. */
export function appendPages<Result>(path: string, write: (file: PageFile) => Result): Result {
  const fd = openSync(path, 'r+');
  try {
    const header = Buffer.alloc(100);
    readSync(fd, header, 0, header.length, 0);
    const pageSize = header.readUInt16BE(pageSizeAt) === 1 ? 65_536 : header.readUInt16BE(pageSizeAt);
    const pages = header.readUInt32BE(pagesAt);
    if (fstatSync(fd).size !== pages * pageSize) throw new Error(`${path} is not as long as its header says`);
    const file = new PageFile(fd, pageSize, sharedCounter(pages));
    const result = write(file);
    file.flush();
    // Whoever has the file open sees by the counter that what it remembers of the pages is out of date.
    const changes = (header.readUInt32BE(changeCounterAt) + 1) >>> 0;
    const put = (value: number, at: number): void => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      writeSync(fd, bytes, 0, 4, at);
    };
    put(file.pages, pagesAt);
    put(changes, changeCounterAt);
    put(changes, pagesValidForAt);
    return result;
  } finally {
    closeSync(fd);
  }
}

/** A number that threads count on. */
function sharedCounter(value: number): Uint32Array {
  const counter = new Uint32Array(new SharedArrayBuffer(4));
  counter[0] = value;
  return counter;
}

/**
 * Gives a private database its final name: write-ahead logging on, everything on disk, then the name. It must not be open.
 * @param from `importingPath` or `publishingPath` of `path`
 */
export function putInPlace(from: string, path: string): void {
  const fd = openSync(from, 'r+');
  try {
    writeSync(fd, Buffer.from([walVersion, walVersion]), 0, 2, writeVersionAt);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  linkTo(from, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
  removeLeftovers(path, false);
}

function linkTo(from: string, path: string): void {
  try {
    linkSync(from, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw LonghaulError.of('database_appeared', { database: path }, { cause: error });
    // A file system without hard links. The import lock keeps other imports away between the look and the rename.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS' && code !== 'EMLINK') throw error;
    if (!isFree(path)) throw LonghaulError.of('database_appeared', { database: path }, { cause: error });
    renameSync(from, path);
  }
}
