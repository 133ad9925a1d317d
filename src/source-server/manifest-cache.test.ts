import { readdirSync, statSync, truncateSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ManualClock } from '../../test/helpers/manual-clock.ts';
import { TempFolder } from '../../test/helpers/temp-folder.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { openLog } from '../runtime/log.ts';
import type { Described } from './hosted-file.ts';
import { ManifestCache } from './manifest-cache.ts';

const manifest = Buffer.from(`{"chunks":"${'x'.repeat(1000)}"}`);
const ready = (version: string): Described => ({ kind: 'ready', version, compression: null, manifest });

/** Times of use count, so each step is a second later. */
async function opened(
  folder: string,
  clock: ManualClock,
  maxBytes = 2 ** 20,
  settings = '',
): Promise<ManifestCache> {
  const cache = new ManifestCache(
    { folder, maxBytes, settings },
    clock,
    openLog('test', 'silent', process.stderr),
  );
  await cache.open();
  return cache;
}

const versionOf = (described: Described | null): string | null =>
  described?.kind === 'ready' ? described.version : null;

test('gives back what was kept, to whoever comes later and asks for the same', async () => {
  using folder = new TempFolder();
  const clock = new ManualClock();
  const cache = await opened(folder.path, clock);
  cache.keep('f1', 'a.csv', ready('v1'));
  const error = LonghaulError.of('unterminated_quote', { file: 'b.csv', line: 3, byteOffset: 17 });
  cache.keep('f2', 'b.csv', { kind: 'refused', error });
  await cache.written();
  for (const each of [cache, await opened(folder.path, clock)]) {
    expect(await each.find('f1', 'a.csv')).toEqual(ready('v1'));
    const refused = await each.find('f2', 'renamed.csv');
    expect(refused).toMatchObject({
      error: { code: 'unterminated_quote', facts: { file: 'renamed.csv', line: 3 } },
    });
    expect(await each.find('f3', 'a.csv')).toBeNull();
    expect(await each.find('f1', 'a.csv.br')).toBeNull();
  }
  expect(await (await opened(folder.path, clock, 2 ** 20, 'other')).find('f1', 'a.csv')).toBeNull();
});

test('keeps to its limit: what was not used for longest goes first', async () => {
  using folder = new TempFolder();
  const clock = new ManualClock();
  const limit = 4500;
  const cache = await opened(folder.path, clock, limit);
  const keep = async (fingerprint: string): Promise<void> => {
    clock.advance(1000);
    cache.keep(fingerprint, 'a.csv', ready(fingerprint));
    await cache.written();
  };
  for (const fingerprint of ['f1', 'f2', 'f3']) await keep(fingerprint);
  clock.advance(1000);
  await cache.find('f1', 'a.csv');
  await keep('f4');
  const kept = async (each: ManifestCache): Promise<(string | null)[]> =>
    Promise.all(['f1', 'f2', 'f3', 'f4'].map(async (name) => versionOf(await each.find(name, 'a.csv'))));
  expect(await kept(cache)).toEqual(['f1', null, 'f3', 'f4']);
  const bytes = readdirSync(folder.path).reduce((sum, name) => sum + statSync(folder.file(name)).size, 0);
  expect(bytes).toBeLessThanOrEqual(limit);
  expect((await kept(await opened(folder.path, clock, 3000))).filter((name) => name !== null).length).toBe(2);
  const none = await opened(folder.path, clock, 0);
  none.keep('f5', 'a.csv', ready('v5'));
  await none.written();
  expect(readdirSync(folder.path)).toEqual([]);
});

test('an entry cut off anywhere is none', async () => {
  using folder = new TempFolder();
  const clock = new ManualClock();
  const cache = await opened(folder.path, clock);
  cache.keep('f1', 'a.csv', ready('v1'));
  await cache.written();
  const [entry] = folder.list();
  for (let size = statSync(folder.file(entry!)).size - 1; size >= 0; size -= 7) {
    truncateSync(folder.file(entry!), size);
    expect(await cache.find('f1', 'a.csv'), String(size)).toBeNull();
  }
});
