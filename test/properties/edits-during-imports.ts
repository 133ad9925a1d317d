/** Eight people edit the same products while versions of two files are published, one after the other. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'vitest';
import { databaseUrl } from '../../src/config/database-url.ts';
import { openReader } from '../../src/processes/reading.ts';
import { openEditor } from '../../src/processes/stores.ts';
import { verifyDataset } from '../../src/run/verify.ts';
import { products } from '../../src/schema/dataset.ts';
import { longhaul } from '../helpers/cli.ts';
import type { EditThreadData, EditThreadResult } from '../helpers/edit-thread.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const editors = 8;
const records = 20_000;
/** Versions as [name, part of the records that are not as in the first one]. */
const versions = [
  ['p.csv', 50],
  ['q.csv', 10],
  ['p.csv', 10],
  ['q.csv', 90],
  ['p.csv', 30],
  ['q.csv', 30],
] as const;

/** Two empty databases, and how to ask them. */
export interface TwoDatabases {
  /** The URL of the one in which people edit. */
  readonly edited: string;
  /** Of the one in which nobody does. */
  readonly plain: string;
  readonly query: (url: string, sql: string) => Promise<readonly Record<string, unknown>[]>;
}

/** No edit is lost, counts are exact at every commit, and all edits taken back leave what the files say. */
export async function editDuringImports({ edited, plain, query }: TwoDatabases): Promise<void> {
  const userColumns = (url: string) => query(url, 'SELECT name, sku, description FROM products ORDER BY sku');
  using folder = new TempFolder();
  const run = async (...args: string[]): Promise<void> => {
    expect(await longhaul(args, { cwd: folder.path })).toMatchObject({ status: 0 });
  };
  const sample = ['generate', '--records', String(records)];
  await run(...sample, 'first.csv');
  for (const percent of new Set(versions.map(([, changed]) => changed))) {
    await run(...sample, `${percent}.csv`, '--changed', `${percent}%`);
  }
  await run('import', 'first.csv', '--as', 'p.csv', '--db', edited);
  await run('import', 'first.csv', '--as', 'p.csv', '--db', plain);
  const some = await query(edited, 'SELECT sku FROM products ORDER BY sku LIMIT 200');
  const skus = some.map((row) => row['sku'] as string);

  const stop = new SharedArrayBuffer(4);
  const people = Array.from({ length: editors }, (_, seed) => {
    const workerData: EditThreadData = { url: edited, skus, seed, stop };
    const person = new Worker(new URL('../helpers/edit-thread.ts', import.meta.url), { workerData });
    return { ended: once(person, 'exit'), result: once(person, 'message') };
  });
  await using reader = await openReader(edited);
  for (const [name, percent] of versions) {
    await run('import', `${percent}.csv`, '--as', name, '--db', edited);
    expect(await verifyDataset(reader, products, null)).toMatchObject({ agrees: true, findings: [] });
    await run('import', `${percent}.csv`, '--as', name, '--db', plain);
  }
  Atomics.store(new Int32Array(stop), 0, 1);
  const results: EditThreadResult[] = [];
  for (const { result, ended } of people) {
    results.push(((await result) as [EditThreadResult])[0]);
    await ended;
  }

  const sum = (what: keyof EditThreadResult): number => results.reduce((all, one) => all + one[what], 0);
  const told = (
    await query(edited, 'SELECT state, count(*) AS n FROM _longhaul_edits GROUP BY state ORDER BY state')
  ).map(({ state, n }) => ({ state, n: Number(n) }));
  expect(told.reduce((all, { n }) => all + n, 0)).toBe(sum('edits'));
  expect(told.find(({ state }) => state === 'taken_back')?.n).toBe(sum('takenBack'));
  console.log({ longestMs: Math.max(...results.map(({ longestMs }) => longestMs)), told });
  // Each of the ways in which an edit goes on has happened.
  expect(told.map(({ state }) => state)).toEqual(['ended', 'replaced', 'standing', 'taken_back']);
  const [runs] = await query(edited, 'SELECT sum(kept) AS kept FROM _longhaul_runs');
  expect(Number(runs!['kept'])).toBeGreaterThan(0);

  await using editor = await openEditor(databaseUrl(edited));
  for (const { key } of (await Array.fromAsync(reader.standingEdits(products))).flat()) {
    await editor.takeBackEdit(products, key, null);
  }
  expect(await userColumns(edited)).toEqual(await userColumns(plain));
  expect(await verifyDataset(reader, products, null)).toMatchObject({ agrees: true, findings: [] });
}
