/** Two data sources and a master in processes of their own. LONGHAUL_TEST_SEED repeats a failure as far as time can be repeated. */
import { expect, test } from 'vitest';
import { ChangingSources } from '../helpers/changing-sources.ts';
import { Random } from '../helpers/random.ts';

const seed = Number(process.env['LONGHAUL_TEST_SEED'] ?? Date.now() % 1_000_000);
const records = Number(process.env['LONGHAUL_TEST_RECORDS'] ?? 50_000);
const changes = 50;

test(`${changes} changes in random order, with random pauses (seed ${seed})`, {
  timeout: 600_000,
}, async () => {
  const random = new Random(seed);
  await using scene = await ChangingSources.start({ records, random });
  await scene.settle();
  for (let change = 0; change < changes; change++) {
    await scene.change();
    await scene.pause(change);
  }
  await scene.settle();
  const runs = await scene.expectReplay();
  expect(runs.length).toBeGreaterThan(4);
  scene.master.command.kill('SIGTERM');
  expect(await scene.master.command.ended).toMatchObject({ status: 0, stderr: '' });
});
