/**
 * `kill -9` of source servers and of the master at random moments, while files change. LONGHAUL_TEST_SEED repeats a failure as far
 * as moments can be repeated, LONGHAUL_TEST_KILLS makes it longer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ChangingSources } from '../helpers/changing-sources.ts';
import { integrity } from '../helpers/dump.ts';
import { Random } from '../helpers/random.ts';

const seed = Number(process.env['LONGHAUL_TEST_SEED'] ?? Date.now() % 1_000_000);
const kills = Number(process.env['LONGHAUL_TEST_KILLS'] ?? 6);
const records = Number(process.env['LONGHAUL_TEST_RECORDS'] ?? 20_000);

test(`${kills} kills of sources and master: nothing is lost, nothing comes twice (seed ${seed})`, {
  timeout: 900_000,
}, async () => {
  const random = new Random(seed);
  await using scene = await ChangingSources.start({ records, random });
  for (let kill = 0; kill < kills; kill++) {
    await scene.change();
    await scene.change();
    // The moment is what this test is about, so here a timer is right. A change is offered two seconds after it.
    await sleep(random.below(4000));
    const victims = random.below(3) === 0 ? scene.sources : [scene.master];
    const victim = victims[random.below(victims.length)]!;
    await victim.kill();
    if (random.below(2) === 0) await scene.change();
    await sleep(random.below(500));
    await victim.start();
  }
  await scene.settle();
  await scene.expectReplay();
  expect(integrity(scene.folder.file('test.db'))).toBe('ok');
});

test('a master that is told to end in the middle of an import leaves it to the next one', async () => {
  const random = new Random(seed);
  await using scene = await ChangingSources.start({ records: 100_000, random });
  await scene.master.until('one is imported', ({ sources }) =>
    sources.some(({ files }) => files.some(({ state }) => state === 'importing')),
  );
  // It is finished; the other one is left.
  scene.master.command.kill('SIGTERM');
  expect(await scene.master.command.ended).toMatchObject({ status: 0, signal: null, stderr: '' });
  await scene.master.start();
  await scene.settle();
  expect(await scene.expectReplay()).toHaveLength(2);
});
