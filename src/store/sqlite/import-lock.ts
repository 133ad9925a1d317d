import { DatabaseSync } from 'node:sqlite';
import { LonghaulError } from '../../runtime/errors.ts';
import { isBusy } from './errors.ts';

/**
 * The right to import into a database: an exclusive transaction on a small SQLite file beside it. The operating
 * system drops it with the process, however that ends, so there is never a stale lock. The file itself must stay:
 * two processes could else hold locks on two files of the same name.
 */
export class ImportLock implements Disposable {
  readonly #db: DatabaseSync;

  /** @param database what to call it in errors, if not by its path */
  constructor(path: string, database = path) {
    this.#db = new DatabaseSync(`${path}.lock`, { timeout: 0 });
    try {
      this.#db.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      this.#db.close();
      throw isBusy(error) ? LonghaulError.of('import_running', { database }, { cause: error }) : error;
    }
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}
