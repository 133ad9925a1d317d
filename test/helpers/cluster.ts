/** A master, its workers and two sources, each a process of its own, on a PostgreSQL database; and what must come of it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import type { Receipt } from '../../src/run/receipt.ts';
import type { WorkerStatus } from '../../src/store/chunk-jobs.ts';
import { CliProcess, longhaul, longhaulJson } from './cli.ts';
import { eventually } from './eventually.ts';
import { MasterProcess, SourceProcess } from './master-process.ts';
import { execute } from './postgres-database.ts';
import { shownDigest } from './shown-digest.ts';
import { TempFolder } from './temp-folder.ts';

const clusterFile = 'products.csv';

export interface ClusterOptions {
  /** Of the database. */
  readonly url: string;
  /** Of each of the two sources; both have the same skus. */
  readonly records: number;
  readonly workers: number;
  /** Of the master. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What a worker is run by, and how it reaches the database. */
  readonly place?: (worker: number) => { readonly within: readonly string[]; readonly url: string };
  readonly chunkSize?: string;
}

/** A chunk that a frozen worker has claimed. */
interface HeldChunk {
  readonly worker: CliProcess;
  readonly run: number;
  readonly chunk: number;
  readonly attempt: number;
}

export class Cluster implements AsyncDisposable {
  readonly folder = new TempFolder();
  readonly url: string;
  readonly sources: readonly SourceProcess[];
  readonly master: MasterProcess;
  readonly workers: CliProcess[] = [];
  /** The version that each source offers now. */
  readonly #versions = new Map<string, string>();

  readonly #env: Readonly<Record<string, string>>;
  readonly #place: NonNullable<ClusterOptions['place']>;

  private constructor({ url, args = [], env = {}, place, chunkSize = '256KiB' }: ClusterOptions) {
    this.url = url;
    this.#env = env;
    this.#place = place ?? (() => ({ within: [], url }));
    this.sources = ['one', 'two'].map((name) => new SourceProcess(this.folder, name));
    this.master = new MasterProcess(
      this.folder,
      ['--db', url, '--sense-interval', '0.2', '--chunk-size', chunkSize, '--log-level', 'warn'].concat([
        ...['--spool-folder', this.folder.file('spool'), '--config', this.folder.file('longhaul.yaml')],
        ...args,
      ]),
      env,
    );
  }

  /** Everything runs, workers first, so that the first import finds them. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options);
    try {
      for (const [index, source] of cluster.sources.entries()) cluster.write(source, options.records, index);
      await Promise.all(cluster.sources.map((source) => source.start()));
      for (let each = 0; each < options.workers; each++) cluster.startWorker();
      // They join the ledger that a master makes; until its first one has, a master would do the work itself.
      await longhaul(['init', '--db', options.url]);
      await Promise.all(
        cluster.workers.map((worker) => worker.until('it is there', () => worker.stdout !== '')),
      );
      await cluster.untilJoined(options.workers);
      const said = cluster.sources.map(({ name, url }) => `  ${name}: ${url}\n`);
      cluster.folder.write('longhaul.yaml', `sources:\n${said.join('')}`);
      await cluster.master.start();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Another version of a source's file. */
  write(source: SourceProcess, records: number, version: number): void {
    const changed = { fraction: 0.3, seed: version + 1 };
    const content = Buffer.concat([...sampleBlocks({ records, seed: 1, changed })]);
    const id = createHash('sha256').update(content).digest('hex');
    writeFileSync(this.#copyOf(id), content);
    // By its name at once: one that is half written could be quiet for long enough on a machine that is busy.
    const path = join(source.hosted, clusterFile);
    writeFileSync(`${path}.tmp`, content);
    renameSync(`${path}.tmp`, path);
    this.#versions.set(source.name, id);
  }

  #copyOf(version: string): string {
    return this.folder.file(`${version}.csv`);
  }

  startWorker(...args: readonly string[]): CliProcess {
    const { within, url } = this.#place(this.workers.length);
    const given = ['worker', '--db', url, '--threads', '1', '--log-level', 'info', ...args];
    const worker = new CliProcess(given, {
      cwd: this.folder.path,
      env: this.#env,
      within,
      longestMs: 900_000,
    });
    this.workers.push(worker);
    return worker;
  }

  async untilJoined(number: number): Promise<void> {
    await eventually(`${number} workers have joined`, async () => {
      const there = await execute(
        this.url,
        "SELECT count(*)::int AS n FROM _longhaul_workers WHERE state = 'working'",
      ).catch(() => [{ n: 0 }]);
      return (there[0]?.['n'] as number) >= number;
    });
  }

