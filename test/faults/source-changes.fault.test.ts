/** Files that are changed in every way while they are hashed and read: an answer is one version, whole, or it breaks off. */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Random } from '../helpers/random.ts';
import { memoryDisk, TempFolder } from '../helpers/temp-folder.ts';
import { TestSource } from '../helpers/test-source.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Seconds since 1970. */
const someTime = 1_700_000_000;

/** About 1.5 MB, another text for each number. */
function content(number: number): Buffer {
  const line = `${number},${'abcdefgh'.repeat(12)}\n`;
  return Buffer.from(`id,text\n${line.repeat(14_000 + (number % 7) * 100)}`);
}

/** Ways to change a file, as programs do. */
const changes: readonly ((path: string, number: number) => void)[] = [
  (path, number) => {
    writeFileSync(`${path}.tmp`, content(number));
    renameSync(`${path}.tmp`, path);
  },
  (path, number) => writeFileSync(path, content(number)),
  (path, number) => appendFileSync(path, `${number},more\n`),
  (path, number) => truncateSync(path, 8 + number),
  (path, number) => {
    rmSync(path);
    writeFileSync(path, content(number));
  },
  (path, number) => {
    // In place, of the same size, and with the time that it had: only the ctime tells.
    const file = openSync(path, 'r+');
    writeSync(file, `id,${String.fromCharCode(97 + (number % 26))}ext\n`, 0);
    closeSync(file);
    utimesSync(path, someTime, someTime);
  },
  (path) => utimesSync(path, new Date(), new Date()),
];

test('no answer mixes two versions, whatever happens to the file', async () => {
  const seed = Date.now() % 1_000_000;
  console.log(`seed ${seed}`);
  const random = new Random(seed);
  using folder = new TempFolder(memoryDisk);
  const path = folder.write('a.csv', content(0));
  await using source = await TestSource.start(folder, { quietMs: 15, rescanMs: 100 });
  const tally = { whole: 0, part: 0, brokenOff: 0, notNow: 0 };
  const versions = new Set<string>();
  const over = new AbortController();

  const readAll = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const headers: Record<string, string> = random.below(3) === 0 ? { range: 'bytes=1-' } : {};
      const response = await source.read('a.csv', headers);
      const tag = response.headers.get('etag');
      if (response.status === 503 || response.status === 404 || response.status === 422) {
        await response.text();
        tally.notNow++;
        await sleep(2);
        continue;
      }
      try {
        const reader = response.body!.getReader();
        const blocks: Uint8Array[] = [];
        for (let next = await reader.read(); !next.done; next = await reader.read()) {
          blocks.push(next.value as Uint8Array);
          if (random.below(4) === 0) await sleep(random.below(6));
        }
        const bytes = Buffer.concat(blocks);
        const isWhole = response.status === 200;
        // Every version begins with the same byte.
        expect(`"${sha256(isWhole ? bytes : Buffer.concat([Buffer.from('i'), bytes]))}"`).toBe(tag);
        versions.add(tag!);
        tally[isWhole ? 'whole' : 'part']++;
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        tally.brokenOff++;
      }
    }
  };
  const readers = [readAll(), readAll(), readAll()];
  for (let number = 1; number <= 150; number++) {
    const change = changes[random.below(changes.length)]!;
    change(path, number);
    // Mostly long enough to be hashed and read, sometimes while it is.
    await sleep(random.below(140));
  }
  writeFileSync(path, content(999));
  const last = sha256(content(999));
  await source.until('a.csv', 'ready');
  while ((await source.version('a.csv')) !== last) await sleep(5);
  over.abort();
  await Promise.all(readers);
  console.log({ ...tally, versions: versions.size });
  expect(tally.whole).toBeGreaterThan(10);
  expect(versions.size).toBeGreaterThan(5);
  expect(await source.metric('longhaul_source_reads')).toBe(0);
});

test('a file replaced by rename is read to its end as what it was', async () => {
  using folder = new TempFolder();
  const old = content(1);
  // Larger than what the system keeps of a connection.
  const large = Buffer.concat(Array.from({ length: 12 }, () => old));
  const path = folder.write('a.csv', large);
  await using source = await TestSource.start(folder);
  const version = await source.version('a.csv');
  const response = await source.read('a.csv');
  const reader = response.body!.getReader();
  const blocks = [(await reader.read()).value!];
  folder.write('.new', content(2));
  renameSync(folder.file('.new'), path);
  expect(await source.version('a.csv', version)).toBe(sha256(content(2)));
  for (let next = await reader.read(); !next.done; next = await reader.read()) blocks.push(next.value);
  expect(sha256(Buffer.concat(blocks))).toBe(version);
  const again = await source.read('a.csv', { 'if-match': `"${version}"` });
  expect([again.status, ((await again.json()) as { code: string }).code]).toEqual([412, 'version_gone']);
});

test.for([
  ['appended to', (path: string) => appendFileSync(path, 'x\n')],
  ['truncated', (path: string) => truncateSync(path, 1000)],
  ['written over', (path: string) => writeFileSync(path, content(3))],
  [
    'written over in place, with size and time as they were',
    (path: string) => {
      const file = openSync(path, 'r+');
      writeSync(file, '9', 8);
      closeSync(file);
      utimesSync(path, someTime, someTime);
    },
  ],
] as const)('a file that is %s breaks a read off', async ([, change]) => {
  using folder = new TempFolder();
  const large = Buffer.concat(Array.from({ length: 12 }, () => content(1)));
  const path = folder.write('a.csv', large);
  utimesSync(path, someTime, someTime);
  await using source = await TestSource.start(folder);
  const version = await source.version('a.csv');
  const response = await source.read('a.csv');
  const reader = response.body!.getReader();
  const readToEnd = async (): Promise<void> => {
    for (let next = await reader.read(); !next.done; next = await reader.read());
  };
  await reader.read();
  change(path);
  await expect(readToEnd()).rejects.toThrow('terminated');
  await source.version('a.csv', version);
});

test('a file that is written slowly is ready once, when it is complete', async () => {
  using folder = new TempFolder();
  await using source = await TestSource.start(folder, { quietMs: 1000 });
  const path = folder.write('a.csv', 'id,text\n');
  const versions = new Set<string | null>();
  for (let number = 0; number < 25; number++) {
    appendFileSync(path, `${number},text\n`);
    await sleep(40);
    versions.add((await source.file('a.csv'))?.version ?? null);
  }
  expect([...versions]).toEqual([null]);
  expect((await source.file('a.csv'))?.state).toBe('preparing');
  const refused = await source.read('a.csv');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
  expect(await refused.json()).toMatchObject({ code: 'file_preparing', retryable: true });
  await source.version('a.csv');
  expect(await source.metric('longhaul_source_described_total{outcome="ready"}')).toBe(1);
});
