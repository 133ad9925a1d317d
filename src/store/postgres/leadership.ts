import { LonghaulError } from '../../runtime/errors.ts';
import { type Leadership, termSeconds } from '../leadership.ts';
import { lockHolder } from '../lock-holder.ts';
import { Connection, type Fence } from './connection.ts';
import { masterProgram, sessionsThatImport } from './import-lock.ts';
import { migrate } from './schema.ts';
import type { PostgresTarget } from './target.ts';

/** The row of the leader, by a connection of its own: what a publish takes must not keep the term from being renewed. */
export class PostgresLeadership implements Leadership {
  readonly #target: PostgresTarget;
  #connection: Promise<Connection>;

  private constructor(target: PostgresTarget, connection: Connection) {
    this.#target = target;
    this.#connection = Promise.resolve(connection);
  }

  /** Makes the ledger, if it is not there. */
  static async open(target: PostgresTarget): Promise<PostgresLeadership> {
    const connection = await Connection.open({ target });
    try {
      await connection.transaction((session) => migrate(connection, session));
      return new PostgresLeadership(target, connection);
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw error;
    }
  }

  async tryLead(url: string): Promise<number | null> {
    return this.#asking(async (connection) => {
      const row = await connection.session.one<{ term: bigint; ended: boolean }>(
        'SELECT term, expires < clock_timestamp() AS ended FROM _longhaul_leader',
      );
      if (row === undefined || !row.ended) return null;
      if (row.term > 0n) await endFormer(connection);
      return await connection.transaction(async (session) => {
        const [begun] = await session.rows<{ term: bigint }>(
          `UPDATE _longhaul_leader SET term = term + 1, holder = $2, url = $3,
             expires = clock_timestamp() + interval '${termSeconds} seconds'
           WHERE term = $1 AND expires < clock_timestamp() RETURNING term`,
          ...[row.term, lockHolder(masterProgram), url],
        );
        return begun === undefined ? null : Number(begun.term);
      });
    });
  }

  async renew(term: number): Promise<boolean> {
    return this.#asking((connection) =>
      connection.transaction(async (session) => {
        const sql = `UPDATE _longhaul_leader SET expires = clock_timestamp() + interval '${termSeconds} seconds' WHERE term = $1`;
        return (await session.run(sql, term)) === 1;
      }),
    );
  }

  async resign(term: number): Promise<void> {
    await this.#asking((connection) =>
      connection.transaction((session) =>
        session.run(`UPDATE _longhaul_leader SET expires = '-infinity', url = '' WHERE term = $1`, term),
      ),
    );
  }

  async leader(): Promise<string> {
    return this.#asking(async ({ session }) => {
      const row = await session.one<{ holder: string }>('SELECT holder FROM _longhaul_leader');
      return row?.holder ?? '';
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#connection.catch(() => null))?.[Symbol.asyncDispose]();
  }

  /** After an error the next one asks through another connection. */
  async #asking<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const opened = this.#connection;
    try {
      const connection = await opened;
      return await connection.translating(() => work(connection));
    } catch (error) {
      if (this.#connection === opened) {
        this.#connection = Connection.open({ target: this.#target });
        this.#connection.catch(() => undefined);
        void opened.then(
          (connection) => connection.break(),
          () => undefined,
        );
      }
      throw error;
    }
  }
}

/** A master that does not renew may still hold the import lock, or a transaction: both end with its sessions. */
async function endFormer(connection: Connection): Promise<void> {
  const { session, schema } = connection;
  for (const { pid, program } of await sessionsThatImport(session, schema)) {
    // Another import is nobody's business but its own.
    if (program.startsWith(masterProgram)) await session.rows('SELECT pg_terminate_backend($1)', pid);
  }
}

/** Whatever a master writes it writes as long as its term has no successor. */
export function fenceOfTerm(database: string, term: number): Fence {
  return async (session) => {
    const row = await session.one('SELECT 1 FROM _longhaul_leader WHERE term = $1 FOR KEY SHARE', term);
    if (row === undefined) throw LonghaulError.of('leadership_lost', { database, term });
  };
}
