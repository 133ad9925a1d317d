import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { ManualClock } from '../../test/helpers/manual-clock.ts';
import { MemoryBytes } from '../../test/helpers/memory-file.ts';
import { TempFolder } from '../../test/helpers/temp-folder.ts';
import { openContent } from './content.ts';
import { LocalFile } from './local-file.ts';

const csv = 'name,sku,description\nAnn,s1,one\n';

/** Made by the programs `zip` (Info-ZIP 3.0) and Python's `zipfile`. */
const archives = {
  /** zip -0 */
  stored:
    'UEsDBAoAAAAAAACfdl2Xz9V0IAAAACAAAAAFABwAYS5jc3ZVVAkAA89IA2vPSANrdXgLAAEEAAAAAAQAAAAAbmFtZSxza3UsZGVzY3JpcHRpb24KQW5uLHMxLG9uZQpQSwECHgMKAAAAAAAAn3Zdl8/VdCAAAAAgAAAABQAYAAAAAAAAAAAApIEAAAAAYS5jc3ZVVAUAA89IA2t1eAsAAQQAAAAABAAAAABQSwUGAAAAAAEAAQBLAAAAXwAAAAAA',
  /** Python, deflated, with the local header of zip64 */
  deflated:
    'UEsDBC0AAAAIAAAAIQCXz9V0//////////8FABQAYS5jc3YBABAAIAAAAAAAAAAiAAAAAAAAAMtLzE3VKc4u1UlJLU4uyiwoyczP43LMy9MpNtTJz0vlAgBQSwECLQMtAAAACAAAACEAl8/VdCIAAAAgAAAABQAAAAAAAAAAAAAAgAEAAAAAYS5jc3ZQSwUGAAAAAAEAAQAzAAAAWQAAAAAA',
  /** zip -fz, from a pipe: zip64 in the directory and at the end */
  zip64:
    'UEsDBC0AAAAAAACfdl2Xz9V0//////////8BABQALQEAEAAgAAAAAAAAACAAAAAAAAAAbmFtZSxza3UsZGVzY3JpcHRpb24KQW5uLHMxLG9uZQpQSwECHgMtAAAAAAAAn3Zdl8/VdCAAAAD/////AQAMAAAAAAABAAAAgBEAAAAALQEACAAgAAAAAAAAAFBLBgYsAAAAAAAAAB4DLQAAAAAAAAAAAAEAAAAAAAAAAQAAAAAAAAA7AAAAAAAAAFMAAAAAAAAAUEsGBwAAAACOAAAAAAAAAAEAAABQSwUGAAAAAAEAAQA7AAAA/////wAA',
  /** a.csv and b.txt */
  two: 'UEsDBAoAAAAAAACfdl2Xz9V0IAAAACAAAAAFABwAYS5jc3ZVVAkAA89IA2vPSANrdXgLAAEEAAAAAAQAAAAAbmFtZSxza3UsZGVzY3JpcHRpb24KQW5uLHMxLG9uZQpQSwMECgAAAAAAAJ92XR8I6kYCAAAAAgAAAAUAHABiLnR4dFVUCQADz0gDa89IA2t1eAsAAQQAAAAABAAAAAB4ClBLAQIeAwoAAAAAAACfdl2Xz9V0IAAAACAAAAAFABgAAAAAAAEAAACkgQAAAABhLmNzdlVUBQADz0gDa3V4CwABBAAAAAAEAAAAAFBLAQIeAwoAAAAAAACfdl0fCOpGAgAAAAIAAAAFABgAAAAAAAEAAACkgV8AAABiLnR4dFVUBQADz0gDa3V4CwABBAAAAAAEAAAAAFBLBQYAAAAAAgACAJYAAACgAAAAAAA=',
  /** zip -P */
  encrypted:
    'UEsDBAoACQAAAACfdl2Xz9V0LAAAACAAAAAFABwAYS5jc3ZVVAkAA89IA2vPSANrdXgLAAEEAAAAAAQAAAAAFz3aT4f1GYWWD1PMi1/+OJVLOjazJojLmYihhMLoNIJlRXseYl66BVHIZEhQSwcIl8/VdCwAAAAgAAAAUEsBAh4DCgAJAAAAAJ92XZfP1XQsAAAAIAAAAAUAGAAAAAAAAQAAAKSBAAAAAGEuY3N2VVQFAAPPSANrdXgLAAEEAAAAAAQAAAAAUEsFBgAAAAABAAEASwAAAHsAAAAAAA==',
  /** Python, ZIP_BZIP2 */
  bzip2:
    'UEsDBC4AAAAMAP2edl2Xz9V0SAAAACAAAAAFAAAAYS5jc3ZCWmg5MUFZJlNZBe5BuwAACl2AABAABCAAIAAuK94AIAAimJkGmmahTTIxMTEfQVEpUNjhwG7WdnEuUnBAfF3JFOFCQBe5BuxQSwECLgMuAAAADAD9nnZdl8/VdEgAAAAgAAAABQAAAAAAAAAAAAAApIEAAAAAYS5jc3ZQSwUGAAAAAAEAAQAzAAAAawAAAAAA',
} as const;

