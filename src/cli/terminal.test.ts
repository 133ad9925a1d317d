import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { printPieces, table } from './terminal.ts';

/** Takes what is written a turn later. */
class SlowReader extends Writable {
  readonly parts: string[] = [];
  mostWaiting = 0;
  readonly #failAfter: number;

  constructor(failAfter = Number.POSITIVE_INFINITY) {
    super({ decodeStrings: false });
    this.on('error', () => undefined);
    this.#failAfter = failAfter;
  }

  override _write(part: string, _: unknown, done: (error?: Error) => void): void {
    this.mostWaiting = Math.max(this.mostWaiting, this.writableLength);
    this.parts.push(part);
    const error = this.parts.length > this.#failAfter ? new Error('EPIPE') : undefined;
    setImmediate(() => done(error));
  }
}

const many = 300_000;

test('no more waits than is written at once, and all of them arrive', async () => {
  const reader = new SlowReader();
  const all = Array.from({ length: many }, (_, index) => `line ${index}\n`);
  await printPieces(reader, all);
  expect(reader.parts.join('')).toBe(all.join(''));
  expect(reader.mostWaiting).toBeLessThan(70_000);
});

test('nothing is made for a reader that has gone', async () => {
  const reader = new SlowReader(2);
  let made = 0;
  const endless = (function* () {
    for (;;) yield `line ${made++}\n`;
  })();
  await printPieces(reader, endless);
  expect(reader.parts).toHaveLength(3);
});

test('a table may have any number of rows', () => {
  const rows = Array.from({ length: many }, (_, index) => ['a', index]);
  const lines = table(['text', 'number'], rows);
  expect(lines).toHaveLength(many + 2);
  expect(lines.at(-1)).toBe('a     299,999');
});
