import { once } from 'node:events';
import { expect, test } from 'vitest';
import { answerCalls } from './thread-calls.ts';

test('calls that can wait are answered after those that have come meanwhile', async () => {
  const { port1: near, port2: far } = new MessageChannel();
  const order: string[] = [];
  const call = (id: number, method: string): void => near.postMessage({ id, method, args: [id] });
  const note =
    (name: string) =>
    ([id]: readonly unknown[]) => {
      order.push(`${name} ${String(id)}`);
      // As if it had come while this one was worked on.
      if (id === 1) call(4, 'now');
      return { value: null };
    };
  answerCalls(far, { now: note('now'), later: note('later') }, { later: ['later'] });
  call(1, 'later');
  call(2, 'later');
  call(3, 'now');
  for (let answers = 0; answers < 4; answers++) await once(near, 'message');
  far.close();
  expect(order).toEqual(['now 3', 'later 1', 'now 4', 'later 2']);
});
