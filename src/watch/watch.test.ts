import { expect, test } from 'vitest';
import { eventually } from '../../test/helpers/eventually.ts';
import { ScriptedClient, ScriptedImporting } from '../../test/helpers/scripted-source.ts';
import { Scene, sourceOf } from '../../test/helpers/watch-scene.ts';
import { LonghaulError } from '../runtime/errors.ts';

test('what a source offers and is not published yet is imported, once', async () => {
  const client = new ScriptedClient('a', { 'one.csv': '1', 'two.csv': '2' });
  const scene = await Scene.start([client]);
  await scene.published('a', 'one.csv', '1');
  await scene.published('a', 'two.csv', '2');
  await scene.sensed(client);
  client.content.set('one.csv', '1 anew');
  await scene.published('a', 'one.csv', '1 anew');
  expect(scene.importing.publishes).toEqual(['a/one.csv: 1', 'a/two.csv: 2', 'a/one.csv: 1 anew']);
  expect(client.reads.length).toBe(3);
  expect(client.forgotten).toEqual(['1', '2', '1 anew']);
  expect(client.open).toBe(0);
});

test('the queue is not stored: another process derives it from the ledger', async () => {
  const first = await Scene.start([new ScriptedClient('a', { 'one.csv': '1', 'two.csv': '2' })]);
  await first.published('a', 'two.csv', '2');
  first.importing.gate.close();
  first.clients[0]!.content.set('two.csv', '2 anew');
  await eventually('it is imported', () => first.file('a', 'two.csv')?.state === 'importing');
  await first.watch.stop();
  first.importing.gate.open();
  const client = new ScriptedClient('a', { 'one.csv': '1', 'two.csv': '2 anew' });
  const second = await Scene.start([client], first.importing);
  await second.published('a', 'two.csv', '2 anew');
  expect(client.reads).toEqual(['two.csv']);
  expect(first.importing.outdated).toEqual([]);
});

test('files of one answer publish in the order listed, whichever is here first', async () => {
  const client = new ScriptedClient('a', { 'one.csv': '1', 'two.csv': '2', 'three.csv': '3' });
  client.gate('one.csv').close();
  const scene = await Scene.start([client]);
  await eventually('the others are here', () => scene.file('a', 'three.csv')?.state === 'waiting');
  expect(scene.importing.imports).toBe(0);
  client.gate('one.csv').open();
  await scene.published('a', 'three.csv', '3');
  expect(scene.importing.publishes).toEqual(['a/one.csv: 1', 'a/two.csv: 2', 'a/three.csv: 3']);
});

test('a file that cannot be read gives way to the others, and is tried again', async () => {
  const client = new ScriptedClient('a', { 'one.csv': '1', 'two.csv': '2' });
  const busy = LonghaulError.of('server_busy', { requests: 1 });
  client.readErrors.push(busy);
  client.gate('one.csv').close();
  const scene = await Scene.start([client]);
  await eventually('two.csv waits', () => scene.file('a', 'two.csv')?.state !== 'queued');
  client.gate('one.csv').open();
  await scene.published('a', 'one.csv', '1');
  await scene.published('a', 'two.csv', '2');
  expect(scene.events).toContainEqual({
    ...{ kind: 'read_failed', source: 'a', file: expect.any(String) as string },
    trouble: { code: 'server_busy', reason: busy.message },
  });
});

