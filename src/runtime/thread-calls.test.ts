import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { answerCalls, type Handler } from './thread-calls.ts';

/** Calls by these names, in this order; resolves with the names in the order in which they were answered. */
async function answered(port: MessagePort, methods: readonly string[]): Promise<string[]> {
  const order: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  port.on('message', ({ value }: { value: string }) => {
    order.push(value);
    if (order.length === methods.length) resolve();
  });
  for (const [index, method] of methods.entries()) port.postMessage({ id: index + 1, method, args: [] });
  await promise;
  return order;
}

test('calls are answered in the order they came; but for those of a patient method, which others pass', async () => {
  for (const patient of [null, 'slow']) {
    const { port1: near, port2: far } = new MessageChannel();
    let posted = false;
    const slow: Handler = () => {
      // While the first one is answered another call comes, which the event loop has not told of when it is done.
      if (!posted) near.postMessage({ id: 9, method: 'late', args: [] });
      posted = true;
      return { value: 'slow' };
    };
    answerCalls(
      far,
      { slow, quick: () => ({ value: 'quick' }), late: () => ({ value: 'late' }) },
      { patient },
    );
    const order = answered(near, ['slow', 'slow', 'quick', 'slow']);
    const expected = patient === null ? ['slow', 'slow', 'quick', 'slow'] : ['quick', 'slow', 'late', 'slow'];
    expect(await order).toEqual(expected);
    near.close();
  }
});
