import { errorTable, LonghaulError } from '../runtime/errors.ts';

/** Connections that are opened when they are needed and kept for the next one. Whoever calls bounds how many are in use at once. */
export class Pool<Item extends AsyncDisposable> implements AsyncDisposable {
  readonly #open: () => Promise<Item>;
  readonly #idle: Item[] = [];

  constructor(open: () => Promise<Item>) {
    this.#open = open;
  }

  /** Runs `work` with a connection that nobody else has meanwhile; one that has failed is not used again. */
  async use<Result>(work: (item: Item) => Promise<Result>): Promise<Result> {
    const item = this.#idle.pop() ?? (await this.#open());
    try {
      const result = await work(item);
      this.#idle.push(item);
      return result;
    } catch (error) {
      if (isRefusal(error)) this.#idle.push(item);
      else await closed(item);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((item) => item[Symbol.asyncDispose]()));
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