test('no source waits for another one that is slow to answer, slow to read, or down', async () => {
  const healthy = new ScriptedClient('healthy', { 'h.csv': '1' });
  const hanging = new ScriptedClient('hanging', { 'h.csv': '2' });
  const slowReads = Array.from({ length: 6 }, (_, n) => new ScriptedClient(`slow ${n}`, { 's.csv': `${n}` }));
  const down = new ScriptedClient('down');
  hanging.senseGate.close();
  for (const client of slowReads) client.gate('s.csv').close();
  down.senseError = LonghaulError.of('server_ending', {});
  const scene = await Scene.start([hanging, ...slowReads, down, healthy]);
  await scene.published('healthy', 'h.csv', '1');
  await eventually('the hanging one is slow', () => scene.status('hanging').state === 'slow');
  healthy.content.set('h.csv', '1 anew');
  await scene.published('healthy', 'h.csv', '1 anew');
  expect(scene.status('down')).toMatchObject({ state: 'unreachable', trouble: { code: 'server_ending' } });
  expect(scene.status('healthy')).toMatchObject({ state: 'ok', trouble: null, failures: 0 });
  expect(scene.status('hanging').trouble).toEqual({
    code: 'source_slow',
    reason: 'it has not answered within 0.06 s',
  });
  const before = healthy.sensedAt.length;
  await scene.sensed(down, 3);
  // Asked again, but ever less often.
  expect(healthy.sensedAt.length - before).toBeGreaterThan(3);
  down.senseError = null;
  hanging.senseGate.open();
  for (const client of slowReads) client.gate('s.csv').open();
  await eventually('all are back', () => scene.watch.status().sources.every(({ state }) => state === 'ok'));
  await scene.published('hanging', 'h.csv', '2');
  const back = scene.events.filter(({ kind }) => kind === 'source_back');
  expect(back).toEqual(expect.arrayContaining([{ kind: 'source_back', source: 'down' }]));
});

test('what changes while it is read is read anew, and nothing else is imported', async () => {
  const client = new ScriptedClient('a', { 'one.csv': '1' });
  client.gate('one.csv').close();
  const scene = await Scene.start([client]);
  await eventually('it is read', () => client.gate('one.csv').waiting === 1);
  client.content.set('one.csv', '2');
  await eventually('it is read anew', () => client.reads.length === 2);
  client.gate('one.csv').open();
  await scene.published('a', 'one.csv', '2');
  expect(scene.importing.publishes).toEqual(['a/one.csv: 2']);
});

test('what changes while it is imported becomes outdated, but not again and again', async () => {
  const client = new ScriptedClient('a', { 'one.csv': '1' });
  const scene = await Scene.start([client]);
  scene.importing.gate.close();
  await eventually('it is imported', () => scene.importing.imports === 1);
  client.content.set('one.csv', '2');
  await eventually('the next one is imported', () => scene.importing.imports === 2);
  expect(scene.importing.outdated).toEqual(['a/one.csv']);
  client.content.set('one.csv', '3');
  await scene.sensed(client);
  scene.importing.gate.open();
  await scene.published('a', 'one.csv', '3');
  expect(scene.importing.publishes).toEqual(['a/one.csv: 2', 'a/one.csv: 3']);
  expect(client.open).toBe(0);
});

test('a version that flips back while it is in hand is no work any more', async () => {
  const client = new ScriptedClient('a', { 'one.csv': 'A' });
  const scene = await Scene.start([client]);
  await scene.published('a', 'one.csv', 'A');
  client.gate('one.csv').close();
  client.content.set('one.csv', 'B');
  await eventually('it is read', () => client.gate('one.csv').waiting === 1);
  client.content.set('one.csv', 'A');
  await scene.published('a', 'one.csv', 'A');
  expect(scene.importing.publishes).toEqual(['a/one.csv: A']);
});

test('what is no file for the table is left alone until it changes', async () => {
  const client = new ScriptedClient('a', { 'page.csv': '<html>', 'good.csv': '1' });
  const importing = new ScriptedImporting();
  importing.bad.add('<html>');
  const scene = await Scene.start([client], importing);
  await scene.published('a', 'good.csv', '1');
  await scene.sensed(client);
  expect(client.reads).toEqual(['page.csv', 'good.csv']);
  expect(scene.file('a', 'page.csv')).toMatchObject({
    state: 'failed',
    trouble: { code: 'looks_like_html', reason: 'page.csv: line 1: this is a web page (HTML), not CSV' },
    published: null,
  });
  client.content.set('page.csv', '2');
  await scene.published('a', 'page.csv', '2');
});

test('what a source prepares or refuses is shown, and not read', async () => {
  const client = new ScriptedClient('a', { 'one.csv': '1', 'two.csv': '2' });
  client.states.set('one.csv', 'preparing').set('two.csv', 'refused');
  const scene = await Scene.start([client]);
  await scene.sensed(client);
  expect(scene.file('a', 'one.csv')?.state).toBe('preparing');
  expect(scene.file('a', 'two.csv')).toMatchObject({
    state: 'refused',
    trouble: { code: 'refused_by_source', reason: 'no CSV' },
  });
  expect(client.reads).toEqual([]);
  client.states.clear();
  await scene.published('a', 'two.csv', '2');
});

