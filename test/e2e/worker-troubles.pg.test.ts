/** What a person sees and does of runs whose chunks are with workers: cancels one, finds a chunk that no worker can do, has it tried once more. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Run } from '../../src/api/wire/runs.ts';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import type { Receipt } from '../../src/run/receipt.ts';
import { longhaul, longhaulJson } from '../helpers/cli.ts';
import { Cluster } from '../helpers/cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { execute, PostgresDatabase } from '../helpers/postgres-database.ts';

const records = 20_000;

let database: PostgresDatabase;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(() => database[Symbol.asyncDispose]());

/** Where workers believe that the master is: what they ask it for goes on to it, is kept waiting, or is refused. */
class Gate implements AsyncDisposable {
  readonly #server: Server;
  mode: 'open' | 'holds' | 'refuses' = 'open';
  masterUrl = '';
  /** Requests that are kept waiting, and how many of those were given up. */
  readonly held: ServerResponse[] = [];
  givenUp = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<Gate> {
    const server = createServer();
    const gate = new Gate(server);
    server.on('request', (request, response) => void gate.#answer(request.url ?? '', response));
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, '127.0.0.1', resolve);
    await promise;
    return gate;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #answer(path: string, response: ServerResponse): Promise<void> {
    if (this.mode === 'holds') {
      this.held.push(response);
      response.on('close', () => this.givenUp++);
      return;
    }
    if (this.mode === 'refuses') {
      response.writeHead(500).end();
      return;
    }
    const answer = await fetch(this.masterUrl + path);
    const body = Buffer.from(await answer.arrayBuffer());
    response.writeHead(answer.status, { 'content-length': body.length }).end(body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }
}

/** One worker, and a file that only the master can read. @returns once a run of it is under way */
async function begin(cluster: Cluster, gate: Gate, mode: 'holds' | 'refuses'): Promise<void> {
  gate.masterUrl = cluster.master.url;
  await cluster.settle();
  gate.mode = mode;
  const path = cluster.folder.write('local.csv', Buffer.concat([...sampleBlocks({ records, seed: 3 })]));
  const added = await longhaul(['sources', 'add', 'depot', path, '--db', cluster.url]);
  expect(added).toMatchObject({ status: 0 });
}

async function newestRun({ master }: Cluster): Promise<Run> {
  const { items } = await master.api.call('runs', { query: { source: 'depot', limit: 1 } });
  return items[0]!;
}

test('a cancelled run is taken from the worker that has it in hand', async () => {
  await using gate = await Gate.open();
  const args = ['--advertise', gate.url];
  await using cluster = await Cluster.start({
    ...{ url: database.newSchema(), records: 1000, workers: 1, args },
  });
  const { api } = cluster.master;
  await begin(cluster, gate, 'holds');
  await eventually('the worker asks for its chunks', () => gate.held.length === 2);
  const { run, status } = await newestRun(cluster);
  expect(status).toBe('staging');
  // By the command as by the API, which it asks.
  const master = ['--master', cluster.master.url];
  expect(await longhaul(['runs', 'cancel', String(run), ...master])).toMatchObject({
    ...{ status: 0, stdout: `run ${run}: the master ends it; nothing of it will be published\n` },
  });
  // It goes on to run, and lets go what it was told to do.
  await eventually('the worker has let go', () => gate.givenUp === 2);
  await eventually('the run has ended', async () => (await newestRun(cluster)).status === 'cancelled');
  const [worker] = cluster.workers;
  expect(worker!.hasEnded).toBe(false);
  const lines = (): string[] => worker!.stderr.split('\n').filter((line) => line.includes('"taken away"'));
  await eventually('the worker tells what was taken from it', () => lines().length === 2);
  expect(lines().map((line) => (JSON.parse(line) as { run: number }).run)).toEqual([run, run]);
  const left = 'SELECT 1 FROM _longhaul_jobs UNION ALL SELECT 1 FROM _longhaul_chunks WHERE run = $1';
  expect(await execute(cluster.url, left, run)).toEqual([]);
  await eventually('nothing is in its hand', async () => {
    const { workers } = await cluster.status();
    return workers[0]!.inHand.length === 0;
  });
  const again = await longhaul(['runs', 'cancel', String(run), ...master]);
  expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('cancelled')]);

