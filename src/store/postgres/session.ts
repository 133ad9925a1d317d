import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';

/** Types whose text becomes something else here; all others stay text as the server writes it. */
const readers: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => text === 't',
  17: (text) => Buffer.from(text.slice(2), 'hex'),
  20: BigInt,
  21: Number,
  23: Number,
  701: Number,
};
const asText = (text: string): string => text;
export const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number) => readers[oid] ?? asText) as pg.CustomTypesConfig['getTypeParser'],
};

/** One session with the server. Statements are sent one after the other, whoever asks for them. */
export class Session {
  readonly #client: pg.Client;
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: pg.Client) {
    this.#client = client;
  }

  async #next<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    try {
      return await work();
    } finally {
      resolve();
    }
  }

  /** Rows as objects. int8 comes as BigInt. */
  async rows<Row = Record<string, unknown>>(sql: string, ...values: readonly unknown[]): Promise<Row[]> {
    const { rows } = await this.#next(() => this.#client.query<Row & pg.QueryResultRow>(query(sql, values)));
    return rows;
  }

  async one<Row = Record<string, unknown>>(
    sql: string,
    ...values: readonly unknown[]
  ): Promise<Row | undefined> {
    return (await this.rows<Row>(sql, ...values))[0];
  }

  /** Rows as arrays. */
  async arrays(sql: string, ...values: readonly unknown[]): Promise<unknown[][]> {
    const { rows } = await this.#next(() =>
      this.#client.query<unknown[]>({ ...query(sql, values), rowMode: 'array' }),
    );
    return rows;
  }

  /** @returns the number of rows that were inserted, updated or deleted */
  async run(sql: string, ...values: readonly unknown[]): Promise<number> {
    const { rowCount } = await this.#next(() => this.#client.query(query(sql, values)));
    return rowCount ?? 0;
  }

  /** `COPY … FROM STDIN`. An error of `blocks` ends it, and with it the transaction. @returns the number of rows */
  async copyIn(sql: string, blocks: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<number> {
    return await this.#next(async () => {
      const stream = this.#client.query(copyFrom(sql, { highWaterMark: copyAheadBytes }));
      await pipeline(Readable.from(blocks, { objectMode: true, highWaterMark: 1 }), stream);
      return stream.rowCount;
    });
  }

  /** `COPY … TO STDOUT` in pieces. Who stops before the end has to close the connection. */
  async *copyOut(sql: string): AsyncGenerator<Buffer> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    try {
      yield* this.#client.query(copyTo(sql)) as AsyncIterable<Buffer>;
    } finally {
      resolve();
    }
  }
}

/** Bytes that may wait for the socket before who makes them has to. */
const copyAheadBytes = 1024 * 1024;

function query(text: string, values: readonly unknown[]): { text: string; values?: unknown[] } {
  // Without values by the simple protocol, which also takes several statements.
  return values.length === 0 ? { text } : { text, values: [...values] };
}
