import { once } from 'node:events';
import { expect, test } from 'vitest';
import { endEarlyThread, startThread, startThreadEarly } from './threads.ts';

test('a thread that was started early is given to the first who asks for one of its name', async () => {
  const early = startThreadEarly('store-thread')!;
  await using other = startThread('index-thread', {});
  await using withData = startThread('store-thread', 'data of its own');
  await using first = startThread('store-thread');
  await using second = startThread('store-thread');
  expect([other, withData, first, second].map((thread) => thread === early)).toEqual([
    false,
    false,
    true,
    false,
  ]);
});

test('one that nobody has asked for is ended', async () => {
  const early = startThreadEarly('store-thread')!;
  await endEarlyThread();
  expect(early.threadId).toBe(-1);
  await endEarlyThread();
  await using next = startThread('store-thread');
  expect(next).not.toBe(early);
});

test('one that has failed by then is given to nobody', async () => {
  // It cannot do without data.
  const early = startThreadEarly('stage-thread')!;
  await new Promise((resolve) => early.once('exit', resolve));
  await using next = startThread('stage-thread');
  expect(next).not.toBe(early);
  await once(next, 'error');
});
