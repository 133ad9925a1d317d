/** `longhaul import https://…`: a file that is elsewhere. */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { importFile, type ImportProgress } from '../../src/index.ts';
import type { Receipt } from '../../src/run/receipt.ts';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { CuttingProxy } from '../helpers/cutting-proxy.ts';
import { CliProcess, longhaul, longhaulJson } from '../helpers/cli.ts';
import { OddServer } from '../helpers/odd-server.ts';
import { on } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { TestSource } from '../helpers/test-source.ts';

const csv = 'name,sku,description\nAnn,s1,one\nBob,s2,"two\nlines"\n';

test('imported once, known the next time, and nothing left behind', async () => {
  using folder = new TempFolder();
  let body = Buffer.from(csv);
  let tag = '"1"';
  await using server = await OddServer.http(({ method }, response) => {
    response.writeHead(200, { etag: tag, 'content-type': 'text/csv', 'content-length': body.length });
    response.end(method === 'HEAD' ? undefined : body);
  });
  const database = folder.file('shop.db');
  const url = `${server.url}/products.csv`;
  const run = (...more: string[]) =>
    longhaulJson<{ receipts: Receipt[] }>(['import', url, ...more, ...on(database)]);
  expect((await run()).receipts).toMatchObject([{ status: 'done', source: 'local', file: url, inserted: 2 }]);
  expect((await run()).receipts).toMatchObject([{ status: 'already_published' }]);
  expect(server.requests).toEqual(['HEAD', 'GET', 'HEAD'].map((method) => `${method} /products.csv`));
  body = gzipSync(`${csv}Cid,s3,three\n`);
  tag = '"2"';
  expect((await run('--as', 'p.csv')).receipts).toMatchObject([{ file: 'p.csv', inserted: 1, unchanged: 2 }]);
  expect(existsSync(`${database}.spool`)).toBe(false);
  const receipt = await importFile(url, { db: `sqlite:${database}` });
  expect(receipt).toMatchObject({ status: 'done', file: url, unchanged: 3 });
});

test('a read that is interrupted goes on with the next command', async () => {
  using folder = new TempFolder();
  using hosted = new TempFolder();
  const content = Buffer.concat([...sampleBlocks({ records: 200_000, seed: 3 })]);
  hosted.write('a.csv', content);
  await using source = await TestSource.start(hosted);
  const version = await source.version('a.csv');
  await using proxy = await CuttingProxy.start({ target: source.server.url, seed: 1, cuts: 0, mostBytes: 1 });
  const database = folder.file('shop.db');
  const args = ['import', `${proxy.url}/read?file=a.csv`, '--as', 'a.csv', '--json', ...on(database)];
  {
    await using command = new CliProcess(args);
    await command.until('a part is here', () => proxy.bytes > content.length / 3);
    command.kill('SIGKILL');
    await command.ended;
  }
  const before = proxy.bytes;
  const { stdout } = await longhaul(args);
  const [receipt] = (JSON.parse(stdout) as { receipts: Receipt[] }).receipts;
  expect(receipt).toMatchObject({ status: 'done', version, records: 200_000 });
  expect(proxy.bytes - before).toBeLessThan(content.length);
  expect(existsSync(`${database}.spool`)).toBe(false);
  expect(createHash('sha256').update(content).digest('hex')).toBe(version);
});

test('what cannot be imported is told, and holds up nothing else', async () => {
  using folder = new TempFolder();
  await using server = await OddServer.http(({ url }, response) => {
    if (url === '/page.csv') response.writeHead(200, { 'content-type': 'text/plain' }).end('<html>no</html>');
    else response.writeHead(404).end();
  });
  const file = folder.write('own.csv', csv);
  const database = folder.file('shop.db');
  const { status, stderr } = await longhaul([
    'import',
    `${server.url}/none.csv`,
    `${server.url}/page.csv`,
    file,
    ...['--quiet', ...on(database)],
  ]);
  expect(status).toBe(1);
  expect(stderr).toBe(
    `longhaul: import: ${server.url}/none.csv answers with status 404
Try: open that address with curl -i: it may not be the right one
longhaul: ${server.url}/page.csv: line 1: this is a web page (HTML), not CSV
Try: open it in a browser: it is often a login or an error page that was downloaded instead of the file
`,
  );
  expect(statSync(database).size).toBeGreaterThan(0);
  expect(existsSync(`${database}.spool`)).toBe(false);
  const named = await longhaul(['import', `${server.url}/a?key=geheim`, ...on(database)]);
  expect(named.status).toBe(2);
  expect(named.stderr).toContain(`what ${server.url}/a?… asks for can be different each time: add --as NAME`);
});

