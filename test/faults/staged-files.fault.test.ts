/** What waits in files beside the database goes away, or is changed, while its run goes on: the run fails in words, and the next one starts whole. */
import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { CliProcess, longhaul } from '../helpers/cli.ts';
import { tableDigest } from '../helpers/dump.ts';
import { on } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const content = Buffer.concat([...sampleBlocks({ records: 20_000, seed: 1 })]);
const options = ['--chunk-size', '64KiB', '--staging-memory', '0B'];
let quiet: string;

beforeAll(async () => {
  using folder = new TempFolder();
  const database = folder.file('quiet.db');
  expect((await longhaul(['import', '-', ...on(database)], { stdin: content })).status).toBe(0);
  quiet = tableDigest(database, { provenance: true });
});

const again = 'run the same command again';
const changed = {
  message: 'staged rows do not end where they should: their file has changed; nothing was published',
  hint: `${again}: it stages what is not whole anew. Nothing else may write into DATABASE.staging`,
};

interface Damage {
  readonly what: string;
  readonly damage: (path: string) => void;
  readonly message: string;
  readonly hint: string;
}

const damages: readonly Damage[] = [
  {
    what: 'removed',
    damage: (path) => rmSync(path),
    message: "DB: ENOENT: no such file or directory, stat 'FILE'; nothing was published",
    hint: `see to the disk and ${again}`,
  },
  { what: 'cut off', damage: (path) => truncateSync(path, 1000), ...changed },
  {
    what: 'full of zeros',
    damage: (path) => {
      const { size } = statSync(path);
      truncateSync(path);
      truncateSync(path, size);
    },
    ...changed,
  },
];

test.for(damages)('a file that is $what', async ({ damage, message, hint }) => {
  using folder = new TempFolder();
  const database = folder.file('shop.db');
  const command = ['import', '-', ...options, ...on(database)];
  const file = `${database}.staging/1-0.rows`;
  await using first = new CliProcess(command, { stdin: null });
  await first.feed(content.subarray(0, content.length >> 1));
  // Of those the first one is written to its end.
  await first.until('ten files are staged', () => filesOf(database) >= 10);
  damage(file);
  first.child.stdin?.end(content.subarray(content.length >> 1));
  const { status, stderr } = await first.ended;
  const told = message.replace('DB', database).replace('FILE', file);
  expect({ status, stderr }).toEqual({ status: 1, stderr: `longhaul: ${told}\nTry: ${hint}\n` });
  expect((await longhaul(command, { stdin: content })).status).toBe(0);
  expect(folder.list()).toEqual(['shop.db', 'shop.db.lock']);
  expect(tableDigest(database, { provenance: true })).toBe(quiet);
});

function filesOf(database: string): number {
  try {
    return readdirSync(`${database}.staging`).length;
  } catch {
    return 0;
  }
}
