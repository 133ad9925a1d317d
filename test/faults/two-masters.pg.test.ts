/**
 * Two masters of one database: started at once, killed, and frozen for longer than a term. One publishes at a time, and nothing twice.
 * LONGHAUL_TEST_STARTS says how often two are started at once (50 by hand), LONGHAUL_TEST_SEED repeats a failure as far as moments can be repeated.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import type { Receipt } from '../../src/run/receipt.ts';
import { longhaul, longhaulJson } from '../helpers/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { execute, PostgresDatabase } from '../helpers/postgres-database.ts';
import { Random } from '../helpers/random.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const starts = Number(process.env['LONGHAUL_TEST_STARTS'] ?? 2);
const seed = Number(process.env['LONGHAUL_TEST_SEED'] ?? Date.now() % 1_000_000);
const records = 20_000;

let database: PostgresDatabase;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(() => database[Symbol.asyncDispose]());

function masterOf(folder: TempFolder, url: string, name: string): MasterProcess {
  const own = ['--spool-folder', folder.file(`spool ${name}`), '--sense-interval', '0.2'];
  return new MasterProcess(folder, ['--db', url, '--source', 'shop=shop.csv', '--log-level', 'info', ...own]);
}

function write(folder: TempFolder, version: number): void {
  const changed = { fraction: 0.5, seed: version + 1 };
  folder.write(
    'shop.csv',
    Buffer.concat([...sampleBlocks({ records: records + version, seed: 1, changed })]),
  );
}

/** @returns the masters that are ready, and the reasons of those that wait */
async function readiness(masters: readonly MasterProcess[]) {
  const answers = await Promise.all(masters.map(({ url }) => fetch(`${url}/readyz`)));
  const bodies = await Promise.all(answers.map((answer) => answer.text()));
  return {
    ready: masters.filter((_, index) => answers[index]!.status === 200),
    waiting: masters.filter((_, index) => bodies[index]!.includes('another master leads')),
  };
}

async function publishedRecords(url: string): Promise<number> {
  const rows = await execute(
    url,
    "SELECT max(records)::int AS most FROM _longhaul_runs WHERE state = 'done'",
  ).catch(() => []);
  return (rows[0]?.['most'] as number | undefined) ?? 0;
}

async function expectExact(url: string): Promise<void> {
  const { runs } = await longhaulJson<{ runs: Receipt[] }>(['show', 'runs', '--limit', '1000', '--db', url]);
  const numbers = runs.flatMap(({ publishNumber }) => publishNumber ?? []).toSorted((a, b) => a - b);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  const versions = runs.filter(({ status }) => status === 'done').map(({ version }) => version);
  expect(new Set(versions).size).toBe(versions.length);
  expect(await longhaul(['verify', '--db', url])).toMatchObject({ status: 0 });
}

test(`two masters started at once, ${starts} times: one leads, the other waits`, {
  timeout: 900_000,
}, async () => {
  for (let time = 0; time < starts; time++) {
    using folder = new TempFolder();
    const url = database.newSchema();
    write(folder, 0);
    const masters = ['a', 'b'].map((name) => masterOf(folder, url, name));
    await using _a = masters[0]!;
    await using _b = masters[1]!;
    await Promise.all(masters.map((master) => master.start()));
    const { ready, waiting } = await readiness(masters);
    expect([ready.length, waiting.length]).toEqual([1, 1]);
    await eventually('it is published', async () => (await publishedRecords(url)) === records);
    expect(await execute(url, 'SELECT term::int AS term FROM _longhaul_leader')).toEqual([{ term: 1 }]);
    if (time > 0) continue;
    // The one that leads dies; the other one takes over when the term has ended.
    await ready[0]!.kill();
    write(folder, 1);
    await eventually('the other one publishes', async () => (await publishedRecords(url)) === records + 1);
    expect(await execute(url, 'SELECT term::int AS term FROM _longhaul_leader')).toEqual([{ term: 2 }]);
    // Told to end, it leaves the term, and nobody has to wait for its end.
    await ready[0]!.start();
    expect((await readiness([ready[0]!])).waiting).toHaveLength(1);
    waiting[0]!.command.kill('SIGTERM');
    await waiting[0]!.command.ended;
    const endedMs = performance.now();
    await eventually(
      'the first one leads again',
      async () => (await readiness([ready[0]!])).ready.length === 1,
    );
    expect(performance.now() - endedMs).toBeLessThan(10_000);
    await expectExact(url);
  }
});

test(`a master frozen past its term writes nothing when it wakes (seed ${seed})`, {
  timeout: 300_000,
}, async () => {
  const random = new Random(seed);
  using folder = new TempFolder();
  const url = database.newSchema();
  write(folder, 0);
  await using first = masterOf(folder, url, 'a');
  await using second = masterOf(folder, url, 'b');
  await first.start();
  await second.start();
  await eventually('it is published', async () => (await publishedRecords(url)) === records);
  // Somewhere between quiet and publish of the next version.
  write(folder, 1);
  await sleep(2000 + random.below(1500));
  first.command.kill('SIGSTOP');
  write(folder, 2);
  try {
    await eventually(
      'the other one publishes',
      async () => (await publishedRecords(url)) === records + 2,
      60_000,
    );
  } finally {
    first.command.kill('SIGCONT');
  }
  const { status, stderr } = await first.command.ended;
  expect(status).toBe(1);
  expect(stderr).toContain('another master has taken over');
  write(folder, 3);
  await eventually('it goes on publishing', async () => (await publishedRecords(url)) === records + 3);
  expect(await execute(url, 'SELECT term::int AS term FROM _longhaul_leader')).toEqual([{ term: 2 }]);
  await expectExact(url);
});
