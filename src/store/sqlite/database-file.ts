import { fstatSync, readdirSync, readSync, readvSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { isSqliteError } from './errors.ts';

/** Where the system lists the descriptors that this process has open: on Linux and macOS. */
const descriptorsFolder = '/dev/fd';
/** Parts that one call fills at most (the system's IOV_MAX is 1024). */
const mostParts = 512;

/** Offsets in the header of a database file (https://sqlite.org/fileformat2.html#the_database_header). */
const pageSizeAt = 16;
const reservedBytesAt = 20;

/**
 * Moves what is in the write-ahead log into the file, as far as readers of older states allow it, while others go on writing.
 *
 * @returns whether all of it is there now
 */
export function moveLog(db: DatabaseSync): boolean {
  try {
    const { busy, log, checkpointed } = db.prepare('PRAGMA main.wal_checkpoint(PASSIVE)').get() as {
      busy: number;
      log: number;
      checkpointed: number;
    };
    return busy === 0 && log >= 0 && log === checkpointed;
  } catch (error) {
    // A disk without room for it: what is in the log counts as it is.
    if (!isSqliteError(error)) throw error;
    return false;
  }
}

/**
 * Begins a reading transaction, after which the database's file may be worth reading: see `DatabaseFile`. The caller holds the
 * write lock, so nobody writes between the two.
 *
 * @returns whether all of the state lies in the file, and nothing of it in the write-ahead log
 */
export function beginReadingFile(reader: DatabaseSync): boolean {
  const isInFile = moveLog(reader);
  reader.exec('BEGIN');
  reader.prepare('SELECT 1 FROM sqlite_schema').get();
  return isInFile;
}

/**
 * The file of a database, read without asking SQLite for each row. A reader that began when all of the write-ahead log was in the
 * file keeps everybody from moving more of it there, so until its transaction ends the file is that one state
 * (docs/decisions/0016-an-update-reads-pages.md).
 *
 * The file is read through a descriptor that SQLite has open. To open and close one of our own would make the system drop all
 * locks of this process on it; and SQLite closes none of its own while any of its connections has a lock.
 */
export class DatabaseFile {
  readonly pageSize: number;
  /** What a page has room for. */
  readonly usableBytes: number;
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
    const header = Buffer.alloc(100);
    readSync(fd, header, 0, header.length, 0);
    const pageSize = header.readUInt16BE(pageSizeAt);
    this.pageSize = pageSize === 1 ? 65_536 : pageSize;
    this.usableBytes = this.pageSize - header[reservedBytesAt]!;
  }

  /** `null` where nobody can tell which descriptors there are. A connection to `path` must be reading, and go on until the last page is read. */
  static openedBySqlite(path: string): DatabaseFile | null {
    const { dev, ino } = statSync(path, { bigint: true });
    for (const fd of descriptors()) {
      try {
        const stats = fstatSync(fd, { bigint: true });
        if (stats.dev === dev && stats.ino === ino) return new DatabaseFile(fd);
      } catch {
        // Closed meanwhile, like that of the listing itself.
      }
    }
    return null;
  }

  readPage(number: number, into: Uint8Array): void {
    this.#readParts([into], number);
  }

  /** Reads pages into the places at the same indexes, each of a page's size; those that follow each other in the file with one call. */
  readPages(numbers: readonly number[], places: readonly Uint8Array[]): void {
    const inOrder = Array.from(numbers.keys()).sort((a, b) => numbers[a]! - numbers[b]!);
    for (let from = 0; from < inOrder.length; ) {
      const first = numbers[inOrder[from]!]!;
      const parts: Uint8Array[] = [];
      while (parts.length < mostParts && numbers[inOrder[from + parts.length]!] === first + parts.length) {
        parts.push(places[inOrder[from + parts.length]!]!);
      }
      this.#readParts(parts, first);
      from += parts.length;
    }
  }

  #readParts(parts: readonly Uint8Array[], page: number): void {
    const bytes = parts.length * this.pageSize;
    if (readvSync(this.#fd, parts, (page - 1) * this.pageSize) !== bytes) {
      throw new Error(`page ${page} of the database's file could not be read`);
    }
  }
}

function descriptors(): number[] {
  try {
    return readdirSync(descriptorsFolder).map(Number);
  } catch {
    return [];
  }
}
