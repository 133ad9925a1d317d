import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sampleBlocks } from './blocks.ts';
import { writeSample } from './write-sample.ts';

/** 12 blocks. */
const manyRecords = 20_000;
const names = ['products.csv', 'products.csv.gz'];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longhaul-sample-'));
});
afterEach(() => rm(folder, { recursive: true }));

test.each([0, 1, 10, manyRecords])(
  'a plain file of %d records is the blocks, and nothing else is left',
  async (records) => {
    const path = join(folder, 'products.csv');
    const written = await writeSample({ path, records, seed: 1 });
    const expected = Buffer.concat([...sampleBlocks({ records, seed: 1 })]);
    expect(expected.equals(await readFile(path))).toBe(true);
    expect(written).toEqual({
      records,
      bytes: expected.length,
      distinctSkus: Math.round(records * (466_693 / 500_000)),
    });
    expect(await readdir(folder)).toEqual(['products.csv']);
  },
);

test('a name ending in .gz gives gzip of the same bytes', async () => {
  const path = join(folder, 'products.csv.gz');
  const options = { records: manyRecords, seed: 1, changed: { fraction: 0.1, seed: 2 } };
  const written = await writeSample({ path, ...options });
  const stored = await readFile(path);
  expect(written.bytes).toBe(stored.length);
  expect(Buffer.concat([...sampleBlocks(options)]).equals(gunzipSync(stored))).toBe(true);
  expect(await readdir(folder)).toEqual(['products.csv.gz']);
});

test.each(names)('%s appears only when complete, and the last progress is the whole of it', async (name) => {
  const path = join(folder, name);
  const progress: [records: number, bytes: number][] = [];
  const namesSeen = new Set<string>();
  const { bytes } = await writeSample({
    path,
    records: manyRecords,
    seed: 1,
    onProgress: (recordsWritten, bytesWritten) => {
      progress.push([recordsWritten, bytesWritten]);
      namesSeen.add(`${existsSync(path)} ${existsSync(`${path}.part`)}`);
    },
  });
  expect([...namesSeen]).toEqual(['false true']);
  expect(progress.at(-1)).toEqual([manyRecords, bytes]);
  expect(progress.length).toBeGreaterThan(10);
  expect(progress).toEqual(progress.toSorted(([one], [other]) => one - other));
  expect((await stat(path)).size).toBe(bytes);
});

test.each(names)('%s: blocks wait for the disk', async (name) => {
  let mostAhead = 0;
  let blocks = 0;
  const path = join(folder, name);
  await writeSample({
    path,
    records: manyRecords,
    seed: 1,
    onProgress: (_, bytesWritten) => {
      const share = name.endsWith('.gz') ? 0.36 : 1; // of the plain bytes that reaches the disk
      mostAhead = Math.max(mostAhead, ++blocks - bytesWritten / share / (256 * 1024));
    },
  });
  expect(blocks).toBeGreaterThan(11);
  expect(mostAhead).toBeLessThan(4);
});

test.each(names)('%s: an abort leaves nothing, and the former file as it was', async (name) => {
  const path = join(folder, name);
  for (const formerFiles of [[], [name]]) {
    await Promise.all(formerFiles.map((former) => writeFile(join(folder, former), 'as it was')));
    const abort = new AbortController();
    let reached = 0;
    const writing = writeSample({
      path,
      records: manyRecords,
      seed: 1,
      signal: abort.signal,
      onProgress: (recordsWritten) => {
        reached = recordsWritten;
        if (recordsWritten > 5_000) {
          abort.abort();
        }
      },
    });
    await expect(writing).rejects.toMatchObject({ name: 'AbortError' });
    expect(reached).toBeGreaterThan(5_000);
    expect(reached).toBeLessThan(manyRecords);
    expect(await readdir(folder)).toEqual(formerFiles);
  }
  expect(await readFile(path, 'utf8')).toBe('as it was');
});

test('an abort at the very end, or before the start, leaves nothing either', async () => {
  const path = join(folder, 'products.csv');
  const abort = new AbortController();
  let calls = 0;
  const onProgress = (): void => {
    if (++calls === 2) {
      abort.abort(); // the first call is for the only block, the second when all is written
    }
  };
  const options = { path, records: 10, seed: 1, signal: abort.signal };
  await expect(writeSample({ ...options, onProgress })).rejects.toThrow(/abort/);
  expect(calls).toBe(2);
  await expect(writeSample(options)).rejects.toThrow(/abort/);
  expect(await readdir(folder)).toEqual([]);
});

test('what a killed run left behind is overwritten', async () => {
  const path = join(folder, 'products.csv');
  await writeFile(`${path}.part`, 'x'.repeat(10_000));
  await writeSample({ path, records: 0, seed: 1 });
  expect(await readFile(path, 'utf8')).toBe('name,sku,description\n');
  expect(await readdir(folder)).toEqual(['products.csv']);
});

test('an error on the way is passed on and leaves nothing', async () => {
  const path = join(folder, 'products.csv');
  const onProgress = (): void => {
    throw new Error('the screen is gone');
  };
  await expect(writeSample({ path, records: 10, seed: 1, onProgress })).rejects.toThrow('the screen is gone');
  await expect(writeSample({ path, records: -1, seed: 1 })).rejects.toThrow('records must be');
  expect(await readdir(folder)).toEqual([]);
});

test('a folder that is missing is an error', async () => {
  const path = join(folder, 'missing', 'products.csv');
  await expect(writeSample({ path, records: 1, seed: 1 })).rejects.toMatchObject({ code: 'ENOENT' });
});
