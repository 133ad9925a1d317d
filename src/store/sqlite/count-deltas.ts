import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { LonghaulError } from '../../runtime/errors.ts';
import type { CountTable } from '../../schema/dataset.ts';
import { identifier } from './connection.ts';

/** Values whose change waits in memory (about 25 MiB at most for names); more are written on the way. */
const maxWaiting = 250_000;

/**
 * The changes of one count table. They wait in memory and are added in the order of their values; after each
 * `flush` the table is exact for all rows written so far, so it does not matter when one happens.
 */
export class CountDeltas {
  readonly #table: string;
  readonly #mostWaiting: number;
  readonly #waiting = new Map<string, number>();
  readonly #add: StatementSync;
  readonly #remove: StatementSync;
  readonly #dropEmpty: StatementSync;

  constructor(db: DatabaseSync, count: CountTable, mostWaiting = maxWaiting) {
    const table = identifier(count.table);
    const value = identifier(count.column);
    const number = identifier(count.numberColumn);
    this.#table = count.table;
    this.#mostWaiting = mostWaiting;
    this.#add = db.prepare(
      `INSERT INTO ${table} (${value}, ${number}) VALUES (?, ?) ON CONFLICT DO UPDATE SET ${number} = ${number} + excluded.${number}`,
    );
    this.#remove = db.prepare(
      `UPDATE ${table} SET ${number} = ${number} - ? WHERE ${value} = ? AND ${number} >= ?`,
    );
    this.#dropEmpty = db.prepare(`DELETE FROM ${table} WHERE ${value} = ? AND ${number} = 0`);
  }

  change(value: string, by: 1 | -1): void {
    this.#waiting.set(value, (this.#waiting.get(value) ?? 0) + by);
    if (this.#waiting.size >= this.#mostWaiting) this.flush();
  }

  flush(): void {
    for (const value of [...this.#waiting.keys()].sort()) {
      const by = this.#waiting.get(value)!;
      if (by > 0) {
        this.#add.run(value, by);
      } else if (by < 0) {
        // The rows that go had been counted; if the table says otherwise, somebody else has written to it.
        if (this.#remove.run(-by, value, -by).changes !== 1) {
          throw LonghaulError.of('counts_drifted', { table: this.#table, value });
        }
        this.#dropEmpty.run(value);
      }
    }
    this.#waiting.clear();
  }
}
