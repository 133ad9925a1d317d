import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../test/helpers/manual-clock.ts';
import { TempFolder } from '../../test/helpers/temp-folder.ts';
import { LocalFile } from './local-file.ts';
import type { ContentReader } from './source-file.ts';

const { signal } = new AbortController();
const clock = new ManualClock();

async function drain(content: ContentReader): Promise<string> {
  let text = '';
  const block = Buffer.alloc(10);
  for (let read = await content.read(block); read > 0; read = await content.read(block)) {
    text += block.toString('utf8', 0, read);
  }
  return text;
}

describe('a local file', () => {
  test('is named by its absolute path, or as it was told', () => {
    expect(new LocalFile('a/../b.csv', clock).ref).toEqual({ source: 'local', name: resolve('b.csv') });
    expect(new LocalFile('b.csv', clock, { name: 'prices' })).toMatchObject({
      ref: { source: 'local', name: 'prices' },
      label: 'b.csv',
    });
  });

  test('is read to its end, and its version is the hash of its bytes', async () => {
    using folder = new TempFolder();
    const text = 'name,sku\nn,s and more than one block\n';
    const file = new LocalFile(folder.write('a.csv', text), clock);
    const version = createHash('sha256').update(text).digest('hex');
    expect(await file.version(signal)).toBe(version);
    await using content = await file.open(signal);
    expect(content.expectedBytes).toBe(text.length);
    expect(await drain(content)).toBe(text);
    expect(content.storedBytes).toBe(text.length);
    expect(await content.finish()).toBe(version);
  });

  test('has another fingerprint after each change, and is settled once that is a while ago', async () => {
    using folder = new TempFolder();
    const path = folder.write('a.csv', 'one');
    const soon = { wallMs: () => Date.now(), monotonicMs: () => 0 };
    const later = { wallMs: () => Date.now() + 2100, monotonicMs: () => 0 };
    const first = await new LocalFile(path, soon).sense();
    expect(first).toMatchObject({ settled: false, bytes: 3 });
    expect(await new LocalFile(path, later).sense()).toEqual({ ...first, settled: true });

    // The same size and the same times as before: the time of the change itself cannot be set.
    const time = new Date(Date.now() - 100_000);
    utimesSync(path, time, time);
    const dated = await new LocalFile(path, later).sense();
    writeFileSync(path, 'two');
    utimesSync(path, time, time);
    const again = await new LocalFile(path, later).sense();
    expect(new Set([first.fingerprint, dated.fingerprint, again.fingerprint]).size).toBe(3);
    expect(again.bytes).toBe(3);

    writeFileSync(folder.file('b.csv'), 'two');
    renameSync(folder.file('b.csv'), path);
    expect((await new LocalFile(path, later).sense()).fingerprint).not.toBe(again.fingerprint);
  });

  test.each([
    ['grows', (path: string) => appendFileSync(path, 'x')],
    ['shrinks', (path: string) => truncateSync(path, 5)],
    ['is written again', (path: string) => writeFileSync(path, 'y'.repeat(100))],
  ])('that %s while it is read cannot be told from two versions', async (_, change) => {
    using folder = new TempFolder();
    const path = folder.write('a.csv', 'x'.repeat(100));
    const past = new Date(Date.now() - 5000);
    utimesSync(path, past, past);
    await using content = await new LocalFile(path, clock).open(signal);
    await content.read(new Uint8Array(20));
    change(path);
    const changed = { code: 'file_changed', facts: { file: path } };
    await expect(drain(content)).rejects.toMatchObject(changed);
    await expect(content.finish()).rejects.toMatchObject(changed);
  });

  test('that is cut off while it is read is not called damaged', async () => {
    using folder = new TempFolder();
    // More than is read at once.
    const path = folder.write('a.csv.gz', gzipSync(randomBytes(2 ** 20)));
    await using content = await new LocalFile(path, clock).open(signal);
    await content.read(new Uint8Array(20));
    truncateSync(path, 600_000);
    await expect(drain(content)).rejects.toMatchObject({ code: 'file_changed' });
  });

  test('of which a part turns to zeros while it is read is not called damaged', async () => {
    using folder = new TempFolder();
    // More than is read at once.
    const stored = gzipSync(randomBytes(2 ** 20));
    const path = folder.write('a.csv.gz', stored);
    const past = new Date(Date.now() - 5000);
    utimesSync(path, past, past);
    await using content = await new LocalFile(path, clock).open(signal);
    await content.read(new Uint8Array(20));
    writeFileSync(path, Buffer.from(stored).fill(0, 600_000));
    await expect(drain(content)).rejects.toMatchObject({ code: 'file_changed' });
  });

  test('that is replaced while it is read is read as it was', async () => {
    using folder = new TempFolder();
    const path = folder.write('a.csv', 'old content');
    await using content = await new LocalFile(path, clock).open(signal);
    renameSync(folder.write('b.csv', 'new'), path);
    expect(await drain(content)).toBe('old content');
    await content.finish();
  });

  test('that is not there, a folder, or a device is refused', async () => {
    using folder = new TempFolder();
    mkdirSync(folder.file('folder'));
    symlinkSync('nowhere', folder.file('dangling'));
    const wrong = [
      ['file_not_found', folder.file('missing.csv')],
      ['file_not_found', join(folder.write('a.csv', ''), 'below a file')],
      ['file_not_found', folder.file('dangling')],
      ['file_is_folder', folder.file('folder')],
      ['file_not_regular', '/dev/null'],
      ['file_not_readable', folder.file('x'.repeat(300))],
    ] as const;
    for (const [code, path] of wrong) {
      const file = new LocalFile(path, clock);
      await expect(file.sense(), path).rejects.toMatchObject({ code, facts: { file: path } });
      await expect(file.open(signal), path).rejects.toMatchObject({ code });
    }
  });

  test('stops hashing when it is told to', async () => {
    using folder = new TempFolder();
    const file = new LocalFile(folder.write('a.csv', 'x'), clock);
    await expect(file.version(AbortSignal.abort())).rejects.toThrow('aborted');
  });
});

describe('a named pipe', () => {
  function makePipe(folder: TempFolder): string {
    execFileSync('mkfifo', [folder.file('pipe')]);
    return folder.file('pipe');
  }

  test('is read as it comes, and nothing is known of it before', async () => {
    using folder = new TempFolder();
    const path = makePipe(folder);
    const file = new LocalFile(path, clock);
    expect(await file.sense()).toEqual({ fingerprint: null, settled: false, bytes: null });
    expect(await file.version(signal)).toBeNull();
    // Opening for writing waits for a reader; the content is opened before anybody writes.
    const writing = open(path, 'w').then(async (handle) => {
      await handle.write('name,sku\n');
      await handle.write('n,s\n');
      await handle.close();
    });
    await using content = await file.open(signal);
    expect(content.expectedBytes).toBeNull();
    expect(await drain(content)).toBe('name,sku\nn,s\n');
    expect(await content.finish()).toBe(createHash('sha256').update('name,sku\nn,s\n').digest('hex'));
    await writing;
  });

  test('that nobody writes to can be given up', async () => {
    using folder = new TempFolder();
    const abort = new AbortController();
    const opening = new LocalFile(makePipe(folder), clock).open(abort.signal);
    setImmediate(() => abort.abort());
    await expect(opening).rejects.toThrow('aborted');
  });
});
