/** `kill -9` at random moments of a read. LONGHAUL_TEST_SEED repeats a failure as far as a moment can be repeated. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { CuttingProxy } from '../helpers/cutting-proxy.ts';
import { eventually } from '../helpers/eventually.ts';
import { Random } from '../helpers/random.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { contentOf, TestClient } from '../helpers/test-client.ts';
import { TestSource } from '../helpers/test-source.ts';

const seed = Number(process.env['LONGHAUL_TEST_SEED'] ?? Date.now() % 1_000_000);
const program = fileURLToPath(new URL('../helpers/read-process.ts', import.meta.url));
const kills = 20;

test(`a reading process killed ${kills} times, seed ${seed}: it goes on with what is there`, async () => {
  const random = new Random(seed);
  using folder = new TempFolder();
  using spoolFolder = new TempFolder();
  const content = Buffer.concat([...sampleBlocks({ records: 250_000, seed })]);
  folder.write('a.csv', content);
  await using source = await TestSource.start(folder);
  const version = await source.version('a.csv');
  await using proxy = await CuttingProxy.start({ target: source.server.url, seed, cuts: 0, mostBytes: 1 });
  let killed = 0;
  while (killed < kills) {
    const child = spawn(process.execPath, [program, proxy.url, 'a.csv', spoolFolder.path]);
    const ended = new Promise((resolve) => child.once('close', resolve));
    const until = proxy.bytes + 1 + random.below((2 * content.length) / kills);
    await eventually('so much is read', () => proxy.bytes >= until || child.exitCode !== null);
    if (child.exitCode !== null) break;
    child.kill('SIGKILL');
    await ended;
    killed++;
  }
  // How many come in time depends on how busy the machine is.
  expect(killed).toBeGreaterThan(0);
  const before = proxy.bytes;
  await using client = await TestClient.open({ url: proxy.url }, spoolFolder.path);
  await using read = await client.read(await client.until('a.csv'));
  expect(
    createHash('sha256')
      .update(await contentOf(read))
      .digest('hex'),
  ).toBe(version);
  // Of each killed process what was in four connections and not written yet: their blocks, and the system's buffers.
  expect(before).toBeLessThan(content.length + killed * 8 * 2 ** 20);
  expect(proxy.bytes - before).toBeLessThan(1.3 * content.length);
});
