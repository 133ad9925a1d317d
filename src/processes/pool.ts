import { errorTable, LonghaulError } from '../runtime/errors.ts';

/** Connections that are opened when they are needed and kept for the next one. Whoever calls bounds how many are in use at once. */
export class Pool<Item extends AsyncDisposable> implements AsyncDisposable {
  readonly #open: () => Promise<Item>;
  readonly #identity: () => string | null;
  readonly #idle: { readonly item: Item; readonly identity: string | null }[] = [];

  /** @param identity of what is connected to: another one, or none, and connections to what was there before are not used again */
  constructor(open: () => Promise<Item>, identity: () => string | null) {
    this.#open = open;
    this.#identity = identity;
  }

  /** Runs `work` with a connection that nobody else has meanwhile; one that has failed is not used again. */
  async use<Result>(work: (item: Item) => Promise<Result>): Promise<Result> {
    const identity = this.#identity();
    const item = (await this.#take(identity)) ?? (await this.#open());
    try {
      const result = await work(item);
      this.#idle.push({ item, identity });
      return result;
    } catch (error) {
      if (isRefusal(error)) this.#idle.push({ item, identity });
      else await closed(item);
      throw error;
    }
  }

  async #take(identity: string | null): Promise<Item | undefined> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.identity === identity) return idle.item;
      await closed(idle.item);
    }
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#idle.splice(0).map(({ item }) => item[Symbol.asyncDispose]()));
  }
}

/** What is broken may not be closed in order. */
async function closed(item: AsyncDisposable): Promise<void> {
  try {
    await item[Symbol.asyncDispose]();
  } catch {
    // Whoever was served by it has been told what is wrong.
  }
}

/** Whether only the request was wrong. */
function isRefusal(error: unknown): boolean {
  return error instanceof LonghaulError && errorTable[error.code].httpStatus < 500;
}
