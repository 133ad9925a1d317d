/** Runs into PostgreSQL that are interrupted, and runs that are only tried. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { CliProcess, longhaul, longhaulJson } from '../helpers/cli.ts';
import { execute, PostgresDatabase } from '../helpers/postgres-database.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const header = 'name,sku,description\n';

let folder: TempFolder;
let database: PostgresDatabase;
let small: string;
beforeAll(async () => {
  folder = new TempFolder();
  small = folder.write('small.csv', `${header}Ann,s1,one\nBob,s2,"two\nlines"\nAnn,s3,\n`);
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function output(url: string, ...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await longhaul([...args, '--quiet', '--db', url]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

describe('Ctrl-C while a run is published ends the statement on the server, changes nothing, and the same command goes on', () => {
  let csv: string;
  beforeAll(() => {
    csv = folder.write('large.csv', Buffer.concat([...sampleBlocks({ records: 150_000, seed: 3 })]));
  });

  /** Interrupts an import once a statement of it waits for somebody who holds the table; what comes after it is the caller's. */
  async function interrupt(url: string, args: readonly string[], waiting: string): Promise<void> {
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    const schema = new URL(url).searchParams.get('schema');
    await holder.query(`BEGIN; LOCK TABLE ${schema}.products IN ACCESS EXCLUSIVE MODE`);
    await using command = new CliProcess([...args, '--db', url]);
    const isWaiting = `SELECT 1 FROM pg_stat_activity WHERE datname = '${database.name}' AND query LIKE '${waiting}' AND wait_event_type = 'Lock'`;
    while ((await execute(database.url, isWaiting)).length === 0)
      if (command.hasEnded) throw new Error(command.stderr);
    command.kill('SIGINT');
    expect(await command.ended).toMatchObject({
      status: 130,
      stdout: '',
      stderr: expect.stringContaining('interrupted; nothing was published') as string,
    });
    await holder.query('COMMIT');
    await holder.end();
  }

  test.each([
    ['staged on the server', ['--staging-memory', '0'], 'INSERT INTO "products"%', 3],
    ['in memory', [], 'COPY "products"%', 0],
  ])('the first run, %s', async (_, options, waiting, chunksTakenOver) => {
    const url = database.newSchema();
    await output(url, 'init');
    await interrupt(url, ['import', csv, ...options], waiting);
    expect(await output(url, 'show', 'products')).toContain('there are no products yet');
    const { receipts } = await longhaulJson<{ receipts: object[] }>(['import', csv, '--db', url]);
    expect(receipts).toMatchObject([
      { run: 1, status: 'done', chunks: 3, chunksTakenOver, reconciled: true },
    ]);
  });

  test('a later run, while the table is read', async () => {
    const url = database.newSchema();
    await output(url, 'import', csv);
    await interrupt(url, ['import', csv, '--as', 'other.csv'], 'COPY (SELECT t."sku"%');
    const { receipts } = await longhaulJson<{ receipts: object[] }>([
      'import',
      csv,
      '--as',
      'other.csv',
      '--db',
      url,
    ]);
    expect(receipts).toMatchObject([{ run: 2, status: 'done', updated: 0, inserted: 0, reconciled: true }]);
  });
});

test('--dry-run says what an import then does, and leaves no trace', async () => {
  const url = database.newSchema();
  const trial = async (...args: readonly string[]): Promise<string> =>
    await output(url, 'import', '--dry-run', '--as', 'a.csv', ...args);
  expect(await trial(small)).toContain('3 inserted + 0 updated');
  expect(
    await execute(
      database.url,
      `SELECT 1 FROM pg_namespace WHERE nspname = '${new URL(url).searchParams.get('schema')}'`,
    ),
  ).toEqual([]);
  await output(url, 'import', small, '--as', 'a.csv');
  await output(url, 'update', 's1', '--name', 'Eve');
  await output(url, 'update', 's2', '--name', 'Eve');
  const next = folder.write(
    'trial.csv',
    `${header}Ann,s1,one\nBob,s2,new\nAnn,s3,\nCid,s4,x\nAnn,s5,a\nAnn,s5,b\n`,
  );
  const sums = '2 inserted + 1 updated + 1 unchanged + 1 superseded + 1 kept + 0 rejected';
  for (const memory of ['0', '128MiB']) expect(await trial(next, '--staging-memory', memory)).toContain(sums);
  expect(await output(url, 'show', 'products', '--csv')).not.toContain('s4');
  expect(await output(url, 'import', next, '--as', 'a.csv')).toContain(sums);
});