test.each(['fingerprint', 'nothing'] as const)('a source that tells a %s of its content', async (telling) => {
  const client = new ScriptedClient('a', { 'one.csv': '1' });
  client.telling = telling;
  const scene = await Scene.start([client]);
  await scene.published('a', 'one.csv', '1');
  await scene.sensed(client, 20);
  // Where only reading tells it is read again, but ever less often.
  if (telling === 'fingerprint') expect(client.reads.length).toBe(1);
  else expect(client.reads.length).toBeLessThan(client.sensedAt.length / 2);
  client.content.set('one.csv', '2');
  await scene.published('a', 'one.csv', '2');
  expect(scene.importing.publishes).toEqual(['a/one.csv: 1', 'a/one.csv: 2']);
});

test('while the database cannot be used the first import waits, and goes on by itself', async () => {
  const client = new ScriptedClient('a', { 'one.csv': '1' });
  const importing = new ScriptedImporting();
  const full = (): LonghaulError => LonghaulError.of('disk_full', { database: 'x.db' });
  importing.errors.push(full(), full());
  importing.askErrors.push(LonghaulError.of('database_failed', { database: 'x.db', reason: 'broken' }));
  const scene = await Scene.start([client], importing);
  await scene.published('a', 'one.csv', '1');
  const kinds = scene.events.map(({ kind }) => kind).filter((kind) => kind.startsWith('database'));
  expect(kinds).toEqual(['database_failing', 'database_back', 'database_failing', 'database_back']);
  expect(importing.reopened).toBe(2);
  expect(scene.watch.status().database).toBe(null);
});

test('a defect fails its file and nothing else', async () => {
  const client = new ScriptedClient('a', { 'one.csv': '1', 'two.csv': '2' });
  const importing = new ScriptedImporting();
  importing.errors.push(new Error('a defect'));
  const scene = await Scene.start([client], importing);
  await scene.published('a', 'two.csv', '2');
  expect(scene.file('a', 'one.csv')).toMatchObject({ state: 'failed', trouble: { code: 'unexpected' } });
});

test('sources come, pause and go while others are watched', async () => {
  const [a, b] = [new ScriptedClient('a', { 'one.csv': '1' }), new ScriptedClient('b', { 'one.csv': '2' })];
  const scene = new Scene([a, b]);
  await scene.watch.setSources([sourceOf(a, true)]);
  expect(scene.status('a')).toMatchObject({ state: 'paused', files: [] });
  await scene.watch.setSources([sourceOf(a, true), sourceOf(b)]);
  await scene.published('b', 'one.csv', '2');
  expect(a.sensedAt).toEqual([]);
  await scene.watch.setSources([sourceOf(a), sourceOf(b)]);
  await scene.published('a', 'one.csv', '1');
  expect(b.isDisposed).toBe(false);
  a.gate('one.csv').close();
  a.content.set('one.csv', '1 anew');
  await eventually('it is read', () => a.gate('one.csv').waiting === 1);
  await scene.watch.setSources([sourceOf(b)]);
  expect(a.isDisposed).toBe(true);
  expect(a.gate('one.csv').waiting).toBe(0);
  expect(scene.watch.status().sources.map(({ name }) => name)).toEqual(['b']);
});

test.each([
  ['is removed', false, ['a/one.csv']],
  ['is paused', true, []],
] as const)('an import of a source that %s is ended', async (_, isPaused, outdated) => {
  const client = new ScriptedClient('a', { 'one.csv': '1' });
  const scene = await Scene.start([client]);
  scene.importing.gate.close();
  client.content.set('one.csv', '2');
  await eventually('it is imported', () => scene.importing.gate.waiting === 1);
  await scene.watch.setSources(isPaused ? [sourceOf(client, true)] : []);
  expect(scene.importing.gate.waiting).toBe(0);
  // A run that nobody goes on with must not stay open.
  expect(scene.importing.outdated).toEqual(outdated);
  expect(client).toMatchObject({ isDisposed: true, open: 0 });
});

