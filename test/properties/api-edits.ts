/** Twenty clients edit random products through the API, each edit only of the row that it has seen, while versions of two files are published. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { ApiProblem } from '../../src/api/client.ts';
import type { Row, StoryAnswer } from '../../src/api/wire/rows.ts';
import type { Run } from '../../src/api/wire/runs.ts';
import { longhaulJson } from '../helpers/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { Random } from '../helpers/random.ts';
import { header } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { explains, type SeenEdit, type SeenPublish } from '../helpers/row-history.ts';

const clients = 20;
const skus = Array.from({ length: 150 }, (_, index) => `sku-${String(index).padStart(3, '0')}`);
/** Besides those that are edited: so that a publish takes a while. */
const others = 20_000;
const versions = 8;

/** @param database the URL of one that is not there yet, by the folder of the test */
export async function editThroughApi(database: (folder: TempFolder) => string, seed: number): Promise<void> {
  using folder = new TempFolder();
  const random = new Random(seed);
  const lines = new Map<string, readonly string[]>();
  const write = (name: string): readonly string[] => {
    const some = skus.filter(() => random.below(4) > 0);
    const text = some.map((sku) => `name ${random.below(3)},${sku},of ${name} ${random.below(2)}`);
    const rest = Array.from(
      { length: others },
      (_, index) => `n${(index + random.below(2)) % 99},other-${index},x`,
    );
    folder.write(name, `${header}${[...text, ...rest].join('\n')}\n`);
    return text;
  };
  const url = database(folder);
  lines.set('p.csv', write('p.csv'));
  lines.set('q.csv', write('q.csv'));
  await using master = await MasterProcess.start(folder, [
    ...['--db', url, '--config', folder.write('longhaul.yaml', ''), '--sense-interval', '0.05', '--quiet'],
    ...['--source', 'p=p.csv', '--source', 'q=q.csv'],
  ]);
  const publishes: SeenPublish[] = [];
  const published = async (name: string): Promise<void> => {
    const source = name.slice(0, 1);
    let run: Run | undefined;
    await eventually(`${name} is published`, async () => {
      const { items } = await master.api.call('runs', { query: { source, status: 'done', limit: 1 } });
      run = items[0];
      return run !== undefined && publishes.every((before) => before.run !== run?.run);
    });
    const { run: number, startedMs, publishNumber, kept } = run!;
    publishes.push({
      ...{ run: number, file: name, publishNumber: publishNumber! },
      kept,
      beganMs: startedMs,
      seenMs: Date.now(),
      lines: lines.get(name)!,
    });
  };
  await published('p.csv');
  await published('q.csv');
  // Both were sensed at once: either may have been first.
  publishes.sort((a, b) => a.publishNumber - b.publishNumber);

  const edits: SeenEdit[] = [];
  const refused: Record<string, number> = {};
  const stop = new AbortController();
  const people = Array.from({ length: clients }, async (_, index) => {
    const own = new Random(seed + index + 1);
    const seen = new Map<string, Row>();
    while (!stop.signal.aborted) {
      const sku = skus[own.below(skus.length)]!;
      // Now and then what was seen long ago.
      const known = own.below(3) === 0 ? seen.get(sku) : undefined;
      const params = { dataset: 'products', key: sku };
      try {
        const before = known ?? (await master.api.call('row', { params }));
        seen.set(sku, before);
        const asked = { params, headers: { 'if-match': `"${before.hash}"` } };
        const beganMs = Date.now();
        const name = own.below(4) === 0 ? null : `client ${index} ${own.below(9)}`;
        const after =
          name === null
            ? await master.api.call('takeBackEdit', asked)
            : await master.api.call('changeRow', { ...asked, body: { values: { name } } });
        edits.push({ sku, name, before, after, beganMs, endedMs: Date.now() });
      } catch (error) {
        if (!(error instanceof ApiProblem)) throw error;
        const { code } = error.problem;
        refused[code] = (refused[code] ?? 0) + 1;
      }
      await sleep(own.below(20));
    }
  });
  for (let version = 0; version < versions; version++) {
    await sleep(random.below(300));
    const name = random.below(2) === 0 ? 'p.csv' : 'q.csv';
    lines.set(name, write(name));
    await published(name);
  }
  stop.abort();
  await Promise.all(people);
  const codes = ['edit_outdated', 'edit_not_standing', 'edit_changes_nothing', 'row_not_found'];
  expect(codes).toEqual(expect.arrayContaining(Object.keys(refused)));
  expect(refused['edit_outdated']).toBeGreaterThan(0);
  expect(edits.length).toBeGreaterThan(100);

  let keptInAll: ReadonlySet<number> = new Set([0]);
  const nameCounts = new Map<string, number>();
  for (const sku of skus) {
    const params = { dataset: 'products', key: sku };
    const found = await master.api.call('story', { params }).catch((error: unknown) => {
      if (error instanceof ApiProblem && error.problem.code === 'row_not_found') return null;
      throw error;
    });
    const told: StoryAnswer | null = found;
    const own = edits.filter((edit) => edit.sku === sku);
    const kept = explains(sku, publishes, own, told);
    expect(
      kept.size,
      `${sku} (seed ${seed}): ${JSON.stringify({ own, told, publishes: publishes.map(({ lines: _, ...rest }) => rest) })}`,
    ).toBeGreaterThan(0);
    keptInAll = new Set([...keptInAll].flatMap((sum) => [...kept].map((number) => sum + number)));
    if (told === null) continue;
    const { row } = told;
    nameCounts.set(String(row.values['name']), (nameCounts.get(String(row.values['name'])) ?? 0) + 1);
    // Whatever it is now, what it was once is refused.
    const stale = own.map(({ before }) => before.hash).filter((hash) => hash !== row.hash);
    for (const hash of new Set(stale)) {
      const asked = { params, headers: { 'if-match': `"${hash}"` }, body: { values: { name: 'never' } } };
      await expect(master.api.call('changeRow', asked)).rejects.toMatchObject({
        problem: { code: 'edit_outdated', status: 412 },
      });
    }
  }
  expect(keptInAll).toContain(publishes.reduce((sum, publish) => sum + publish.kept, 0));
  for (const [value, number] of nameCounts) {
    if (!value.startsWith('client')) continue;
    const { items } = await master.api.call('counts', {
      params: { dataset: 'products' },
      query: { q: value, match: 'exact' },
    });
    expect(items).toEqual([{ value, number }]);
  }
  master.command.kill('SIGTERM');
  expect(await master.command.ended).toMatchObject({ status: 0, stderr: '' });
  const verdict = await longhaulJson<{ agrees: boolean }>(['verify', '--db', url]);
  expect(verdict).toMatchObject({ agrees: true });
}
