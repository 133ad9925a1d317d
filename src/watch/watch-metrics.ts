import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../runtime/clock.ts';
import { LoopDelay, loopTimerMs } from '../runtime/loop-delay.ts';
import type { WatchEvent } from './events.ts';
import type { WatchStatus } from './status.ts';
import type { Throughput } from './throughput.ts';

const secondsBuckets = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 60];
const outcomes = ['inserted', 'updated', 'unchanged', 'superseded', 'kept', 'rejected'] as const;

/** What `/metrics` tells of the watch, for Prometheus. */
export class WatchMetrics {
  readonly #registry = new Registry();
  readonly #senses: Counter<'source' | 'outcome'>;
  readonly #senseSeconds: Histogram<'source'>;
  readonly #lateSeconds: Histogram<'source'>;
  readonly #reads: Counter<'source' | 'outcome'>;
  readonly #readBytes: Counter<'source'>;
  readonly #runs: Counter<'source' | 'status'>;
  readonly #records: Counter<'source' | 'outcome'>;
  readonly #runSeconds: Histogram<'source'>;
  readonly #lockSeconds: Histogram<'table'>;
  readonly #publishNumber: Gauge<'table'>;
  readonly #loopDelay = new LoopDelay();

  /** @param now what is there at the moment, asked for when somebody asks us */
  constructor(now: () => WatchStatus, clock: Clock, throughput: Throughput) {
    const registers = [this.#registry];
    const ofSource = { labelNames: ['source'] as const, registers };
    const withOutcome = { labelNames: ['source', 'outcome'] as const, registers };
    this.#senses = new Counter({
      ...{ name: 'longhaul_senses_total', help: 'Senses, by what came of them: ok, or a code.' },
      ...withOutcome,
    });
    this.#senseSeconds = new Histogram({
      ...{ name: 'longhaul_sense_seconds', help: 'From a sense to its answer.', buckets: secondsBuckets },
      ...ofSource,
    });
    this.#lateSeconds = new Histogram({
      name: 'longhaul_sense_late_seconds',
      help: 'How much later than it was due a sense began.',
      buckets: secondsBuckets,
      ...ofSource,
    });
    this.#reads = new Counter({
      ...{ name: 'longhaul_reads_total', help: 'Reads of files that have ended: read, or a code.' },
      ...withOutcome,
    });
    this.#readBytes = new Counter({
      ...{ name: 'longhaul_read_bytes_total', help: 'Bytes of files that were read to their end.' },
      ...ofSource,
    });
    this.#runs = new Counter({
      name: 'longhaul_runs_total',
      help: 'Versions that were imported, by what came of them; refused: before a run was opened.',
      labelNames: ['source', 'status'],
      registers,
    });
    this.#records = new Counter({
      ...{ name: 'longhaul_records_total', help: 'Records of published runs, by what became of them.' },
      ...withOutcome,
    });
    this.#runSeconds = new Histogram({
      name: 'longhaul_run_seconds',
      help: 'From the beginning of a run to its publication.',
      buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800],
      ...ofSource,
    });
    this.#lockSeconds = new Histogram({
      name: 'longhaul_publish_lock_seconds',
      help: 'For how long at a time, at most, edits had to wait for a publish. A new database has nobody who could.',
      labelNames: ['table'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    });
    this.#publishNumber = new Gauge({
      name: 'longhaul_publish_number',
      help: 'The last publish number.',
      labelNames: ['table'],
      registers,
    });
    const staged = new Counter({
      name: 'longhaul_records_staged_total',
      help: 'Records that were staged, of runs that are published and of others: their rate is how fast imports are.',
      registers: [],
      collect() {
        this.reset();
        this.inc(throughput.records);
      },
    });
    this.#registry.registerMetric(staged);
    this.#addGauges(now, clock);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Of one publish. */
  locked(table: string, ms: number): void {
    this.#lockSeconds.observe({ table }, ms / 1000);
  }

  count(event: WatchEvent): void {
    switch (event.kind) {
      case 'sensed': {
        const { source, trouble, tookMs, lateMs } = event;
        this.#senses.inc({ source, outcome: trouble?.code ?? 'ok' });
        this.#senseSeconds.observe({ source }, tookMs / 1000);
        this.#lateSeconds.observe({ source }, lateMs / 1000);
        break;
      }
      case 'read':
        this.#reads.inc({ source: event.source, outcome: 'read' });
        this.#readBytes.inc({ source: event.source }, event.bytes ?? 0);
        break;
      case 'read_failed':
        this.#reads.inc({ source: event.source, outcome: event.trouble.code });
        break;
      case 'outdated':
      case 'cancelled':
        this.#runs.inc({ source: event.source, status: event.kind });
        break;
      case 'imported':
        this.#countRun(event);
        break;
      default:
    }
  }

  #countRun({ source, receipt }: Extract<WatchEvent, { kind: 'imported' }>): void {
    this.#runs.inc({ source, status: receipt?.status ?? 'refused' });
    if (receipt?.status !== 'done') return;
    for (const outcome of outcomes) this.#records.inc({ source, outcome }, receipt[outcome]);
    this.#runSeconds.observe({ source }, receipt.seconds);
    this.#publishNumber.set({ table: receipt.dataset }, receipt.publishNumber ?? 0);
  }

  #addGauges(now: () => WatchStatus, clock: Clock): void {
    this.#gauge(
      'longhaul_source_state',
      'The state of a source: 1 for the one it is in.',
      ['source', 'state'],
      (gauge) => {
        for (const { name: source, state } of now().sources) gauge.set({ source, state }, 1);
      },
    );
    const age = 'Seconds since a source has last answered as it should.';
    this.#gauge('longhaul_source_sensed_age_seconds', age, ['source'], (gauge) => {
      for (const { name: source, sensedMs, nextSenseMs } of now().sources)
        if (sensedMs !== null && nextSenseMs !== null)
          gauge.set({ source }, (clock.wallMs() - sensedMs) / 1000);
    });
    this.#gauge('longhaul_files', 'Files of a source by state.', ['source', 'state'], (gauge) => {
      for (const { name: source, filesBy } of now().sources)
        for (const [state, number] of Object.entries(filesBy)) gauge.set({ source, state }, number);
    });
    this.#gauge(
      'longhaul_versions_waiting',
      'Versions that are here and wait for their import.',
      [],
      (gauge) => gauge.set(now().waiting),
    );
    const database = 'Whether the database could be used when it was last needed.';
    this.#gauge('longhaul_database_up', database, [], (gauge) => gauge.set(now().database === null ? 1 : 0));
    const delay = `How far apart the turns of the event loop that watches and imports are (timer: ${loopTimerMs} ms), since this was last asked for.`;
    this.#gauge('longhaul_watch_loop_delay_seconds', delay, ['quantile'], (gauge) => {
      const { median, p99, longest } = this.#loopDelay.take();
      gauge.set({ quantile: 0.5 }, median);
      gauge.set({ quantile: 0.99 }, p99);
      gauge.set({ quantile: 1 }, longest);
    });
  }

  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    fill: (gauge: Gauge<Label>) => void,
  ): void {
    const collect = function (this: Gauge<Label>): void {
      this.reset();
      fill(this);
    };
    this.#registry.registerMetric(new Gauge({ name, help, labelNames, registers: [], collect }));
  }
}
