/** The database as the API has it: threads that read and one that edits, each with connections of its own. */
import type { ApiAnswer, ApiRequest } from '../api/answer.ts';
import type { EditingName } from '../api/editing/editing.ts';
import type { DatabaseBackend } from '../api/handling/backend.ts';
import type { PreviewAsked } from '../api/reading/preview.ts';
import type { ReadingName } from '../api/reading/reading.ts';
import type { RejectsPart, RejectsPartAsked } from '../api/reading/rejects-csv.ts';
import { databaseName, type DatabaseUrl } from '../config/database-url.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { ThreadCaller } from '../runtime/thread-calls.ts';
import { Gate } from './gate.ts';
import { identityOf } from './stores.ts';
import { startThread } from './threads.ts';

export interface ApiThreadData {
  readonly database: DatabaseUrl;
  /** Requests that the thread works on at once, each by a connection of its own. */
  readonly mostAtOnce: number;
}

/** What has to count all of something, and must not keep others waiting meanwhile. */
const longReadings: ReadonlySet<ReadingName> = new Set(['datasets', 'dataset', 'distribution']);

/** SQLite answers one after the other anyhow. PostgreSQL has so many connections for us for each kind of work. */
const postgresConnections = 4;

const apiWork = ['reading', 'long reading', 'editing'] as const;
type ApiWork = (typeof apiWork)[number];

export class ApiDatabase implements DatabaseBackend, AsyncDisposable {
  readonly #data: ApiThreadData;
  readonly #onDeath: (error: Error) => void;
  /** Started when they are needed. */
  readonly #threads = new Map<ApiWork, ThreadCaller>();
  /** Of the database that requests were answered from first; `null`: there was none yet. */
  #identity: string | null = null;
  readonly #gates = new Map(apiWork.map((work) => [work, new Gate()]));

  /** @param onDeath called when a thread has ended by itself */
  constructor(database: DatabaseUrl, onDeath: (error: Error) => void) {
    this.#data = { database, mostAtOnce: database.engine === 'sqlite' ? 1 : postgresConnections };
    this.#onDeath = onDeath;
  }

  /** Requests that were begun or wait. */
  waiting(): Record<string, number> {
    return Object.fromEntries(Array.from(this.#gates, ([work, gate]) => [work, gate.waiting]));
  }

  /**
   * Throws `database_gone` while the database that was there is not, as the watch does: none would look like one without tables, and
   * another one in its place like the same.
   */
  checkThere(): void {
    const { database } = this.#data;
    const identity = identityOf(database);
    this.#identity ??= identity;
    if (identity === this.#identity) return;
    throw LonghaulError.of('database_gone', { database: databaseName(database) });
  }

  /** Throws what is wrong with the database. */
  async ready(): Promise<void> {
    await this.#call('reading', 'ready', []);
  }

  read(name: ReadingName, request: ApiRequest): Promise<ApiAnswer> {
    return this.#call(longReadings.has(name) ? 'long reading' : 'reading', 'read', [name, request]);
  }

  rejects(asked: RejectsPartAsked): Promise<RejectsPart> {
    return this.#call('long reading', 'rejects', [asked]);
  }

  preview(asked: PreviewAsked): Promise<ApiAnswer> {
    return this.#call('long reading', 'preview', [asked]);
  }

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

  async #call<Value>(work: ApiWork, method: string, args: readonly unknown[]): Promise<Value> {
    this.checkThere();
    const gate = this.#gates.get(work);
    if (gate === undefined) throw new Error(`nobody does ${work}`);
    return gate.pass(() => this.#thread(work).call(method, args));
  }

  #thread(work: ApiWork): ThreadCaller {
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
