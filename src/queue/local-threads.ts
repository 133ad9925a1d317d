import type { Transferable, Worker } from 'node:worker_threads';
import { ThreadCaller } from '../runtime/thread-calls.ts';

/** Jobs in hand a thread: one that it works on and one that waits, so that it never stands still between two. */
const jobsPerThread = 2;
/** With more jobs that nobody has in hand this thread does one: its first takes twice as long as one of theirs. */
const jobsBeforeThis = 2;

/** What does jobs: another thread, or something in this one. */
export type JobCaller = Pick<ThreadCaller, 'call'>;

interface AtWork {
  readonly caller: JobCaller;
  jobs: number;
}

interface Job {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly transfer: readonly Transferable[];
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * The embedded queue: threads of this process, which all do the same work. One is started when there is a job that nobody is
 * free for, so a small file does not pay for threads that it never needs. A job goes to a thread when that has little in hand, not
 * before: whoever is free first shall have it.
 */
export class LocalThreads implements AsyncDisposable {
  /** Other threads than this one. */
  #most: number;
  readonly #startThread: () => Worker;
  readonly #threads: AtWork[] = [];
  #thisThread: AtWork | null = null;
  /** Those that were started here. */
  readonly #own: ThreadCaller[] = [];
  /** Jobs that nobody has in hand. The caller bounds them: see `width`. */
  readonly #waiting: Job[] = [];
  /** Whoever hands jobs out has none, and so time for those that wait. */
  #allGiven = false;

  constructor(threads: number, startThread: () => Worker) {
    this.#most = threads;
    this.#startThread = startThread;
  }

  /** Jobs that it is worth handing over at once; a caller must not have more of them under way. */
  get width(): number {
    const others = this.#most * jobsPerThread;
    return this.#thisThread === null ? others : others + jobsBeforeThis + 1;
  }

  /** Lets this thread, which hands the jobs out, be one of them: it does a job when it is far ahead of all others, or has no more to hand out. */
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
  run<Result>(method: string, args: readonly unknown[], transfer: readonly Transferable[]): Promise<Result> {
    this.#allGiven = false;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.push({ method, args, transfer, resolve, reject });
    this.#handOut();
    return promise as Promise<Result>;
  }

  /** There will be no more jobs for now. */
  allGiven(): void {
    this.#allGiven = true;
    this.#handOut();
  }

  /** Jobs that nobody has begun fail as those do that end with their thread. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const job of this.#waiting.splice(0)) job.reject(new Error('the threads were ended'));
    await Promise.all(this.#own.map((caller) => caller[Symbol.asyncDispose]()));
  }

  #handOut(): void {
    for (let thread = this.#whoIsFree(); thread !== null; thread = this.#whoIsFree()) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      void this.#do(job, thread);
    }
  }

  async #do(job: Job, thread: AtWork): Promise<void> {
    thread.jobs++;
    try {
      job.resolve(await thread.caller.call(job.method, job.args, job.transfer));
    } catch (error) {
      job.reject(error);
    } finally {
      thread.jobs--;
      this.#handOut();
    }
  }

  /** Who is to do the first of the jobs that wait; `null`: nobody yet. */
  #whoIsFree(): AtWork | null {
    if (this.#waiting.length === 0) return null;
    const [first, ...others] = this.#threads;
    if (first === undefined) return this.#start();
    const least = others.reduce((best, other) => (other.jobs < best.jobs ? other : best), first);
    if (least.jobs > 0 && this.#threads.length < this.#most) return this.#start();
    if (least.jobs < jobsPerThread) return least;
    const here = this.#thisThread;
    const isFarAhead = this.#waiting.length > (this.#allGiven ? 0 : jobsBeforeThis);
    return here !== null && here.jobs === 0 && isFarAhead ? here : null;
  }

  #start(): AtWork {
    const caller = new ThreadCaller(this.#startThread());
    const thread: AtWork = { caller, jobs: 0 };
    this.#own.push(caller);
    this.#threads.push(thread);
    return thread;
  }
}
