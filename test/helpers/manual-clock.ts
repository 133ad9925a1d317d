import type { Clock } from '../../src/runtime/clock.ts';

/** A clock that goes on only when it is told to. */
export class ManualClock implements Clock {
  #ms = 1_700_000_000_000;

  wallMs(): number {
    return this.#ms;
  }
  monotonicMs(): number {
    return this.#ms;
  }
  advance(ms: number): void {
    this.#ms += ms;
  }
}
