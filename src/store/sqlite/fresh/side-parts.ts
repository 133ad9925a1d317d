import { type BuiltPart, builtAt, type PartBuilder, type PartToBuild, stopAt } from './build-part.ts';

/** Parts of a publish that other threads build while this one builds the first. Disposing stops and waits for them. */
export class SideParts implements Disposable {
  readonly #signals: readonly Int32Array[];
  readonly #building: PartBuilder[] = [];
  readonly #settling: PartBuilder[] = [];

  /** @param builders one for each part at least */
  constructor(parts: readonly Omit<PartToBuild, 'signals'>[], builders: readonly PartBuilder[]) {
    this.#signals = parts.map(() => new Int32Array(new SharedArrayBuffer(8)));
    for (const [index, part] of parts.entries()) {
      const builder = builders[index]!;
      builder.begin({ ...part, signals: this.#signals[index]! });
      this.#building.push(builder);
    }
  }

  /** Rows that they have built so far. */
  get rows(): number {
    return this.#signals.reduce((sum, signals) => sum + Atomics.load(signals, builtAt), 0);
  }

  /** Waits for all, in their order. */
  *finish(): Generator<BuiltPart> {
    for (let next = this.#building.shift(); next !== undefined; next = this.#building.shift()) {
      const built = next.finish();
      this.#settling.push(next);
      yield built;
    }
  }

  /** Waits until all of them are on the disk. */
  settle(): void {
    for (let next = this.#settling.shift(); next !== undefined; next = this.#settling.shift()) next.settle();
  }

  [Symbol.dispose](): void {
    for (const signals of this.#signals) Atomics.store(signals, stopAt, 1);
    const left = this.#building.splice(0);
    for (const end of [
      ...left.map((builder) => () => builder.finish()),
      ...[...left, ...this.#settling.splice(0)].map((builder) => () => builder.settle()),
    ]) {
      try {
        end();
      } catch {
        // That it was stopped, or what went wrong here as well.
      }
    }
  }
}