  status(): Promise<{ workers: WorkerStatus[] }> {
    return longhaulJson(['show', 'workers', '--db', this.url]);
  }

  /** Waits until the sources' versions are published, whoever is dead or frozen meanwhile. */
  async settle(withinMs = 90_000): Promise<void> {
    await eventually(
      'the versions of the sources are published',
      async () => {
        const files = await execute(this.url, 'SELECT source, version FROM _longhaul_files').catch(() => []);
        const published = new Map(files.map(({ source, version }) => [source, version]));
        return this.sources.every(({ name }) => published.get(name) === this.#versions.get(name));
      },
      withinMs,
    );
  }

  /**
   * Freezes a worker that holds a chunk. @returns the worker, and its chunk
   */
  async freezeOne(): Promise<HeldChunk> {
    let held: HeldChunk | null = null;
    await eventually('a worker was frozen with a chunk in hand', async () => {
      const [job] = await this.#claimed();
      const worker = this.workers.find(({ child }) => child.pid === job?.process);
      if (job === undefined || worker === undefined || worker.hasEnded) return false;
      worker.kill('SIGSTOP');
      const still = (await this.#claimed()).some(
        ({ run, chunk, attempt }) => run === job.run && chunk === job.chunk && attempt === job.attempt,
      );
      if (still) held = { worker, run: job.run, chunk: job.chunk, attempt: job.attempt };
      else worker.kill('SIGCONT');
      return still;
    });
    return held!;
  }

  /** Waits until somebody else has claimed it, or it is staged. @returns after how many milliseconds */
  async untilRescued({ run, chunk, attempt }: HeldChunk): Promise<number> {
    const startMs = performance.now();
    await eventually('the chunk is claimed by another worker', async () => {
      const [job] = await execute(
        this.url,
        'SELECT attempt::int AS attempt, state FROM _longhaul_jobs WHERE run = $1 AND chunk = $2',
        ...[run, chunk],
      );
      return job === undefined || (job['attempt'] as number) > attempt || job['state'] === 'staged';
    });
    return performance.now() - startMs;
  }

  async #claimed(): Promise<{ run: number; chunk: number; attempt: number; process: number }[]> {
    return (await execute(
      this.url,
      `SELECT run::int, chunk::int, attempt::int, process::int FROM _longhaul_jobs j JOIN _longhaul_workers USING (worker)
       WHERE j.state = 'claimed' ORDER BY chunk DESC`,
    )) as { run: number; chunk: number; attempt: number; process: number }[];
  }

  /**
   * Table and counts are what plain imports of the same files in the same order make of an SQLite database, every account agrees, and
   * nothing is left of what was under way. @returns the published runs in their order
   */
  async expectExact(): Promise<readonly Receipt[]> {
    const { runs } = await longhaulJson<{ runs: Receipt[] }>([
      'show',
      'runs',
      '--limit',
      '10000',
      '--db',
      this.url,
    ]);
    const published = runs
      .filter(({ status }) => status === 'done')
      .toSorted((a, b) => (a.publishNumber ?? 0) - (b.publishNumber ?? 0));
    assert.deepEqual(
      published.map(({ publishNumber }) => publishNumber),
      published.map((_, index) => index + 1),
    );
    const plain = `sqlite:${this.folder.file('plain.db')}`;
    for (const { source, version, ...receipt } of published) {
      assert.equal(receipt.reconciled, true);
      const imported = await longhaul(['import', this.#copyOf(version ?? ''), '--as', source, '--db', plain]);
      assert.equal(imported.status, 0, imported.stderr);
    }
    const verified = await longhaul(['verify', '--db', this.url]);
    assert.equal(verified.status, 0, verified.stdout + verified.stderr);
    for (const what of ['products', 'counts']) {
      const digest = (db: string): Promise<string> => shownDigest(what, db, this.folder.path);
      const [found, expected] = await Promise.all([digest(this.url), digest(plain)]);
      assert.equal(found, expected, what);
    }
    const left = await execute(this.url, 'SELECT run, chunk, state FROM _longhaul_jobs');
    assert.deepEqual(left, []);
    return published;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.workers) worker.kill('SIGCONT');
    await Promise.all(this.workers.map((worker) => worker[Symbol.asyncDispose]()));
    await this.master[Symbol.asyncDispose]();
    await Promise.all(this.sources.map((source) => source[Symbol.asyncDispose]()));
    this.folder[Symbol.dispose]();
  }
}
