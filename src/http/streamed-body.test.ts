import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { ManualClock } from '../../test/helpers/manual-clock.ts';
import { streamedBody } from './streamed-body.ts';

/** Blocks of so many bytes, each after so many seconds. */
function coming(blocks: readonly (readonly [seconds: number, bytes: number])[]): {
  readonly clock: ManualClock;
  readonly body: Readable;
} {
  const clock = new ManualClock();
  const left = [...blocks];
  const read = function (this: Readable): void {
    const next = left.shift();
    if (next === undefined) this.push(null);
    else {
      clock.advance(next[0] * 1000);
      this.push(Buffer.alloc(next[1]));
    }
  };
  // One block is asked for at a time.
  return { clock, body: new Readable({ read, highWaterMark: 0 }) };
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const block of body) bytes += block.length;
  return bytes;
}

test.for<readonly (readonly [number, number])[]>([
  [],
  [[59, 1]],
  [
    [59, 1],
    [1, 65_536],
  ],
  Array.from({ length: 600 }, () => [1, 1100] as const),
  Array.from({ length: 3 }, () => [59.9, 65_536] as const),
])('what comes quickly enough is handed on: %j', async (blocks) => {
  const { clock, body } = coming(blocks);
  const bytes = blocks.reduce((sum, [, block]) => sum + block, 0);
  expect(await bytesOf(streamedBody(body, clock))).toBe(bytes);
});

test.for<readonly (readonly [number, number])[]>([
  [[60, 1]],
  Array.from({ length: 100 }, () => [5, 100] as const),
  // A good beginning is no licence.
  [[1, 10_000_000], ...Array.from({ length: 200 }, () => [1, 900] as const)],
])('what comes too slowly is refused: case %#', async (blocks) => {
  const { clock, body } = coming(blocks);
  await expect(bytesOf(streamedBody(body, clock))).rejects.toMatchObject({ code: 'upload_too_slow' });
  expect(body.destroyed).toBe(false);
});

test('time that passes before the next block is asked for is ours', async () => {
  const { clock, body } = coming(Array.from({ length: 10 }, () => [1, 1] as const));
  let blocks = 0;
  for await (const _ of streamedBody(body, clock)) {
    clock.advance(60_000);
    blocks++;
  }
  expect(blocks).toBe(10);
});

test('a connection that ends too early is told as such', async () => {
  const clock = new ManualClock();
  const body = new Readable({ read: () => undefined });
  const bytes = bytesOf(streamedBody(body, clock));
  body.push('four');
  body.destroy(new Error('aborted'));
  await expect(bytes).rejects.toMatchObject({ code: 'upload_cut_off' });
});
