import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { reading } from './dump.ts';

/** What a reader can tell of both tables in one query, so from one committed state; `nothing` without a database. */
export function glance(path: string): string {
  if (!existsSync(path)) return 'nothing';
  return reading(path, (db) => {
    const row = db
      .prepare(
        `SELECT (SELECT count(*) || ' rows, ' || total(length(name) + length(sku) + length(description)) || ' characters, hashes '
                   || total(_hash >> 16) || ', runs ' || coalesce(min(_run) || '-' || max(_run), 'none') FROM products) || '; '
             || (SELECT count(*) || ' groups of ' || total(no_of_products) || ', ' || total(length(name)) FROM product_counts) || '; '
             || (SELECT publish_number || ' published, checksum ' || checksum FROM _longhaul_datasets) AS seen`,
      )
      .get();
    return String(row?.['seen']);
  });
}

/** Looking without a pause would take a core from the import. */
const betweenLooksMs = 4;

/** Looks again and again until it is disposed of, and remembers what it has seen. */
export class Watcher implements AsyncDisposable {
  readonly seen = new Set<string>();
  looks = 0;
  #stopped = false;
  #look = Promise.withResolvers<void>();
  readonly #ended: Promise<void>;

  constructor(path: string) {
    this.#ended = this.#watch(path);
  }

  async #watch(path: string): Promise<void> {
    while (!this.#stopped) {
      this.seen.add(glance(path));
      this.looks++;
      this.#look.resolve();
      this.#look = Promise.withResolvers();
      await sleep(betweenLooksMs);
    }
  }

  /** Waits until it has looked once more. */
  async nextLook(): Promise<void> {
    await Promise.race([this.#look.promise, this.#ended]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#ended;
  }
}
