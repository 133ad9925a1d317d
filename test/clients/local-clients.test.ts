/** Files and folders of this machine, by the rules of the source server. */
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { contentOf, TestClient } from '../helpers/test-client.ts';

const csv = 'a,b\n1,2\n';
const never = new AbortController().signal;

test('a folder: several files, folders in it, what is left out or refused, changes', async () => {
  using folder = new TempFolder();
  using spool = new TempFolder();
  mkdirSync(folder.file('sub/deep'), { recursive: true });
  for (const name of ['a.csv', 'sub/b.csv', 'sub/deep/c.csv', '.hidden.csv', 'a.csv~'])
    folder.write(name, csv);
  writeFileSync(
    Buffer.concat([Buffer.from(`${folder.path}/caf`), Buffer.from([0xe9]), Buffer.from('.csv')]),
    csv,
  );
  symlinkSync('/etc/passwd', folder.file('out.csv'));
  await using client = await TestClient.open({ url: folder.path }, spool.path);
  const offers = new Map<string, string>();
  await eventually('all are ready', async () => {
    for (const { name, state } of (await client.sense()) ?? []) offers.set(name, state);
    return !Array.from(offers.values()).includes('preparing') && offers.size > 0;
  });
  expect(client.client.kind).toBe('folder');
  expect(Array.from(offers, ([name, state]) => `${name} ${state}`).sort()).toEqual([
    'a.csv ready',
    'caf//E9.csv ready',
    'out.csv refused',
    'sub/b.csv ready',
    'sub/deep/c.csv ready',
  ]);
  await eventually('nothing is new', async () => (await client.sense()) === null);
  folder.write('sub/b.csv', `${csv}3,4\n`);
  const changed = await client.until('sub/b.csv');
  expect((await client.bytes(changed)).toString()).toBe(`${csv}3,4\n`);
  await using read = await client.read(changed);
  expect(read.file.ref).toEqual({ source: 'shop', name: 'sub/b.csv' });
  expect((await read.file.sense()).fingerprint).toBe(changed.fingerprint);
  folder.write('sub/b.csv', csv);
  await expect(client.read(changed)).rejects.toMatchObject({ code: 'version_gone' });
  rmSync(folder.file('a.csv'));
  await eventually('a.csv is gone', async () => {
    const listed = await client.sense();
    return listed !== null && !listed.some(({ name }) => name === 'a.csv');
  });
  expect(spool.list()).toEqual([]);
});

test('a folder that is away, and comes back', async () => {
  using folder = new TempFolder();
  using spool = new TempFolder();
  mkdirSync(folder.file('hosted'));
  folder.write('hosted/a.csv', csv);
  await using client = await TestClient.open({ url: folder.file('hosted') }, spool.path);
  await client.until('a.csv');
  renameSync(folder.file('hosted'), folder.file('away'));
  const message = `shop: ${folder.file('hosted')} cannot be looked at now (ENOENT)`;
  await eventually('it is away', async () => (await errorOf(client))?.message === message);
  renameSync(folder.file('away'), folder.file('hosted'));
  await eventually('it is back', async () => (await errorOf(client)) === null);
});

test('a file: replaced, removed, turned into a folder', async () => {
  using folder = new TempFolder();
  using spool = new TempFolder();
  const path = folder.file('a.csv');
  await using client = await TestClient.open({ url: path }, spool.path);
  expect(await errorOf(client)).toMatchObject({ code: 'source_away' });
  folder.write('a.csv', csv);
  const first = await client.until('a.csv');
  expect(client.client.kind).toBe('file');
  expect(await client.sense()).toBeNull();
  folder.write('new', `${csv}3,4\n`);
  renameSync(folder.file('new'), path);
  const second = await client.until('a.csv', first.fingerprint);
  await using read = await client.client.read(second, () => undefined, never);
  expect((await contentOf(read)).toString()).toBe(`${csv}3,4\n`);
  rmSync(path);
  expect(await errorOf(client)).toMatchObject({ code: 'source_away' });
  await expect(client.read(second)).rejects.toMatchObject({ code: 'version_gone' });
  mkdirSync(path);
  folder.write('a.csv/b.csv', csv);
  // It is found out anew what it is.
  await client.until('b.csv');
  expect(client.client.kind).toBe('folder');
});

async function errorOf(client: TestClient): Promise<Error | null> {
  return client.sense().then(
    () => null,
    (error: unknown) => error as Error,
  );
}