  // The same worker does it once it is wanted.
  gate.mode = 'open';
  expect((await api.call('retryRun', { params: { run } })).status).toBe('cancelled');
  await cluster.master.published('depot', 'local.csv');
  expect(await newestRun(cluster)).toMatchObject({ status: 'done', records, reconciled: true });
  expect(await longhaul(['verify', '--db', cluster.url])).toMatchObject({ status: 0 });
});

test('a chunk that no worker can do is given up, can be seen, and is done once a person wants it tried', async () => {
  await using gate = await Gate.open();
  const args = ['--advertise', gate.url];
  const url = database.newSchema();
  await using cluster = await Cluster.start({ url, records: 1000, workers: 1, args });
  const { master } = cluster;
  const hasFailed = (): Promise<void> =>
    master.until('it has failed', ({ sources }) =>
      sources.some(({ name, files }) => name === 'depot' && files[0]?.state === 'failed'),
    );
  const reason = /^depot: local\.csv: chunk \d+ of run \d+ was given up after 5 attempts: .*500/;
  await begin(cluster, gate, 'refuses');
  await hasFailed();
  // By the API.
  const failed = await newestRun(cluster);
  expect(failed).toMatchObject({
    ...{
      status: 'failed',
      error: { code: 'chunk_failed', message: expect.stringMatching(reason) as string },
    },
  });
  expect(await master.file('depot', 'local.csv')).toMatchObject({
    trouble: { code: 'chunk_failed', reason: expect.stringMatching(reason) as string },
  });
  // By the command line.
  const { runs } = await longhaulJson<{ runs: Receipt[] }>(['show', 'runs', '--db', url]);
  expect(runs.find(({ run }) => run === failed.run)).toMatchObject({ status: 'failed', error: failed.error });
  const shown = await longhaul(['show', 'runs', '--db', url]);
  expect(shown.stdout).toMatch(/ failed .* chunk_failed: depot: local\.csv: chunk \d+/);
  expect(await execute(url, 'SELECT 1 FROM _longhaul_jobs')).toEqual([]);

  // Tried again while nothing has changed, it fails again, as a run of its own.
  await master.api.call('retryRun', { params: { run: failed.run } });
  await eventually('it was tried again', async () => (await newestRun(cluster)).run > failed.run);
  await hasFailed();
  const second = await newestRun(cluster);
  expect(second).toMatchObject({ status: 'failed', error: { code: 'chunk_failed' } });

  gate.mode = 'open';
  const retried = await longhaul(['runs', 'retry', String(second.run), '--master', master.url]);
  expect(retried).toMatchObject({
    ...{ status: 0, stdout: `run ${second.run}: the master tries its file once more\n` },
  });
  await master.published('depot', 'local.csv');
  const published = await newestRun(cluster);
  expect(published).toMatchObject({ status: 'done', records, reconciled: true });
  const { workers } = await cluster.status();
  const chunks = await execute(url, 'SELECT count(*)::int AS n FROM _longhaul_chunks WHERE epoch IS NULL');
  expect(workers[0]!.chunks).toBeLessThanOrEqual(chunks[0]?.['n'] as number);
  expect(workers[0]!.chunks).toBeGreaterThanOrEqual(published.chunks);
  expect(await longhaul(['verify', '--db', url])).toMatchObject({ status: 0 });
  // What is done already cannot be tried again, and a master that is not there cannot be told.
  const done = await longhaul(['runs', 'retry', String(published.run), '--master', master.url]);
  expect([done.status, done.stderr]).toEqual([1, expect.stringContaining('it is done')]);
  const silent = await longhaul(['runs', 'retry', '1', '--master', 'http://127.0.0.1:1']);
  expect([silent.status, silent.stderr]).toEqual([1, expect.stringContaining('no master answers there')]);
});
