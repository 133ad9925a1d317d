import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { ThreadCaller } from '../runtime/thread-calls.ts';
import { type JobCaller, LocalThreads } from './local-threads.ts';

/** Answers `wait` once it is told to `go`, with the number of the call; `fail` ends the thread. */
const threadSource = `
  const { parentPort, threadId } = require('node:worker_threads');
  parentPort.on('message', ({ id, method, args }) => {
    if (method === 'end') process.exit(7);
    if (method === 'size') return parentPort.postMessage({ id, value: args[0].byteLength });
    const gate = new Int32Array(args[0]);
    Atomics.wait(gate, 0, 0);
    parentPort.postMessage({ id, value: threadId });
  });
`;

function pool(threads: number): { local: LocalThreads; started: () => number } {
  let started = 0;
  const local = new LocalThreads(threads, () => {
    started++;
    return new Worker(threadSource, { eval: true });
  });
  return { local, started: () => started };
}

/** This one among those that do jobs; each of its jobs ends when it is told to, with what it is told. */
function thisThread(): {
  here: (readonly unknown[])[];
  call: JobCaller['call'];
  end: (value: number) => void;
} {
  const here: (readonly unknown[])[] = [];
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const call = <Value>(...job: readonly unknown[]): Promise<Value> => {
    here.push(job);
    return promise as Promise<Value>;
  };
  return { here, call, end: resolve };
}

describe('local threads', () => {
  test('start when there is a job that nobody is free for, and share the jobs', async () => {
    const { local, started } = pool(3);
    await using threads = local;
    expect(threads.width).toBe(6);
    expect(started()).toBe(0);
    const gate = new SharedArrayBuffer(4);
    const jobs: Promise<number>[] = [];
    const startedAfterEach: number[] = [];
    for (let job = 0; job < 6; job++) {
      jobs.push(threads.run<number>('wait', [gate], []));
      startedAfterEach.push(started());
    }
    expect(startedAfterEach).toEqual([1, 2, 3, 3, 3, 3]);
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    const byThread = Map.groupBy(await Promise.all(jobs), (thread) => thread);
    expect([...byThread.values()].map((same) => same.length)).toEqual([2, 2, 2]);
  });

  test('one job after the other needs one thread only; buffers move', async () => {
    const { local, started } = pool(3);
    await using threads = local;
    for (let job = 0; job < 5; job++) {
      const buffer = new ArrayBuffer(100);
      expect(await threads.run('size', [buffer], [buffer])).toBe(100);
      expect(buffer.byteLength).toBe(0);
    }
    expect(started()).toBe(1);
  });

  test('one starts before there is a job, when it is told that there will be; once', async () => {
    const { local, started } = pool(3);
    await using threads = local;
    threads.prepare();
    threads.prepare();
    expect(started()).toBe(1);
    await threads.run('size', [new ArrayBuffer(1)], []);
    expect(started()).toBe(1);
  });

  test('a thread that is there anyway is asked first, and is not ended', async () => {
    const { local, started } = pool(2);
    const worker = new Worker(threadSource, { eval: true });
    await using caller = new ThreadCaller(worker);
    local.add(caller);
    const gate = new SharedArrayBuffer(4);
    const waiting = local.run<number>('wait', [gate], []);
    expect(started()).toBe(0);
    const other = local.run<number>('wait', [gate], []);
    expect(started()).toBe(1);
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    expect(await waiting).toBe(worker.threadId);
    expect(await other).not.toBe(worker.threadId);
    await local[Symbol.asyncDispose]();
    expect(await caller.call('size', [new ArrayBuffer(7)])).toBe(7);
  });

  test('this thread does a job when it is two ahead of all others, one at a time', async () => {
    const { local, started } = pool(3);
    await using threads = local;
    const { here, call, end } = thisThread();
    threads.addThis({ call });
    expect(threads.width).toBe(7);
    const gate = new SharedArrayBuffer(4);
    const jobs: Promise<number>[] = [];
    for (let job = 0; job < 8; job++) jobs.push(threads.run<number>('wait', [gate], []));
    expect(started()).toBe(2);
    // Each of the two others has two in hand, and two wait: with the seventh this thread takes one.
    expect(here).toEqual([['wait', [gate], []]]);
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    // The others do all that this one has not begun.
    const others = await Promise.all(jobs.filter((_, job) => job !== 4));
    expect(new Set(others).size).toBe(2);
    end(0);
    expect(await jobs[4]).toBe(0);
    expect(here).toHaveLength(1);
  });

  test('this thread does what waits when it has no more to hand out, until it has again', async () => {
    const { local } = pool(2);
    await using threads = local;
    const { here, call, end } = thisThread();
    threads.addThis({ call });
    const gate = new SharedArrayBuffer(4);
    const jobs = [1, 2, 3, 4].map(() => threads.run<number>('wait', [gate], []));
    expect(here).toHaveLength(0);
    threads.allGiven();
    expect(here).toHaveLength(1);
    end(0);
    await jobs[2];
    expect(here).toHaveLength(2);
    await jobs[3];
    jobs.push(threads.run<number>('wait', [gate], []));
    expect(here).toHaveLength(2);
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    const [first, second, third, fourth, fifth] = await Promise.all(jobs);
    expect([second, third, fourth, fifth]).toEqual([first, 0, 0, first]);
  });

  test('that end take with them what nobody has begun', async () => {
    const { local } = pool(1);
    const gate = new SharedArrayBuffer(4);
    const jobs = [1, 2, 3].map(() => local.run('wait', [gate], []));
    const outcomes = Promise.allSettled(jobs);
    await local[Symbol.asyncDispose]();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });

  test('that die fail what they had in hand', async () => {
    const { local } = pool(1);
    await using threads = local;
    const gate = new SharedArrayBuffer(4);
    new Int32Array(gate)[0] = 1;
    const jobs = [threads.run('end', [], []), threads.run('wait', [gate], [])];
    for (const outcome of await Promise.allSettled(jobs)) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { message: expect.stringContaining('ended') as string },
      });
    }
    await expect(threads.run('wait', [gate], [])).rejects.toThrow('ended');
  });

  test('end at once when they are not needed any more', async () => {
    const { local } = pool(2);
    const never = local.run('wait', [new SharedArrayBuffer(4)], []);
    const outcome = expect(never).rejects.toThrow('ended');
    await local[Symbol.asyncDispose]();
    await outcome;
  });
});
