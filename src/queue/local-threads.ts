import type { Transferable, Worker } from 'node:worker_threads';
import { ThreadCaller } from '../runtime/thread-calls.ts';

/** Jobs in hand a thread: one that it works on and one that waits, so that it never stands still between two. */
const jobsPerThread = 2;
/** So many more wait in all before this thread does one: its first takes three times as long as one of theirs, until its code is compiled. */
const jobsBeforeThis = 2;

/**
 * The embedded queue: threads of this process, which all do the same work. One is started when there is a job that nobody is
 * free for, so a small file does not pay for threads that it never needs.
 */
export class LocalThreads implements AsyncDisposable {
  /** Other threads than this one. */
  #most: number;
  readonly #startThread: () => Worker;
  readonly #threads: AtWork[] = [];
  #thisThread: AtWork | null = null;
  /** Those that were started here. */
  readonly #own: ThreadCaller[] = [];

  constructor(threads: number, startThread: () => Worker) {
    this.#most = threads;
    this.#startThread = startThread;
  }

  /** Jobs that it is worth handing over at once; a caller must not have more of them under way. */
  get width(): number {
    const others = this.#most * jobsPerThread;
    return this.#thisThread === null ? others : others + jobsBeforeThis + 1;
  }

  /** Lets this thread, which hands the jobs out, be one of them: it does a job when it is far ahead of all others. */
  addThis(caller: JobCaller): void {
    this.#thisThread = { caller, jobs: 0 };
    this.#most--;
  }

  /** Adds a thread that is there anyway, and is ended by somebody else. It is asked first. */
  add(caller: ThreadCaller): void {
    this.#threads.unshift({ caller, jobs: 0 });
  }

  /** There will be jobs soon: one thread more may start, which takes 40 ms. */
  prepare(): void {
    if (this.#own.length === 0 && this.#threads.length < this.#most) this.#start();
  }

  /** @param transfer buffers that move to the thread instead of being copied */
  async run<Result>(
    method: string,
    args: readonly unknown[],
    transfer: readonly Transferable[],
  ): Promise<Result> {
    const thread = this.#leastBusy();
    thread.jobs++;
    try {
      return await thread.caller.call<Result>(method, args, transfer);
    } finally {
      thread.jobs--;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#own.map((caller) => caller[Symbol.asyncDispose]()));
  }

  #leastBusy(): AtWork {
    const [first, ...others] = this.#threads;
    if (first === undefined) return this.#start();
    const least = others.reduce((best, other) => (other.jobs < best.jobs ? other : best), first);
    if (least.jobs > 0 && this.#threads.length < this.#most) return this.#start();
    const here = this.#thisThread;
    if (here === null || here.jobs > 0) return least;
    const underWay = this.#threads.reduce((sum, { jobs }) => sum + jobs, 0);
    return underWay >= this.#most * jobsPerThread + jobsBeforeThis ? here : least;
  }

  #start(): AtWork {
    const caller = new ThreadCaller(this.#startThread());
    const thread: AtWork = { caller, jobs: 0 };
    this.#own.push(caller);
    this.#threads.push(thread);
    return thread;
  }
}

/** What does jobs: another thread, or something in this one. */
export type JobCaller = Pick<ThreadCaller, 'call'>;

interface AtWork {
  readonly caller: JobCaller;
  jobs: number;
}
