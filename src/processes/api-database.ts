/** The database as the API has it: threads that read and one that edits, each with connections of its own, and never more requests than they can serve. */
import type { ApiAnswer, ApiRequest } from '../api/answer.ts';
import type { EditingName } from '../api/editing/editing.ts';
import type { ReadingName } from '../api/reading/reading.ts';
import type { DatabaseUrl } from '../config/database-url.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { ThreadCaller } from '../runtime/thread-calls.ts';
import { startThread } from './threads.ts';

export interface ApiThreadData {
  readonly database: DatabaseUrl;
  /** Requests that the thread works on at once, each by a connection of its own. */
  readonly mostAtOnce: number;
}

/** What has to count all of something, and must not keep others waiting meanwhile. */
const longReadings: ReadonlySet<ReadingName> = new Set(['datasets', 'dataset']);

/** SQLite answers one after the other anyhow; PostgreSQL has three times so many connections for us: reading, reading long, editing. */
const postgresConnections = 4;

/** Requests under way or waiting, for each thread; whoever comes later is told to come back. A row takes less than 1 ms, a page 10. */
const mostWaiting = 256;

type Work = 'reading' | 'long reading' | 'editing';

export class ApiDatabase implements AsyncDisposable {
  readonly #data: ApiThreadData;
  readonly #onDeath: (error: Error) => void;
  /** Started when they are needed. */
  readonly #threads = new Map<Work, ThreadCaller>();
  readonly #waiting: Record<Work, number> = { reading: 0, 'long reading': 0, editing: 0 };

  /** @param onDeath called when a thread has ended by itself */
  constructor(database: DatabaseUrl, onDeath: (error: Error) => void) {
    this.#data = { database, mostAtOnce: database.engine === 'sqlite' ? 1 : postgresConnections };
    this.#onDeath = onDeath;
  }

  /** Requests that were begun or wait, by what does them. */
  get waiting(): Readonly<Record<Work, number>> {
    return this.#waiting;
  }

  /** Throws what is wrong with the database. */
  async ready(): Promise<void> {
    await this.#call('reading', 'ready', []);
  }

  /** Throws `server_busy`, what is wrong with the request, and what is wrong with the database. */
  read(name: ReadingName, request: ApiRequest): Promise<ApiAnswer> {
    return this.#call(longReadings.has(name) ? 'long reading' : 'reading', 'read', [name, request]);
  }

  /** Throws as `read`. */
  edit(name: EditingName, request: ApiRequest): Promise<ApiAnswer> {
    return this.#call('editing', 'edit', [name, request]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      Array.from(this.#threads.values(), async (thread) => {
        // Of one that has died nobody has to take leave.
        await thread.call('close', []).catch(() => undefined);
        await thread[Symbol.asyncDispose]();
      }),
    );
  }

  async #call<Value>(work: Work, method: string, args: readonly unknown[]): Promise<Value> {
    const requests = this.#waiting[work];
    if (requests >= mostWaiting) throw LonghaulError.of('server_busy', { requests });
    this.#waiting[work]++;
    try {
      return await this.#thread(work).call(method, args);
    } finally {
      this.#waiting[work]--;
    }
  }

  #thread(work: Work): ThreadCaller {
    const started = this.#threads.get(work);
    if (started !== undefined) return started;
    const thread = new ThreadCaller(
      startThread('api-thread', this.#data),
      () => undefined,
      (error) => this.#onDeath(error),
    );
    this.#threads.set(work, thread);
    return thread;
  }
}
