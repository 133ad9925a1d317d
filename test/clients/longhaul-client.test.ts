/** A source server of ours, read through the worst of networks. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { CuttingProxy } from '../helpers/cutting-proxy.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { contentOf, TestClient } from '../helpers/test-client.ts';
import { TestSource } from '../helpers/test-source.ts';

const sample = Buffer.concat([...sampleBlocks({ records: 100_000, seed: 7 })]);
const seed = Number(process.env['LONGHAUL_TEST_SEED'] ?? Date.now() % 1_000_000);

test(`cut off at 20 random places, seed ${seed}: exact, and little is read twice`, async () => {
  using folder = new TempFolder();
  using spoolFolder = new TempFolder();
  folder.write('a.csv', sample);
  await using source = await TestSource.start(folder);
  const version = await source.version('a.csv');
  const { url: target } = source.server;
  await using proxy = await CuttingProxy.start({ target, seed, cuts: 20, mostBytes: sample.length / 20 });
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
});
