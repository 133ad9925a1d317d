/** A source server of ours, read through the worst of networks. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { LonghaulError } from '../../src/runtime/errors.ts';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { CuttingProxy } from '../helpers/cutting-proxy.ts';
import { eventually } from '../helpers/eventually.ts';
import { Random } from '../helpers/random.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { contentOf, TestClient } from '../helpers/test-client.ts';
import { TestSource } from '../helpers/test-source.ts';

const csv = 'a,b\n1,2\n';
const sample = Buffer.concat([...sampleBlocks({ records: 100_000, seed: 7 })]);
const seed = Number(process.env['LONGHAUL_TEST_SEED'] ?? Date.now() % 1_000_000);

test.for([false, true])(
  `cut off at 20 random places, resets: %s, seed ${seed}: exact, and little is read twice`,
  async (resets) => {
    using folder = new TempFolder();
    using spoolFolder = new TempFolder();
    folder.write('a.csv', sample);
    await using source = await TestSource.start(folder);
    const version = await source.version('a.csv');
    const { url: target } = source.server;
    await using proxy = await CuttingProxy.start({
      target,
      seed,
      cuts: 20,
      mostBytes: sample.length / 20,
      resets,
    });
    await using client = await TestClient.open({ url: proxy.url }, spoolFolder.path);
    const offered = await client.until('a.csv');
    expect(offered).toMatchObject({ version, fingerprint: version, bytes: sample.length });
    await using read = await client.read(offered);
    expect(proxy.cutsLeft).toBe(0);
    expect(proxy.bytes).toBeLessThan(1.3 * sample.length);
    const bytes = await contentOf(read);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(version);
    expect(bytes.equals(sample)).toBe(true);
    expect(await read.file.sense()).toMatchObject({ fingerprint: version, bytes: sample.length });
    expect(read.file.ref).toEqual({ source: 'shop', name: 'a.csv' });
  },
);

test('senses by version: what has not changed is not told again, and costs no write', async () => {
  using folder = new TempFolder();
  using spoolFolder = new TempFolder();
  folder.write('a.csv', csv);
  folder.write('page.csv', '<!doctype html><html></html>');
  await using source = await TestSource.start(folder, { token: 'geheim' });
  await using client = await TestClient.open({ url: source.server.url, token: 'geheim' }, spoolFolder.path);
  const offered = await client.until('a.csv');
  expect(client.client.kind).toBe('longhaul');
  expect((await client.bytes(offered)).toString()).toBe(csv);
  // Whatever is being prepared is asked for until it is.
  await eventually('nothing is new', async () => (await client.sense()) === null);
  for (let times = 0; times < 10; times++) expect(await client.sense()).toBeNull();
  expect(spoolFolder.list()).toEqual([]);
  folder.write('b.csv', csv);
  await client.until('b.csv');
  await using other = await TestClient.open({ url: source.server.url }, spoolFolder.path);
  await expect(other.sense()).rejects.toMatchObject({ code: 'source_denies' });
  const listed = (await (
    await TestClient.open({ url: source.server.url, token: 'geheim' }, spoolFolder.path)
  ).sense())!;
  expect(listed.map(({ name, state, reason }) => [name, state, reason])).toEqual([
    ['a.csv', 'ready', null],
    ['b.csv', 'ready', null],
    ['page.csv', 'refused', 'page.csv: line 1: this is a web page (HTML), not CSV'],
  ]);
});

test(`changed in the middle of reads, seed ${seed}: each brings the version that was offered, or none`, async () => {
  using folder = new TempFolder();
  using spoolFolder = new TempFolder();
  const random = new Random(seed);
  const contents = Array.from({ length: 8 }, (_, index) =>
    Buffer.concat([...sampleBlocks({ records: 20_000, seed: index })]),
  );
  await using source = await TestSource.start(folder);
  await using client = await TestClient.open({ url: source.server.url }, spoolFolder.path);
  folder.write('a.csv', contents[0]!);
  let before: string | null = null;
  for (const [index, content] of contents.entries()) {
    const offered = await client.until('a.csv', before);
    before = offered.version;
    let next = contents[index + 1];
    const changeAt = random.below(1.2 * content.length);
    const change = (): void => {
      if (next !== undefined) folder.write('a.csv', next);
      next = undefined;
    };
    try {
      await using read = await client.client.read(
        offered,
        ({ storedBytes }) => storedBytes >= changeAt && change(),
        new AbortController().signal,
      );
      expect((await contentOf(read)).equals(content)).toBe(true);
      await read.forget();
    } catch (error) {
      expect(next).toBeUndefined();
      expect(['version_gone', 'source_broke_off', 'source_fails']).toContain((error as LonghaulError).code);
    }
    change();
  }
});

test('stopped in the middle: the connections are closed, and the next read goes on', async () => {
  using folder = new TempFolder();
  using spoolFolder = new TempFolder();
  folder.write('a.csv', sample);
  await using source = await TestSource.start(folder);
  const proxied = { target: source.server.url, seed, cuts: 0, mostBytes: 1 };
  await using proxy = await CuttingProxy.start(proxied);
  await using client = await TestClient.open({ url: proxy.url }, spoolFolder.path);
  const offered = await client.until('a.csv');
  for (let times = 0; times < 3; times++) {
    const stopped = new AbortController();
    const reason = new Error('stopped by the test');
    const read = client.client.read(
      offered,
      ({ storedBytes }) => storedBytes > (times + 1) * 2 ** 20 && stopped.abort(reason),
      stopped.signal,
    );
    await expect(read).rejects.toBe(reason);
  }
  expect((await client.bytes(offered)).equals(sample)).toBe(true);
  // What was on its way in four connections each time is lost.
  expect(proxy.bytes).toBeLessThan(3 * sample.length);
  await expect(client.client.sense(AbortSignal.abort(new Error('no')))).rejects.toThrow('no');
});