test('a token goes to its own server, from the environment or a file, and nowhere else', async () => {
  using folder = new TempFolder();
  using hosted = new TempFolder();
  hosted.write('a.csv', csv);
  await using source = await TestSource.start(hosted, { token: 'geheim' });
  await using other = await OddServer.http((_request, response) => void response.end(csv));
  const address = `${source.server.url}/read?file=a.csv`;
  const args = ['import', address, '--as', 'a.csv', ...on(folder.file('shop.db'))];
  const refused = await longhaul(args);
  expect([refused.status, refused.stderr.split('\n')[0]]).toEqual([
    1,
    `longhaul: import: ${source.server.url}/read?… lets nobody in without the right token (status 401)`,
  ]);
  expect((await longhaul([...args, '--token-file', folder.write('token', 'geheim\n')])).status).toBe(0);
  const env = { LONGHAUL_TOKEN_IMPORT: 'geheim' };
  expect(await longhaul([...args, '--json'], { env })).toMatchObject({ status: 0, stderr: '' });
  const receipt = await importFile(address, {
    db: `sqlite:${folder.file('own.db')}`,
    name: 'a',
    token: 'geheim',
  });
  expect(receipt).toMatchObject({ status: 'done', inserted: 2 });

  const two = await longhaul(['import', address, `${other.url}/b.csv`, ...on(folder.file('shop.db'))], {
    env,
  });
  expect([two.status, two.stderr.split('\n')[0]]).toEqual([
    2,
    'longhaul: the token is for one server, and the addresses are of 2',
  ]);
  expect(other.requests).toEqual([]);
  const missing = await longhaul([...args, '--token-file', 'nowhere']);
  expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining('nowhere')]);
});

test('how much of it is here is told while it comes', async () => {
  using folder = new TempFolder();
  const content = Buffer.concat([...sampleBlocks({ records: 20_000, seed: 3 })]);
  const isShown = new AbortController();
  await using server = await OddServer.http(async ({ method }, response) => {
    response.writeHead(200, { 'content-length': content.length });
    if (method === 'HEAD') return void response.end();
    // Until the command has told of it, it comes as slowly as can be: a line is written when something comes.
    let sent = 2 ** 20;
    response.write(content.subarray(0, sent));
    for (; !isShown.signal.aborted && sent < content.length - 1; sent++) {
      response.write(content.subarray(sent, sent + 1));
      // Nothing is waited for here: so slow is this server.
      await sleep(10);
    }
    response.end(content.subarray(sent));
  });
  const told: ImportProgress[] = [];
  const onProgress = (progress: ImportProgress): void => void told.push(progress);
  const url = `${server.url}/a.csv`;
  const line = /a\.csv: \d+ %, [\d.]+ MiB of [\d.]+ MiB are here, [\d.]+ MB\/s, \d+ s left\n/;
  await using command = new CliProcess(['import', url, ...on(folder.file('shop.db'))]);
  const imported = importFile(url, { db: `sqlite:${folder.file('own.db')}`, onProgress });
  try {
    await command.until('it tells how much is here', () => line.test(command.stderr));
  } finally {
    isShown.abort();
  }
  await imported;
  expect(await command.ended).toMatchObject({ status: 0 });
  const phases = told.map(({ phase }) => phase);
  expect(phases.lastIndexOf('reading')).toBeLessThan(phases.indexOf('staging'));
  const { length } = content;
  expect(told.findLast(({ phase }) => phase === 'reading')).toEqual({
    ...{ phase: 'reading', storedBytes: length, expectedBytes: length },
  });
});
