/** The status for clients that send nothing: 1 until the current version was read to its end. */
import { expect, test } from 'vitest';
import { TempFolder } from '../helpers/temp-folder.ts';
import { TestSource } from '../helpers/test-source.ts';

const csv = 'name,sku\nAnn,1\n';

test('whole, in ranges without a gap, and never by a part, a HEAD or a read of another version', async () => {
  using folder = new TempFolder();
  folder.write('a.csv', csv);
  await using source = await TestSource.start(folder);
  const first = await source.version('a.csv');
  const status = async (): Promise<number> => (await source.sense()).status;
  const read = async (headers = {}, method = 'GET'): Promise<void> => {
    await (await source.read('a.csv', headers, method)).bytes();
  };
  expect(await status()).toBe(1);
  await read({ range: 'bytes=4-' });
  await read({}, 'HEAD');
  await read({ 'if-none-match': `"${first}"` });
  expect(await status()).toBe(1);
  await read({ range: 'bytes=0-5' });
  await read({ range: 'bytes=7-' });
  expect(await status()).toBe(1);
  await read({ range: 'bytes=4-9' });
  await read({ range: 'bytes=10-' });
  expect(await status()).toBe(0);
  expect(await source.sense('?since=x')).toMatchObject({ status: 1 });

  folder.write('a.csv', `${csv}Bob,2\n`);
  await source.version('a.csv', first);
  expect(await status()).toBe(1);
  await read();
  expect(await status()).toBe(0);
  // The same bytes once more are no change, whenever they were written.
  folder.write('a.csv', `${csv}Bob,2\n`);
  await source.until('a.csv', 'preparing');
  await source.version('a.csv');
  expect(await status()).toBe(0);

  folder.write('b.csv', csv);
  await source.version('b.csv');
  expect(await status()).toBe(1);
  await (await source.read('b.csv')).bytes();
  expect(await status()).toBe(0);
});

test('a read that is cut off does not count', async () => {
  using folder = new TempFolder();
  folder.write('a.csv', `a\n${'x\n'.repeat(8_000_000)}`);
  await using source = await TestSource.start(folder);
  await source.version('a.csv');
  const cut = new AbortController();
  const response = await fetch(`${source.server.url}/read`, { signal: cut.signal });
  await response.body?.getReader().read();
  cut.abort();
  expect((await source.sense()).status).toBe(1);
  expect((await (await source.read('a.csv')).bytes()).length).toBe(16_000_002);
  expect((await source.sense()).status).toBe(0);
});
