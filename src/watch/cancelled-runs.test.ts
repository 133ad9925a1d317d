import { expect, test } from 'vitest';
import { eventually } from '../../test/helpers/eventually.ts';
import { ScriptedClient, ScriptedImporting } from '../../test/helpers/scripted-source.ts';
import { Scene } from '../../test/helpers/watch-scene.ts';

const one = { source: 'a', name: 'one.csv' };
/** What `ScriptedImporting` says of each. */
const run = 1;

async function importing(): Promise<{ scene: Scene; client: ScriptedClient; held: ScriptedImporting }> {
  const held = new ScriptedImporting();
  held.gate.close();
  const client = new ScriptedClient('a', { 'one.csv': '1', 'two.csv': '2' });
  const scene = await Scene.start([client], held);
  await eventually('it is imported', () => scene.file('a', 'one.csv')?.import?.phase === 'staging');
  return { scene, client, held };
}

test('a run that is cancelled ends, its version is left alone, and others go on', async () => {
  const { scene, client, held } = await importing();
  await scene.watch.cancel('products', one, run);
  await eventually('it has ended', () => held.cancelled.length === 1);
  held.gate.open();
  await scene.published('a', 'two.csv', '2');
  await scene.sensed(client);
  expect(held.cancelled).toEqual(['a/one.csv']);
  expect(held.publishes).toEqual(['a/two.csv: 2']);
  expect(scene.file('a', 'one.csv')).toMatchObject({
    ...{ state: 'failed', trouble: { code: 'run_cancelled' }, nextTryMs: null, published: null },
  });
  expect(scene.status('a').filesBy).toEqual({ failed: 1, published: 1 });
  expect(scene.events.map(({ kind }) => kind)).toContain('cancelled');
});

test('a version that was cancelled is imported once it is retried, and another one at once', async () => {
  for (const again of ['retry', 'change'] as const) {
    const { scene, client, held } = await importing();
    await scene.watch.cancel('products', one, run);
    await eventually('it has ended', () => scene.file('a', 'one.csv')?.state === 'failed');
    held.gate.open();
    if (again === 'retry') expect(scene.watch.retry(one)).toBeNull();
    else client.content.set('one.csv', '1 anew');
    await scene.published('a', 'one.csv', again === 'retry' ? '1' : '1 anew');
  }
});

test('what was cancelled in an earlier process is left alone until it changes or is retried', async () => {
  for (const again of ['nothing', 'retry', 'change'] as const) {
    const held = new ScriptedImporting();
    const client = new ScriptedClient('a', { 'one.csv': '1', 'two.csv': '2' });
    const offered = await client.sense(new AbortController().signal);
    const unwanted = offered.find(({ name }) => name === 'one.csv');
    held.unwanted.set('one.csv', (unwanted!.version ?? unwanted!.fingerprint)!);
    held.unwanted.set('two.csv', 'another content');
    const scene = await Scene.start([client], held);
    await scene.published('a', 'two.csv', '2');
    await scene.sensed(client);
    expect(scene.file('a', 'one.csv')).toMatchObject({
      ...{ state: 'failed', trouble: { code: 'run_cancelled' }, nextTryMs: null, published: null },
    });
    expect(held.publishes).toEqual(['a/two.csv: 2']);
    if (again === 'retry') expect(scene.watch.retry(one)).toBeNull();
    if (again === 'change') client.content.set('one.csv', '1 anew');
    if (again !== 'nothing') await scene.published('a', 'one.csv', again === 'retry' ? '1' : '1 anew');
  }
});

test('what is not in hand is ended between two imports', async () => {
  const { scene, held } = await importing();
  const ended = scene.watch.cancel('products', { source: 'gone', name: 'left.csv' }, 7);
  // Of another run of the same file that is in hand.
  const other = scene.watch.cancel('products', one, run + 1);
  expect(held.cancelled).toEqual([]);
  held.gate.open();
  await Promise.all([ended, other]);
  expect(held.cancelled).toEqual(['gone/left.csv', 'a/one.csv']);
  await scene.published('a', 'one.csv', '1');
});

test('why something cannot be retried is told', async () => {
  const { scene, held } = await importing();
  expect(scene.watch.retry(one)).toBe('its file is importing');
  expect(scene.watch.retry({ source: 'a', name: 'none.csv' })).toBe(
    'its source does not offer the file any more',
  );
  expect(scene.watch.retry({ source: 'b', name: 'one.csv' })).toBe('there is no source "b" any more');
  held.gate.open();
});

test('files of a source by name, page by page and by state', async () => {
  const names = Array.from({ length: 30 }, (_, index) => `${index}.csv`);
  const held = new ScriptedImporting();
  held.bad.add('bad');
  const client = new ScriptedClient(
    'a',
    Object.fromEntries(names.map((name, index) => [name, index % 3 === 0 ? 'bad' : name])),
  );
  const scene = await Scene.start([client], held);
  await eventually(
    'all are done',
    () => scene.status('a').filesBy.published === 20 && scene.status('a').filesBy.failed === 10,
  );
  const all: string[] = [];
  for (let after: string | null = null; ; after = all.at(-1) ?? null) {
    const page = scene.watch.files('a', { after, limit: 7, state: null });
    if (page === null || page.length === 0) break;
    all.push(...page.map(({ name }) => name));
  }
  expect(all).toEqual(names.toSorted((a, b) => (a < b ? -1 : 1)));
  expect(scene.watch.files('a', { after: null, limit: 100, state: 'failed' })?.length).toBe(10);
  expect(scene.watch.files('none', { after: null, limit: 1, state: null })).toBeNull();
  expect(scene.status('a').files.map(({ state }) => state)).toEqual(
    Array.from({ length: 10 }, () => 'failed'),
  );
});
