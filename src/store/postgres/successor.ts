import { identifier } from '../identifier.ts';
import { searchIndexPrefix } from '../search-indexes.ts';
import { type FoundIndex, grantsOf, hindrance, indexesOf } from './foreign-objects.ts';
import type { Session } from './session.ts';

/** The table cannot be exchanged now: the run is to be published in place. */
export class NoSuccessor extends Error {}

/** A table that is filled beside another one and then takes its name. `next` is what it is called until then. */
export class Successor {
  readonly table: string;
  /** Quoted. */
  readonly next: string;
  /** Not quoted. */
  readonly name: string;
  #indexes: readonly FoundIndex[] = [];

  /** @param name what it is called until it has the table's name, not quoted */
  constructor(table: string, name: string) {
    this.table = table;
    this.name = name;
    this.next = identifier(name);
  }

  /** Makes it, without rows and without indexes. Throws `NoSuccessor`. */
  async create(session: Session): Promise<void> {
    // Nobody but this run may hold a lock on it when it gets its name.
    await session.run(
      `CREATE TABLE ${this.next} (LIKE ${identifier(this.table)} INCLUDING STORAGE INCLUDING COMPRESSION)
       WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off)`,
    );
    for (const statement of await grantsOf(session, this.table, this.next)) await session.run(statement);
    const alike = await session.one<{ alike: boolean }>(
      `SELECT count(DISTINCT (relam, (SELECT array_agg(item::text ORDER BY item::text) FROM unnest(relacl) item))::text) = 1 AS alike
       FROM pg_class WHERE oid IN (to_regclass($1), to_regclass($2))`,
      ...[identifier(this.table), this.next],
    );
    if (alike?.alike !== true) throw new NoSuccessor(`${this.table} has other rights than a new table`);
  }

  /** Once its rows are in: the indexes that the table has, and what the planner wants to know. */
  async complete(session: Session): Promise<void> {
    this.#indexes = await indexesOf(session, this.table);
    for (const [number, { isPrimary, isUnique, definition }] of this.#indexes.entries()) {
      const name = this.#indexName(number);
      await session.run(`CREATE ${isUnique ? 'UNIQUE ' : ''}INDEX ${name} ON ${this.next} ${definition}`);
      if (isPrimary) {
        await session.run(`ALTER TABLE ${this.next} ADD CONSTRAINT ${name} PRIMARY KEY USING INDEX ${name}`);
      }
    }
    await session.run(`ANALYZE ${this.next}`);
  }

  /**
   * Puts it in the place of the table, which goes. The caller's transaction holds ACCESS EXCLUSIVE on the table. Throws
   * `NoSuccessor` if somebody has made something of the table since.
   */
  async exchange(session: Session): Promise<void> {
    await refuseHindrance(session, this.table);
    // A search index that is there only now goes with the table; who makes them makes it anew.
    const others = (indexes: readonly FoundIndex[]): string =>
      JSON.stringify(indexes.filter(({ name }) => !name.startsWith(searchIndexPrefix)));
    if (others(await indexesOf(session, this.table)) !== others(this.#indexes)) {
      throw new NoSuccessor(`${this.table} has other indexes now`);
    }
    const table = identifier(this.table);
    await session.run(`DROP TABLE ${table}`);
    await session.run(`ALTER TABLE ${this.next} RENAME TO ${table}`);
    for (const [number, { name }] of this.#indexes.entries()) {
      await session.run(`ALTER INDEX ${this.#indexName(number)} RENAME TO ${identifier(name)}`);
    }
    await session.run(`ALTER TABLE ${table} RESET (autovacuum_enabled, toast.autovacuum_enabled)`);
  }

  #indexName(number: number): string {
    // A successor of a count table has a name with a number.
    return identifier(`${this.name}_index_${number}`);
  }
}

/** Throws `NoSuccessor` where another table cannot take this one's place. */
export async function refuseHindrance(session: Session, table: string): Promise<void> {
  const reason = await hindrance(session, table);
  if (reason !== null) throw new NoSuccessor(`${table} ${reason}`);
}