async function read(stored: Uint8Array, entry?: string): Promise<string> {
  using folder = new TempFolder();
  const path = folder.write('a.zip', stored);
  const file = new LocalFile(path, new ManualClock(), { entry });
  await using content = await file.open(new AbortController().signal);
  let text = '';
  const block = Buffer.alloc(10);
  for (let bytes = await content.read(block); bytes > 0; bytes = await content.read(block)) {
    text += block.toString('utf8', 0, bytes);
  }
  // The version is that of the archive, whatever the entry.
  expect(await content.finish()).toBe(createHash('sha256').update(stored).digest('hex'));
  expect(content.storedBytes).toBe(stored.length);
  expect(file.ref.name).toBe(entry === undefined ? path : `${path}!${entry}`);
  return text;
}

const bytesOf = (name: keyof typeof archives): Buffer => Buffer.from(archives[name], 'base64');
const corrupt = { code: expect.stringMatching(/^compressed_/) as string, facts: { format: 'zip' } };

test.each(['stored', 'deflated', 'zip64'] as const)('a zip archive of one file, %s', async (name) => {
  expect(await read(bytesOf(name))).toBe(csv);
});

test('of several files one has to be named', async () => {
  const two = bytesOf('two');
  expect(await read(two, 'a.csv')).toBe(csv);
  expect(await read(two, 'b.txt')).toBe('x\n');
  const names = ['a.csv', 'b.txt'];
  await expect(read(two)).rejects.toMatchObject({ code: 'zip_entry_needed', facts: { names } });
  await expect(read(two, 'c')).rejects.toMatchObject({ code: 'zip_entry_missing', facts: { names } });
});

test.each([
  ['encrypted', 'encrypted'],
  ['bzip2', 'method 12'],
] as const)('%s entries are refused', async (name, reason) => {
  await expect(read(bytesOf(name))).rejects.toMatchObject({
    code: 'zip_unreadable',
    message: expect.stringContaining(reason) as string,
  });
});

test('an archive without a file, and an entry of no archive', async () => {
  const empty = Buffer.from('UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==', 'base64');
  await expect(read(empty)).rejects.toMatchObject({ code: 'zip_unreadable' });
  await expect(read(Buffer.from(csv), 'a.csv')).rejects.toMatchObject({ code: 'zip_unreadable' });
});

test('a stream cannot be read from its end', async () => {
  const stream = new MemoryBytes(bytesOf('stored'), () => 10);
  await expect(openContent(stream, { label: 'a' })).rejects.toMatchObject({ code: 'zip_not_seekable' });
  expect(stream.isDisposed).toBe(true);
});

test.each(['stored', 'deflated', 'zip64', 'two'] as const)('%s, cut off anywhere', async (name) => {
  const whole = bytesOf(name);
  for (let length = 4; length < whole.length; length++) {
    await expect(read(whole.subarray(0, length), 'a.csv'), `${length} bytes`).rejects.toMatchObject(corrupt);
  }
});

test('a comment may follow, other bytes may not', async () => {
  const whole = bytesOf('deflated');
  const comment = Buffer.from('PK\x05\x06 a comment that looks like an end');
  const commented = Buffer.concat([whole, comment]);
  commented.writeUInt16LE(comment.length, whole.length - 2);
  expect(await read(commented)).toBe(csv);
  for (const more of ['\0', '\n', 'x'.repeat(1000)]) {
    await expect(read(Buffer.concat([whole, Buffer.from(more)]))).rejects.toMatchObject({
      code: 'compressed_trailing',
    });
  }
  const shifted = Buffer.concat([whole.subarray(0, 4), Buffer.alloc(7), whole.subarray(4)]);
  await expect(read(shifted)).rejects.toMatchObject(corrupt);
});

test.each(['stored', 'deflated', 'zip64'] as const)(
  '%s, damaged anywhere, never passes for another content',
  async (name) => {
    const whole = bytesOf(name);
    for (let at = 4; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 0x11;
      // Times, flags and other programs' fields are not looked at.
      const result = await read(damaged).catch((error: unknown) => error);
      if (result !== csv) {
        const code = expect.stringMatching(/^(compressed|zip)_/) as string;
        expect(result, `byte ${at}`).toMatchObject({ code });
      }
    }
  },
);
