/** What of all that happens is told to whoever listens to events, and in which words. */
import type { EventHub } from '../api/events/event-hub.ts';
import { askedFor, type Backend } from '../api/handling/backend.ts';
import type { ApiAnswer } from '../api/answer.ts';
import type { DatasetAnswer } from '../api/wire/datasets.ts';
import { progressAnswer } from '../api/watching/progress.ts';
import type { Row } from '../api/wire/rows.ts';
import type { Run } from '../api/wire/runs.ts';
import type { SourceAnswer } from '../api/wire/sources.ts';
import type { Clock } from '../runtime/clock.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { uploadSource } from '../source/uploaded-file.ts';
import type { WatchEvent } from '../watch/events.ts';

/** Who answers with totals as well, and must not fall behind what was told. */
export interface TotalsAnswered {
  totalsMoved(): void;
  totalsTold(told: DatasetAnswer): void;
}

export class MasterEvents {
  readonly #hub: EventHub;
  readonly #backend: Backend;
  readonly #clock: Clock;
  readonly #answered: TotalsAnswered;
  /** The run that was worked on last. */
  #run = 0;

  constructor(hub: EventHub, backend: Backend, clock: Clock, answered: TotalsAnswered) {
    this.#hub = hub;
    this.#backend = backend;
    this.#clock = clock;
    this.#answered = answered;
  }

  happened(event: WatchEvent): void {
    switch (event.kind) {
      case 'database_failing':
      case 'database_back':
        this.#hub.tell('database', { trouble: event.kind === 'database_failing' ? event.trouble : null });
        return;
      case 'source_removed':
        this.#hub.tell('source_removed', { name: event.source });
        return;
      case 'import_progress':
        this.#progress(event);
        return;
      case 'imported':
        if (event.receipt !== null) this.#ended(event.receipt.run, event.receipt.dataset);
        break;
      case 'cancelled':
      case 'outdated':
        if (this.#run > 0) this.#tellRun(this.#run);
        break;
      default:
    }
    if (event.source !== uploadSource) this.#tellSource(event.source);
  }

  /** A row was changed through this process. */
  edited(dataset: string, { body }: ApiAnswer): void {
    const { id, hash } = read<Row>(body);
    this.#hub.tell('edit', { dataset, id, hash });
    this.#tellDataset(dataset);
  }

  #progress({ source, file, dataset, progress }: Extract<WatchEvent, { kind: 'import_progress' }>): void {
    if (progress.phase === 'staging' && progress.run !== this.#run) {
      this.#run = progress.run;
      this.#tellRun(progress.run);
    }
    const shown = progressAnswer(progress);
    if (shown === null) return;
    const atMs = this.#clock.wallMs();
    // As it is when it is told.
    const now = { source, file, dataset, atMs, progress: shown };
    this.#hub.tellNow('progress', JSON.stringify([source, file]), () => now);
  }

  #ended(run: number | null, dataset: string): void {
    this.#answered.totalsMoved();
    if (run !== null) this.#tellRun(run);
    this.#tellDataset(dataset);
  }

  #tellSource(source: string): void {
    const asked = askedFor({ params: { source } });
    this.#hub.tellNow('source', source, () =>
      known<SourceAnswer>(() => this.#backend.watch.ask('source', asked)),
    );
  }

  #tellRun(run: number): void {
    const asked = askedFor({ params: { run } });
    this.#hub.tellNow('run', String(run), () => known<Run>(() => this.#backend.database.read('run', asked)));
  }

  #tellDataset(dataset: string): void {
    const asked = askedFor({ params: { dataset } });
    this.#hub.tellNow('dataset', dataset, async () => {
      const now = await known<DatasetAnswer>(() => this.#backend.database.read('dataset', asked));
      if (now !== null) this.#answered.totalsTold(now);
      return now;
    });
  }
}

/** What is there; `null` if it has gone meanwhile. */
async function known<Value>(ask: () => Promise<ApiAnswer>): Promise<Value | null> {
  try {
    return read<Value>((await ask()).body);
  } catch (error) {
    const isGone =
      error instanceof LonghaulError && (error.code === 'not_found' || error.code === 'source_unknown');
    if (isGone) return null;
    throw error;
  }
}

function read<Value>(body: string | null): Value {
  return JSON.parse(String(body)) as Value;
}
