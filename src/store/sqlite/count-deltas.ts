import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { LonghaulError } from '../../runtime/errors.ts';
import type { CanonicalValue } from '../../schema/canonical-text.ts';
import type { ColumnType, CountTable } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import { toSqlite } from './typed-values.ts';

/** Values whose change waits in memory (about 25 MiB at most for names); more are written on the way. */
const maxWaiting = 250_000;

/**
 * The changes of one count table. They wait in memory and are added in the order of their values; after each
 * `flush` the table is exact for all rows written so far, so it does not matter when one happens.
 */
export class CountDeltas {
  readonly #table: string;
  readonly #type: ColumnType;
  readonly #mostWaiting: number;
  readonly #waiting = new Map<string, number>();
  readonly #add: StatementSync;
  readonly #remove: StatementSync;
  readonly #dropEmpty: StatementSync;

  constructor(db: DatabaseSync, count: CountTable, type: ColumnType, mostWaiting = maxWaiting) {
    const table = identifier(count.table);
    const value = identifier(count.column);
    const number = identifier(count.numberColumn);
    this.#table = count.table;
    this.#type = type;
    this.#mostWaiting = mostWaiting;
    this.#add = db.prepare(
      `INSERT INTO ${table} (${value}, ${number}) VALUES (?, ?) ON CONFLICT (${value}) DO UPDATE SET ${number} = ${number} + excluded.${number}`,
    );
    this.#remove = db.prepare(
      `UPDATE ${table} SET ${number} = ${number} - ? WHERE ${value} = ? AND ${number} >= ?`,
    );
    this.#dropEmpty = db.prepare(`DELETE FROM ${table} WHERE ${value} = ? AND ${number} = 0`);
  }

  /** @param text the value's canonical text; NULL and what stands for it, the empty text of another type, is not counted */
  change(text: CanonicalValue, by: 1 | -1): void {
    const value = text ?? '';
    if (value === '' && this.#type !== 'text') return;
    this.#waiting.set(value, (this.#waiting.get(value) ?? 0) + by);
    if (this.#waiting.size >= this.#mostWaiting) this.flush();
  }

  flush(): void {
    for (const text of [...this.#waiting.keys()].sort()) {
      const by = this.#waiting.get(text)!;
      const value = toSqlite(this.#type, text);
      if (by > 0) {
        this.#add.run(value, by);
      } else if (by < 0) {
        // The rows that go had been counted; if the table says otherwise, somebody else has written to it.
        if (this.#remove.run(-by, value, -by).changes !== 1) {
          throw LonghaulError.of('counts_drifted', { table: this.#table, value: text });
        }
        this.#dropEmpty.run(value);
      }
    }
    this.#waiting.clear();
  }
}
