import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What is there at the moment, asked for when somebody asks us. */
export interface ApiNow {
  /** Requests that were begun or wait, by who does them. */
  readonly waiting: () => Readonly<Record<string, number>>;
  /** Who listens to events. */
  readonly listeners: () => number;
  /** Of SQLite's write-ahead log; null where there is none. */
  readonly walBytes: () => number | null;
}

/** What `/metrics` tells of requests and of the database, for Prometheus. */
export class ApiMetrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'route' | 'method' | 'status'>;
  readonly #seconds: Histogram<'route' | 'method'>;
  readonly #refusals: Counter<'code'>;

  constructor(now: ApiNow) {
    const registers = [this.#registry];
    this.#requests = new Counter({
      name: 'longhaul_http_requests_total',
      help: 'Requests, by their answer; status 0: cut off before its end.',
      labelNames: ['route', 'method', 'status'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'longhaul_http_seconds',
      help: 'From a request to the end of its answer. An edit waits for the lock of a publish.',
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.3, 1, 3, 10],
      labelNames: ['route', 'method'],
      registers,
    });
    this.#refusals = new Counter({
      name: 'longhaul_http_refusals_total',
      help: 'Requests that were refused, by the code of the problem; http_STATUS where there was no request yet.',
      labelNames: ['code'],
      registers,
    });
    const waiting = new Gauge({
      name: 'longhaul_http_waiting',
      help: 'Requests that a thread works on or that wait for it; there is a limit, and then 503.',
      labelNames: ['work'],
      registers: [],
      collect() {
        for (const [work, number] of Object.entries(now.waiting())) this.set({ work }, number);
      },
    });
    const listeners = new Gauge({
      ...{ name: 'longhaul_event_listeners', help: 'Connections to /api/events.', registers: [] },
      collect() {
        this.set(now.listeners());
      },
    });
    const walBytes = new Gauge({
      name: 'longhaul_wal_bytes',
      help: "Size of SQLite's write-ahead log: it is emptied after each publish, unless a reader holds on to it.",
      registers: [],
      collect() {
        this.reset();
        const bytes = now.walBytes();
        if (bytes !== null) this.set(bytes);
      },
    });
    for (const gauge of [waiting, listeners, walBytes]) this.#registry.registerMetric(gauge);
  }

  /** @param status 0: cut off before the end of the answer */
  ended(route: string, method: string, status: number, seconds: number): void {
    this.#requests.inc({ route, method, status });
    this.#seconds.observe({ route, method }, seconds);
  }

  refused(code: string): void {
    this.#refusals.inc({ code });
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
