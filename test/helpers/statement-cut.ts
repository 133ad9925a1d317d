/** Ends the connections of a store to its server at a statement of one's choice: a test can go through all of them, one after the other. */
import pg from 'pg';

interface OpenClient extends pg.Client {
  readonly connectionParameters: { readonly fallback_application_name?: string };
}

export interface CutPlace {
  /** Which statements are counted. */
  readonly of: RegExp;
  /** The number of the one that is cut at, from 1. */
  readonly at: number;
  /** Whether the server still gets it, and nobody its answer. */
  readonly isSent: boolean;
}

/** Until it is disposed of, it looks at what the stores of this process send. */
export class StatementCut implements Disposable {
  wasCut = false;
  readonly #query = Object.getOwnPropertyDescriptor(pg.Client.prototype, 'query')!;

  constructor({ of, at, isSent }: CutPlace) {
    let seen = 0;
    const clients = new Set<OpenClient>();
    const isPlace = (client: OpenClient, given: unknown): boolean => {
      if (client.connectionParameters.fallback_application_name !== 'longhaul') return false;
      clients.add(client);
      const text = typeof given === 'string' ? given : String((given as { readonly text?: string }).text);
      return of.test(text) && ++seen === at;
    };
    const cut = (): void => {
      this.wasCut = true;
      for (const { connection } of clients) connection.stream.destroy();
    };
    const query = this.#query.value as (...args: unknown[]) => unknown;
    pg.Client.prototype.query = function (this: OpenClient, ...args: unknown[]) {
      const isHere = isPlace(this, args[0]);
      if (isHere && !isSent) cut();
      const result = query.apply(this, args);
      if (isHere && isSent) cut();
      return result;
    } as typeof pg.Client.prototype.query;
  }

  [Symbol.dispose](): void {
    Object.defineProperty(pg.Client.prototype, 'query', this.#query);
  }
}
