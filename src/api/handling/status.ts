import type { Clock } from '../../runtime/clock.ts';
import { asLonghaulError } from '../../runtime/errors.ts';
import type { Trouble } from '../../watch/status.ts';
import type { ApiAnswer } from '../answer.ts';
import type { DatasetAnswer } from '../wire/datasets.ts';
import type { Status } from '../wire/status.ts';
import { askedFor, type Backend } from './backend.ts';

/** Whoever looks on sees no more than this, however many do: putting the sources together takes longer the more files there are. */
const keptMs = 250;

/** Counting the groups of millions of rows takes time: it is left alone for so many times as long as it took, however often status is asked for. */
const idleShare = 20;

const mostWaitMs = 20;

export interface StatusParts {
  readonly backend: Backend;
  readonly clock: Clock;
  /** What does not change. */
  readonly head: Pick<Status, 'version' | 'instance' | 'startedMs'>;
  /** The database without its password. */
  readonly database: Pick<Status['database'], 'url' | 'engine'>;
  /** Why nothing can be imported at the moment. */
  readonly trouble: () => Trouble | null;
}

interface DatasetsRead {
  readonly items: readonly DatasetAnswer[];
  /** On the monotonic clock; before all times: they are to be read by whoever asks next, who waits for it. */
  readonly readMs: number;
  readonly tookMs: number;
}

/** `/api/status`, made anew when the last one is old, and then once for all who wait for it. */
export class StatusRoute {
  readonly #parts: StatusParts;
  #made: { readonly atMs: number; readonly answer: Promise<ApiAnswer> } | null = null;
  #reading: Promise<Trouble | null> | null = null;
  #datasets: DatasetsRead = { items: [], readMs: Number.NEGATIVE_INFINITY, tookMs: 0 };
  /** How many runs were published, and how many of them had been when what was read last began to be read. */
  #moves = 0;
  #movesRead = -1;
  /** What was told while totals are read, which may be older. */
  readonly #told = new Map<string, DatasetAnswer>();

  constructor(parts: StatusParts) {
    this.#parts = parts;
  }

  answer(): Promise<ApiAnswer> {
    const nowMs = this.#parts.clock.monotonicMs();
    if (this.#made !== null && nowMs - this.#made.atMs < keptMs) return this.#made.answer;
    const made = { atMs: nowMs, answer: this.#make() };
    // What has failed may work the next time.
    made.answer.catch(() => {
      if (this.#made === made) this.#made = null;
    });
    this.#made = made;
    return made.answer;
  }

  /** Something was changed that whoever did it wants to see. */
  forget(): void {
    this.#made = null;
  }

  /** A run was published: no answer from here on has the totals of before. */
  totalsMoved(): void {
    this.#moves++;
    this.#datasets = { items: this.#datasets.items, readMs: Number.NEGATIVE_INFINITY, tookMs: 0 };
    this.#made = null;
  }

  /** What listeners of events are told, so that no answer after that says what was before. */
  totalsTold(told: DatasetAnswer): void {
    const { items } = this.#datasets;
    if (!items.some(({ name }) => name === told.name)) return this.totalsMoved();
    this.#told.set(told.name, told);
    this.#datasets = { ...this.#datasets, items: this.#newest(items) };
    this.#made = null;
  }

  async #make(): Promise<ApiAnswer> {
    const { head, database, trouble, backend } = this.#parts;
    const overview = await backend.watch.overview();
    // Behind that: a file that is published is not told without its rows.
    const unreadable = await this.#datasetsTrouble();
    const begin = JSON.stringify({ ...head, database: { ...database, trouble: trouble() ?? unreadable } });
    // Texts are joined: reading what other threads have written would take as long as writing it.
    return {
      status: 200,
      body: `${begin.slice(0, -1)},"datasets":${JSON.stringify(this.#datasets.items)},${overview.slice(1)}`,
    };
  }

  /** Nobody waits for what takes long: then the totals are those of the last time. @returns why they cannot be read */
  async #datasetsTrouble(): Promise<Trouble | null> {
    const asked = this.#moves;
    const { readMs, tookMs } = this.#datasets;
    if (this.#parts.clock.monotonicMs() - readMs < tookMs * idleShare) return null;
    const first = this.#read();
    if (tookMs > mostWaitMs) return null;
    // What was published meanwhile may be in them or not: read once more. Who publishes without a pause keeps nobody waiting for ever.
    for (let [read, reads] = [first, 1]; ; [read, reads] = [this.#read(), reads + 1]) {
      const trouble = await read;
      const isLast = this.#movesRead === this.#moves || (reads > 1 && this.#movesRead >= asked);
      if (trouble !== null || isLast) return trouble;
    }
  }

  #read(): Promise<Trouble | null> {
    return (this.#reading ??= this.#readDatasets().finally(() => (this.#reading = null)));
  }

  async #readDatasets(): Promise<Trouble | null> {
    const { clock } = this.#parts;
    const [startMs, moves] = [clock.monotonicMs(), this.#moves];
    this.#told.clear();
    try {
      const { body } = await this.#parts.backend.database.read('datasets', askedFor({}));
      const { items } = JSON.parse(String(body)) as { items: DatasetAnswer[] };
      const readMs = clock.monotonicMs();
      const age =
        moves === this.#moves
          ? { readMs, tookMs: readMs - startMs }
          : { readMs: Number.NEGATIVE_INFINITY, tookMs: 0 };
      this.#datasets = { items: this.#newest(items), ...age };
      this.#movesRead = moves;
      return null;
    } catch (error) {
      const { code, message: reason } = asLonghaulError(error);
      return { code, reason };
    }
  }

  #newest(items: readonly DatasetAnswer[]): DatasetAnswer[] {
    return items.map((each) => this.#told.get(each.name) ?? each);
  }
}
