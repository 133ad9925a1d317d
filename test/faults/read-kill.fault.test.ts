/** `kill -9` at random moments of a read. LONGHAUL_TEST_SEED repeats a failure as far as a moment can be repeated. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { CuttingProxy } from '../helpers/cutting-proxy.ts';
import { Random } from '../helpers/random.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { contentOf, TestClient } from '../helpers/test-client.ts';
import { TestSource } from '../helpers/test-source.ts';

const seed = Number(process.env['LONGHAUL_TEST_SEED'] ?? Date.now() % 1_000_000);
const program = fileURLToPath(new URL('../helpers/read-process.ts', import.meta.url));
const kills = 8;

test(`a reading process killed ${kills} times, seed ${seed}: it goes on with what is there`, async () => {
  const random = new Random(seed);
  using folder = new TempFolder();
  using spoolFolder = new TempFolder();
  const content = Buffer.concat([...sampleBlocks({ records: 500_000, seed })]);
  folder.write('a.csv', content);
  await using source = await TestSource.start(folder);
  const version = await source.version('a.csv');
  await using proxy = await CuttingProxy.start({ target: source.server.url, seed, cuts: 0, mostBytes: 1 });
  for (let killed = 0; killed < kills; killed++) {
    const child = spawn(process.execPath, [program, proxy.url, 'a.csv', spoolFolder.path]);
    const ended = new Promise((resolve) => child.once('close', resolve));
    // All together are less than the file, so none of them comes to its end.
    await proxy.hold(1 + random.below(content.length / kills));
    child.kill('SIGKILL');
    await ended;
    proxy.release();
  }
  const before = proxy.bytes;
  const kept = writtenBytes(spoolFolder.path);
  await using client = await TestClient.open({ url: proxy.url }, spoolFolder.path);
  await using read = await client.read(await client.until('a.csv'));
  expect(
    createHash('sha256')
      .update(await contentOf(read))
      .digest('hex'),
  ).toBe(version);
  console.log(
    `killed ${kills} times; ${kept} of ${content.length} bytes were kept, ${proxy.bytes - before} read anew`,
  );
  expect(kept).toBeGreaterThan(0);
  // Of the last one that was killed, what was written and not noted yet: a block of each connection.
  expect(proxy.bytes - before).toBeLessThan(content.length - kept + 4 * 2 ** 20);
});

/** What is on the disk of files with holes. */
function writtenBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).blocks * 512, 0);
}
