/** `kill -9` of a master while it makes search indexes. LONGHAUL_TEST_SEED repeats a failure as far as a moment can be repeated. */
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openReader } from '../../src/processes/reading.ts';
import { products } from '../../src/schema/dataset.ts';
import { longhaul } from '../helpers/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { Random } from '../helpers/random.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const seed = Number(process.env['LONGHAUL_TEST_SEED'] ?? Date.now() % 1_000_000);
const records = 60_000;
const kills = 4;

test(`killed at ${kills} moments (seed ${seed}): the next one makes the indexes, and an import without a master tidies up`, async () => {
  const random = new Random(seed);
  using folder = new TempFolder();
  const run = async (...args: string[]): Promise<void> => {
    expect(await longhaul(args, { cwd: folder.path })).toMatchObject({ status: 0 });
  };
  mkdirSync(folder.file('shop'));
  await run('generate', '--records', String(records), 'shop/products.csv');
  await run('generate', '--records', String(records), 'next.csv', '--changed', '100%');
  const url = `sqlite:${folder.file('shop.db')}`;
  await run('import', 'shop/products.csv', '--db', url);
  await using reader = await openReader(url);
  await using master = new MasterProcess(folder, ['--db', url, '--source', `shop=${folder.file('shop')}`]);
  for (let kill = 0; kill < kills; kill++) {
    await master.start();
    await sleep(random.below(600));
    await master.kill();
    if (kill === 1) await run('import', 'next.csv', '--as', 'next.csv', '--db', url);
  }
  await master.start();
  await eventually('both indexes are there', async () => {
    const { rowsBy, countsBy } = await reader.indexesReady(products);
    return rowsBy.length === 2 && countsBy.length === 1;
  });
  expect(await reader.indexFaults(products, 10)).toEqual([]);
  await master.published('shop', 'products.csv');
  master.command.kill('SIGTERM');
  expect(await master.command.ended).toMatchObject({ status: 0 });
  await run('verify', '--db', url);
});
