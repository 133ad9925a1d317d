import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { LonghaulError } from '../../runtime/errors.ts';
import { lockHolder } from '../lock-holder.ts';
import { isBusy } from './errors.ts';

/**
 * The right to import into a database: an exclusive transaction on a small SQLite file beside it. The operating
 * system drops it with the process, however that ends, so there is never a stale lock. The file itself must stay:
 * two processes could else hold locks on two files of the same name. Who holds it stands in a file of its own, as nobody can
 * read this one meanwhile; that may be stale, so it is looked at only where the lock is held.
 */
export class ImportLock implements Disposable {
  readonly #db: DatabaseSync;
  readonly #holderPath: string;

  /** @param database what to call it in errors, if not by its path */
  constructor(path: string, program?: string, database = path) {
    this.#holderPath = `${path}.lock.holder`;
    this.#db = new DatabaseSync(`${path}.lock`, { timeout: 0 });
    try {
      this.#db.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      this.#db.close();
      if (!isBusy(error)) throw error;
      const holder = readHolder(this.#holderPath);
      throw LonghaulError.of('import_running', { database, holder }, { cause: error });
    }
    if (program !== undefined) quietly(() => writeFileSync(this.#holderPath, lockHolder(program)));
  }

  [Symbol.dispose](): void {
    quietly(() => rmSync(this.#holderPath, { force: true }));
    this.#db.close();
  }
}

function readHolder(path: string): string {
  return quietly(() => readFileSync(path, 'utf8')) ?? '';
}

/** It is for people to read: without it nothing goes wrong. */
function quietly<Result>(work: () => Result): Result | null {
  try {
    return work();
  } catch {
    return null;
  }
}