test('what the ledger has lost is imported again, once the database is back', async () => {
  const client = new ScriptedClient('a', { 'one.csv': '1', 'two.csv': '2' });
  const scene = await Scene.start([client]);
  await scene.published('a', 'two.csv', '2');
  scene.importing.ledger.delete('a/one.csv');
  scene.importing.errors.push(LonghaulError.of('disk_full', { database: 'x.db' }));
  client.content.set('two.csv', '2 anew');
  await eventually('all is published', () => scene.importing.publishes.length === 4);
  expect(scene.importing.publishes.toSorted()).toEqual(
    ['a/one.csv: 1', 'a/one.csv: 1', 'a/two.csv: 2', 'a/two.csv: 2 anew'].toSorted(),
  );
});

test('a source that goes does not wait for the import of another one', async () => {
  const [a, b] = [new ScriptedClient('a', { 'one.csv': '1' }), new ScriptedClient('b', { 'one.csv': '2' })];
  const scene = new Scene([a, b]);
  scene.importing.gate.close();
  await scene.watch.setSources([sourceOf(a)]);
  await eventually('a is imported', () => scene.importing.imports === 1);
  await scene.watch.setSources([sourceOf(a), sourceOf(b)]);
  await eventually('b waits', () => scene.file('b', 'one.csv')?.state === 'waiting');
  await scene.watch.setSources([sourceOf(a)]);
  expect(b).toMatchObject({ isDisposed: true, open: 0 });
  scene.importing.gate.open();
  await scene.published('a', 'one.csv', '1');
  expect(scene.importing.publishes).toEqual(['a/one.csv: 1']);
});

test('draining finishes the import in hand and nothing else; stopping ends it too', async () => {
  for (const way of ['drain', 'stop'] as const) {
    const client = new ScriptedClient('a', { 'one.csv': '1', 'two.csv': '2', 'three.csv': '3' });
    client.gate('three.csv').close();
    const scene = new Scene([client]);
    scene.importing.gate.close();
    await scene.watch.setSources([sourceOf(client)]);
    await eventually(
      'one waits, one is read',
      () => client.gate('three.csv').waiting === 1 && scene.file('a', 'two.csv')?.state === 'waiting',
    );
    await eventually('one is imported', () => scene.importing.gate.waiting === 1);
    const ended = scene.watch[way]();
    if (way === 'drain') {
      await eventually('the read has ended', () => client.gate('three.csv').waiting === 0);
      scene.importing.gate.open();
    }
    await ended;
    expect(scene.importing.publishes).toEqual(way === 'drain' ? ['a/one.csv: 1'] : []);
    await scene.watch.stop();
    expect(client).toMatchObject({ isDisposed: true, open: 0 });
    expect(scene.importing.outdated).toEqual([]);
  }
});

test('no more files of a source are in hand than there is room for', async () => {
  const names = Array.from({ length: 20 }, (_, n) => `${n}.csv`);
  const client = new ScriptedClient('a', Object.fromEntries(names.map((name) => [name, name])));
  const scene = new Scene([client]);
  scene.importing.gate.close();
  await scene.watch.setSources([sourceOf(client)]);
  await eventually('one is imported', () => scene.importing.gate.waiting === 1);
  await scene.sensed(client);
  expect(client.reads.length).toBe(4);
  expect(scene.file('a', '19.csv')?.state).toBe('queued');
  scene.importing.gate.open();
  await scene.published('a', '19.csv', '19.csv');
  expect(scene.importing.publishes).toEqual(names.map((name) => `a/${name}: ${name}`));
});

test('starting, stopping and changing sources may overlap', async () => {
  const client = new ScriptedClient('a', { 'one.csv': '1' });
  const scene = new Scene([client]);
  const all = [
    scene.watch.setSources([sourceOf(client)]),
    scene.watch.drain(),
    scene.watch.stop(),
    scene.watch.setSources([sourceOf(client)]),
    scene.watch.stop(),
  ];
  await Promise.all(all);
  expect(scene.watch.senseNow('a')).toBe(false);
});
