/** For transactions that would otherwise wait for each other on the server, where that looks as if another program held what they wait for. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** @returns a turn that has not come yet */
  next(): Turn {
    return new Turn(async () => {
      const before = this.#last;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#last = promise;
      await before;
      return resolve;
    });
  }
}

class Turn implements Disposable {
  readonly #take: () => Promise<() => void>;
  #end: (() => void) | null = null;

  constructor(take: () => Promise<() => void>) {
    this.#take = take;
  }

  /** Once it has come it lasts until it is disposed of, however often this is called. */
  async come(): Promise<void> {
    this.#end ??= await this.#take();
  }

  [Symbol.dispose](): void {
    this.#end?.();
  }
}
