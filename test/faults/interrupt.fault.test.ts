/** Ctrl-C: stops cleanly, changes nothing, and says how to go on. */
import { copyFileSync, existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { CliProcess, longhaul } from '../helpers/cli.ts';
import { integrity, publishedState, tableDigest, value } from '../helpers/dump.ts';
import { header, on } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const records = 120_000;

let folder: TempFolder;
let csvA: string;
let csvB: string;
let databaseA: string;
let digestB: string;

beforeAll(async () => {
  folder = new TempFolder();
  csvA = folder.write('a.csv', Buffer.concat([...sampleBlocks({ records, seed: 1 })]));
  const changed = { fraction: 1, seed: 2 };
  csvB = folder.write('b.csv', Buffer.concat([...sampleBlocks({ records, seed: 1, changed })]));
  databaseA = folder.file('a.db');
  expect((await longhaul(importing(csvA, databaseA))).status).toBe(0);
  const databaseB = folder.file('b.db');
  copyFileSync(databaseA, databaseB);
  expect((await longhaul(importing(csvB, databaseB))).status).toBe(0);
  digestB = tableDigest(databaseB, { provenance: true });
});
afterAll(() => folder[Symbol.dispose]());

function importing(csv: string, database: string): string[] {
  return ['import', csv, '--as', 'products.csv', ...on(database)];
}

const interrupted = {
  status: 130,
  signal: null,
  stdout: '',
  stderr:
    'longhaul: interrupted; nothing was published\nTry: the same command again goes on where this one stopped, as far as chunks were staged\n',
};
const inState = (state: string) => `SELECT count(*) FROM _longhaul_runs WHERE state = '${state}'`;

test('while a run is published', async () => {
  using place = new TempFolder();
  const database = place.file('shop.db');
  copyFileSync(databaseA, database);
  const before = publishedState(database);
  {
    await using command = new CliProcess(importing(csvB, database));
    await command.until('it publishes', () => value(database, inState('publishing')) === 1);
    command.kill('SIGINT');
    expect(await command.ended).toEqual(interrupted);
  }
  expect(publishedState(database)).toBe(before);
  expect(integrity(database)).toBe('ok');
  expect((await longhaul(importing(csvB, database))).status).toBe(0);
  expect(tableDigest(database, { provenance: true })).toBe(digestB);
});

test('while the first run of a database is published', async () => {
  using place = new TempFolder();
  const database = place.file('shop.db');
  {
    await using command = new CliProcess(importing(csvA, database));
    await command.until('it publishes', () => existsSync(`${database}.publishing`));
    command.kill('SIGINT');
    expect(await command.ended).toEqual(interrupted);
  }
  expect(existsSync(database)).toBe(false);
  expect(existsSync(`${database}.publishing`)).toBe(false);
  expect((await longhaul(importing(csvA, database))).status).toBe(0);
  expect(place.list()).toEqual(['shop.db', 'shop.db.lock']);
  expect(tableDigest(database, { provenance: true })).toBe(tableDigest(databaseA, { provenance: true }));
});

test.for([
  ['before it has sent anything', ''],
  ['in the middle of the header', 'name,s'],
  ['in the middle of the records', `${header}Ann,s1,one\nBob,s2`],
])('while it waits for a pipe, %s', async ([, sent]) => {
  using place = new TempFolder();
  const database = place.file('shop.db');
  copyFileSync(databaseA, database);
  const before = publishedState(database);
  const pipe = place.file('pipe');
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
  await using fromStdin = new CliProcess(['import', '-', ...on(database)], { stdin: null });
  if (sent !== '') await fromStdin.feed(sent!);
  await using fromPipe = new CliProcess(['import', pipe, ...on(place.file('new.db'))]);
  await fromStdin.until('both have begun', () =>
    ['shop.db.lock', 'new.db.lock'].every((name) => place.list().includes(name)),
  );
  if (sent!.includes('\n'))
    await fromStdin.until('its run is open', () => value(database, inState('staging')) === 1);
  fromStdin.kill('SIGINT');
  fromPipe.kill('SIGTERM');
  expect(await fromStdin.ended).toEqual(interrupted);
  expect(await fromPipe.ended).toEqual(interrupted);
  expect(publishedState(database)).toBe(before);
  const again = await longhaul(['import', '-', ...on(database)], {
    stdin: `${header}Ann,s1,one\nBob,s2,two\n`,
  });
  expect(again).toMatchObject({ status: 0, stderr: '' });
  expect(value(database, 'SELECT count(*) FROM products')).toBe(
    Number(value(databaseA, 'SELECT count(*) FROM products')) + 2,
  );
});

test('a second Ctrl-C ends it at once, also while it can do nothing but wait', async () => {
  using place = new TempFolder();
  const database = place.file('shop.db');
  copyFileSync(databaseA, database);
  using other = new DatabaseSync(database);
  other.exec('BEGIN IMMEDIATE');
  await using command = new CliProcess(importing(csvB, database));
  await command.until('it waits for the lock', () => existsSync(`${database}.lock`));
  command.kill('SIGINT');
  // Time is what is tested: the first one must wait for SQLite to give up.
  await sleep(500);
  expect(command.hasEnded).toBe(false);
  command.kill('SIGINT');
  const started = performance.now();
  expect(await command.ended).toEqual({ status: null, signal: 'SIGINT', stdout: '', stderr: '' });
  expect(performance.now() - started).toBeLessThan(1000);
  other.exec('ROLLBACK');
  expect((await longhaul(importing(csvB, database))).status).toBe(0);
  expect(tableDigest(database, { provenance: true })).toBe(digestB);
});

test('generate: nothing half-written is left', async () => {
  using place = new TempFolder();
  await using command = new CliProcess(['generate', place.file('big.csv.gz'), '--records', '4000000000']);
  await command.until('it writes', () => place.list().includes('big.csv.gz.part'));
  command.kill('SIGINT');
  expect(await command.ended).toMatchObject({
    status: 130,
    stderr: 'longhaul: interrupted; nothing was published\nTry: run the same command again; it starts over\n',
  });
  expect(place.list()).toEqual([]);
});
