import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { loopTimerMs } from '../runtime/loop-delay.ts';
import type { FileState } from './hosted-file.ts';

/**
 * What a file's preparation came to: hashed and `ready` or `refused`; `kept`, so not hashed at all; `changed` meanwhile;
 * `failed`.
 */
type PreparationOutcome = 'ready' | 'refused' | 'kept' | 'changed' | 'failed';

/** What `/metrics` tells, for Prometheus. */
export class SourceMetrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'route' | 'method' | 'status'>;
  readonly #seconds: Histogram<'route'>;
  readonly #sentBytes: Counter;
  readonly #described: Counter<'outcome'>;
  readonly #hashedBytes: Counter;

  /** @param now what is there at the moment, asked for when somebody asks us */
  constructor(now: { files(): Readonly<Record<FileState, number>>; reads(): number }) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: loopTimerMs });
    this.#requests = new Counter({
      name: 'longhaul_source_requests_total',
      help: 'Requests that have ended; status 0: cut off before the end of the answer.',
      labelNames: ['route', 'method', 'status'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'longhaul_source_request_seconds',
      help: 'From a request to the end of its answer.',
      labelNames: ['route'],
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 10, 100],
      registers,
    });
    this.#sentBytes = new Counter({
      name: 'longhaul_source_sent_bytes_total',
      help: 'Bytes of hosted files that were handed out.',
      registers,
    });
    this.#described = new Counter({
      name: 'longhaul_source_described_total',
      help: 'Files that were prepared, by what it came to; kept: known from before, so not hashed.',
      labelNames: ['outcome'],
      registers,
    });
    this.#hashedBytes = new Counter({
      name: 'longhaul_source_hashed_bytes_total',
      help: 'Bytes of files that were hashed to their end.',
      registers,
    });
    this.#registry.registerMetric(
      new Gauge({
        name: 'longhaul_source_files',
        help: 'Hosted files by state.',
        labelNames: ['state'],
        registers: [],
        collect() {
          for (const [state, number] of Object.entries(now.files())) this.set({ state }, number);
        },
      }),
    );
    this.#registry.registerMetric(
      new Gauge({
        name: 'longhaul_source_reads',
        help: 'Reads of files that are under way.',
        registers: [],
        collect() {
          this.set(now.reads());
        },
      }),
    );
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  requestEnded(route: string, method: string, status: number, seconds: number): void {
    this.#requests.inc({ route, method, status });
    this.#seconds.observe({ route }, seconds);
  }

  sent(bytes: number): void {
    this.#sentBytes.inc(bytes);
  }

  described(outcome: PreparationOutcome, hashedBytes: number): void {
    this.#described.inc({ outcome });
    this.#hashedBytes.inc(hashedBytes);
  }
}
