/** Runs of a real master, cancelled while they are at work and tried once more. */
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { ApiProblem } from '../../src/api/client.ts';
import { longhaul, longhaulJson } from '../helpers/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const records = 300_000;
const tries = 10;

test('a run is cancelled while it stages, and published once it is retried', async () => {
  using folder = new TempFolder();
  await using master = await MasterProcess.start(folder, [
    ...['--db', 'sqlite:a.db', '--source', 'a=a.csv', '--sense-interval', '0.1', '--quiet'],
  ]);
  const { api } = master;
  const cancelled: number[] = [];
  // An import can be quicker than we are: then the next version is another chance.
  for (let version = 1; version <= tries && cancelled.length === 0; version++) {
    const made = await longhaul(
      ['generate', '--records', String(records), '--seed', String(version), 'a.csv'],
      {
        cwd: folder.path,
      },
    );
    expect(made).toMatchObject({ status: 0 });
    await eventually('it is imported', async () => {
      const { items } = await api.call('runs', { query: { limit: 1 } });
      const [run] = items;
      if (run === undefined || run.status === 'done')
        return run !== undefined && run.publishNumber === version;
      try {
        await api.call('cancelRun', { params: { run: run.run } });
        cancelled.push(run.run);
        return true;
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.problem.code !== 'run_not_running') throw error;
        return false;
      }
    });
    const [run] = cancelled;
    if (run === undefined) continue;
    await eventually('it has ended', async () => {
      const file = await master.file('a', 'a.csv');
      return file?.state === 'failed' || file?.state === 'published';
    });
    // It was about to be published.
    if ((await api.call('run', { params: { run } })).status === 'done') cancelled.pop();
  }
  const [run] = cancelled;
  if (run === undefined) throw new Error('no run could be cancelled');
  const left = { state: 'failed', trouble: { code: 'run_cancelled' } };
  expect(await master.file('a', 'a.csv')).toMatchObject(left);
  const account = await api.call('run', { params: { run } });
  expect(account).toMatchObject({ status: 'cancelled', publishNumber: null });
  expect(account.endedMs).toBeGreaterThanOrEqual(account.startedMs);
  const { items: chunks } = await api.call('chunks', { params: { run }, query: { limit: 1000 } });
  expect(chunks.reduce((sum, chunk) => sum + chunk.records, 0)).toBe(account.records);
  // The next process leaves it alone as well.
  await master.kill();
  await master.start();
  // Until the ledger has been asked it is not known what is to be done.
  const unknown = new Set<string | undefined>([undefined, 'queued']);
  await eventually('it is sensed', async () => !unknown.has((await master.file('a', 'a.csv'))?.state));
  expect(await master.file('a', 'a.csv')).toMatchObject(left);
  await expect(api.call('cancelRun', { params: { run } })).rejects.toMatchObject({
    problem: { code: 'run_not_running' },
  });
  expect((await api.call('retryRun', { params: { run } })).status).toBe('cancelled');
  await master.published('a', 'a.csv');
  const { items } = await api.call('runs', { query: { limit: 1 } });
  expect(items[0]).toMatchObject({ status: 'done', records, reconciled: true });
  const { points } = await api.call('throughput', {});
  expect(points.reduce((sum, point) => sum + point.records, 0)).toBeGreaterThanOrEqual(records);
  expect(await longhaulJson<object>(['verify', '--db', 'sqlite:a.db'], { cwd: folder.path })).toMatchObject({
    agrees: true,
  });
  using database = new DatabaseSync(folder.file('a.db'), { readOnly: true });
  expect(database.prepare('SELECT count(*) AS n FROM products').get()).toEqual({ n: items[0]!.rows });
});
