/** A disk without room for an upload: a tmpfs that only the process of this test sees, and that goes with it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { whyNoSmallDisk } from '../helpers/small-disk.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const receiver = new URL('../../src/source/upload-receiver.ts', import.meta.url).href;

/** Receives a file of so many MiB into the folder that it is called with, and prints what came of it. */
const script = `
  import { UploadReceiver } from ${JSON.stringify(receiver)};
  import { readdirSync } from 'node:fs';
  const [folder, mebibytes, announced] = process.argv.slice(1);
  const clock = { wallMs: () => 1, monotonicMs: () => 1 };
  const most = 2 ** 40;
  const receiver = new UploadReceiver({ folder, instance: '0000000a', clock, mostBytes: most, mostBytesInAll: most });
  async function* body() { for (let n = 0; n < Number(mebibytes); n++) yield Buffer.alloc(2 ** 20); }
  const coming = { name: 'a.csv', dataset: 'products', settings: {}, bytes: announced === 'yes' ? mebibytes * 2 ** 20 : null };
  const told = await receiver.receive(body(), coming).then(({ bytes }) => bytes, (error) => error.code + ': ' + error.message);
  console.log(JSON.stringify([told, readdirSync(folder).length]));
`;

test.skipIf(whyNoSmallDisk() !== null)('a full disk is told, and nothing is left on it', () => {
  using folder = new TempFolder();
  const disk = folder.file('disk');
  mkdirSync(disk);
  const receive = (size: string, mebibytes: number, announced: 'yes' | 'no'): unknown => {
    const mount = `mount -t tmpfs -o size=${size} longhaul-test "$1" && shift && exec "$@"`;
    const args = ['--input-type=module', '-e', script, disk, String(mebibytes), announced];
    const command = ['-m', 'sh', '-c', mount, 'sh', disk, process.execPath, ...args];
    const { stdout, stderr } = spawnSync('unshare', command, { encoding: 'utf8' });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout);
  };
  const full = [expect.stringMatching(/^uploads_full: .*the disk is nearly full$/), 0];
  expect(receive('270m', 4, 'yes')).toEqual([4 * 2 ** 20, 2]);
  expect(receive('270m', 16, 'yes')).toEqual(full);
  // What was not announced is found out on the way.
  expect(receive('300m', 80, 'no')).toEqual(full);
});
