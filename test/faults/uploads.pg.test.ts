/** A master that is killed between the steps by which a cancelled upload ends: the next one does not import it, and finishes what was begun. */
import { readdirSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { eventually } from '../helpers/eventually.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { execute, PostgresDatabase } from '../helpers/postgres-database.ts';
import { SqlGate } from '../helpers/sql-gate.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

let database: PostgresDatabase;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(() => database[Symbol.asyncDispose]());

const content = Buffer.concat([...sampleBlocks({ records: 50_000, seed: 1 })]);

interface Held {
  /** Resolves once the master is there. */
  reached(): Promise<void>;
  /** Lets go whoever has taken its place. */
  open(): Promise<void>;
}

/** Before the ledger has it. */
function beforeLedger(url: string): Promise<Held> {
  return SqlGate.close(url, { table: '_longhaul_runs', on: 'UPDATE', when: "NEW.state = 'cancelled'" });
}

/** Once the ledger has it: what was staged cannot be dropped, as somebody reads it. */
async function afterLedger(url: string, run: number): Promise<Held> {
  const reader = new pg.Client({ connectionString: database.url });
  await reader.connect();
  const schema = new URL(url).searchParams.get('schema');
  await reader.query(`BEGIN; LOCK TABLE "${schema}"._longhaul_staged_${run} IN ACCESS SHARE MODE`);
  const isWaited = `SELECT 1 FROM pg_locks WHERE NOT granted AND relation = '_longhaul_staged_${run}'::regclass`;
  return {
    reached: () => eventually('the drop waits', async () => (await execute(url, isWaited)).length > 0),
    open: () => reader.end(),
  };
}

test.for([
  ['before the ledger has its end', beforeLedger, 'staging'],
  ['once the ledger has its end', afterLedger, 'cancelled'],
] as const)('killed %s', async ([, hold, state]) => {
  const url = database.newSchema();
  using folder = new TempFolder();
  const args = ['--db', url, '--spool-folder', folder.file('spool'), '--quiet', '--threads', '1'];
  await using master = await MasterProcess.start(folder, [
    ...args,
    ...['--staging-memory', '0B', '--chunk-size', '64KiB'],
  ]);
  const uploads = (): string[] => readdirSync(folder.file('spool/uploads'));
  // Held while it stages, so that there is time to cancel it.
  const staging = await SqlGate.close(url, {
    table: '_longhaul_chunks',
    on: 'INSERT',
    when: 'NEW.chunk = 20',
  });
  const { id } = await master.api.call('upload', { query: { name: 'a.csv' }, body: content });
  await staging.reached();
  const { run } = (await master.api.call('uploaded', { params: { id } })).run!;
  const held = await hold(url, run);
  await master.api.call('cancelRun', { params: { run } });
  await staging.open();
  await held.reached();
  const inLedger = async (): Promise<unknown> =>
    (await execute(url, 'SELECT state FROM _longhaul_runs WHERE run = $1', run))[0]?.['state'];
  expect(await inLedger()).toBe(state);
  await master.kill();
  await held.open();
  expect(uploads().length).toBeGreaterThan(0);

  await master.start();
  await eventually('it has ended', () => uploads().length === 0);
  expect(await inLedger()).toBe('cancelled');
  const { items } = await master.api.call('runs', { query: {} });
  expect(items.map(({ status }) => status)).toEqual(['cancelled']);
  expect(await execute(url, 'SELECT count(*)::int AS rows FROM products')).toEqual([{ rows: 0 }]);
});
