/** A source that knows only a status and `/read`, and sets its status back whenever it likes: no change is lost. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { ManualClock } from '../helpers/manual-clock.ts';
import { OddServer } from '../helpers/odd-server.ts';
import { Random } from '../helpers/random.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { contentOf, TestClient } from '../helpers/test-client.ts';

const seed = Number(process.env['LONGHAUL_TEST_SEED'] ?? Date.now() % 1_000_000);
const rereadMs = 60 * 60_000;

/** When the status goes back to 0. */
type Resets = 'when asked' | 'when the read begins' | 'when the read ends' | 'never';

/** A source of the simplest kind. */
class PlainSource {
  status = 1;
  content = 'a,b\n0,0\n';
  resets: Resets = 'when the read begins';
  /** Reads are cut off. */
  isBroken = false;
  /** Called in the middle of a read. */
  onRead: () => void | Promise<void> = () => undefined;

  change(content: string): void {
    this.content = content;
    this.status = 1;
  }

  serve(): Promise<OddServer> {
    return OddServer.http(async ({ url }, response) => {
      if (url === '/sense') {
        response.end(JSON.stringify({ status: this.status }));
        if (this.resets === 'when asked') this.status = 0;
        return;
      }
      const body = Buffer.from(this.content);
      if (this.resets === 'when the read begins') this.status = 0;
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, 4));
      await this.onRead();
      if (this.isBroken) response.destroy();
      else response.end(body.subarray(4));
      if (this.resets === 'when the read ends') this.status = 0;
    });
  }
}

test.for(['when asked', 'when the read begins', 'when the read ends', 'never'] as const)(
  'a status that is set back %s, reads that fail, and restarts between them',
  async (resets) => {
    using folder = new TempFolder();
    const source = new PlainSource();
    source.resets = resets;
    await using server = await source.serve();
    const open = (): Promise<TestClient> => TestClient.open({ url: server.url, kind: 'plain' }, folder.path);
    let client = await open();
    expect((await client.bytes(await client.until('read'))).toString()).toBe(source.content);
    source.change('a,b\n1,1\n');
    const offered = await client.until('read');
    source.isBroken = true;
    for (let times = 0; times < 3; times++) {
      await expect(client.read(offered)).rejects.toMatchObject({ code: 'source_broke_off' });
    }
    // Its process ends; the next one is told nothing by the source any more.
    await client[Symbol.asyncDispose]();
    client = await open();
    const again = await client.until('read');
    await expect(client.read(again)).rejects.toMatchObject({ code: 'source_broke_off' });
    source.isBroken = false;
    expect((await client.bytes(again)).toString()).toBe('a,b\n1,1\n');
    if (resets !== 'never') expect(await client.sense()).toBeNull();
    await client[Symbol.asyncDispose]();
  },
);

test('what an earlier process has read and not published is offered again, and not asked for', async () => {
  using folder = new TempFolder();
  const source = new PlainSource();
  await using server = await source.serve();
  {
    await using client = await TestClient.open({ url: server.url, kind: 'plain' }, folder.path);
    await using read = await client.read(await client.until('read'));
    expect(await read.file.sense()).toMatchObject({ fingerprint: null });
  }
  expect(folder.list().some((name) => name.endsWith('.pending'))).toBe(false);
  source.content = 'a,b\n9,9\n';
  await using client = await TestClient.open({ url: server.url, kind: 'plain' }, folder.path);
  const offered = await client.until('read');
  expect(offered.version).toMatch(/^[0-9a-f]{64}$/);
  expect((await client.bytes(offered)).toString()).toBe('a,b\n0,0\n');
  expect(server.requests.filter((request) => request === 'GET /read').length).toBe(1);
  expect(await client.sense()).toBeNull();
});

test('a change while it is read is read once more', async () => {
  using folder = new TempFolder();
  const source = new PlainSource();
  await using server = await source.serve();
  await using client = await TestClient.open({ url: server.url, kind: 'plain' }, folder.path);
  const offered = await client.until('read');
  source.onRead = async () => {
    source.onRead = () => undefined;
    source.change('a,b\n1,1\n');
    expect(await client.sense()).toBeNull();
  };
  expect((await client.bytes(offered)).toString()).toBe('a,b\n0,0\n');
  const next = (await client.sense())![0]!;
  expect(next).not.toBe(offered);
  expect((await client.bytes(next)).toString()).toBe('a,b\n1,1\n');
  expect(await client.sense()).toBeNull();
});

test('it is read again now and then, whatever it says; no look at it costs a write', async () => {
  using folder = new TempFolder();
  const clock = new ManualClock();
  const source = new PlainSource();
  await using server = await source.serve();
  const said = { url: server.url, kind: 'plain' as const };
  await using client = await TestClient.open(said, folder.path, { clock, tuning: { rereadMs } });
  const first = await client.until('read');
  await using read = await client.read(first);
  const version = await read.file.version(new AbortController().signal);
  const before = folder.list();
  // It does not say so.
  source.content = 'a,b\n1,1\n';
  for (let looks = 0; looks < 10; looks++) {
    clock.advance(rereadMs / 10 - 1);
    expect(await client.sense()).toBeNull();
  }
  expect(folder.list()).toEqual(before);
  clock.advance(10);
  const next = (await client.sense())![0]!;
  await using again = await client.read(next);
  expect(await again.file.version(new AbortController().signal)).not.toBe(version);
  // What is still being imported stays while its successor is read.
  expect((await contentOf(read)).toString()).toBe('a,b\n0,0\n');
  expect((await contentOf(again)).toString()).toBe('a,b\n1,1\n');
});

test(`random changes, failures and restarts, seed ${seed}: at rest the last content is here`, async () => {
  const random = new Random(seed);
  for (const resets of ['when asked', 'when the read begins', 'when the read ends'] as const) {
    using folder = new TempFolder();
    const source = new PlainSource();
    source.resets = resets;
    await using server = await source.serve();
    const open = (): Promise<TestClient> => TestClient.open({ url: server.url, kind: 'plain' }, folder.path);
    let client = await open();
    let offered = (await client.sense())?.[0] ?? null;
    let published = '';
    for (let step = 0; step < 200; step++) {
      const isEnding = step > 190;
      const dice = random.below(10);
      if (dice < 2 && !isEnding) source.change(`a,b\n${step},1\n`);
      source.isBroken = !isEnding && random.below(2) === 0;
      // A source that says that it is read only once it is cannot know of a change in between.
      if (dice === 2 && !isEnding && resets !== 'when the read ends') {
        source.onRead = () => {
          source.onRead = () => undefined;
          source.change(`a,b\n${step},2\n`);
        };
      }
      if (dice === 3) {
        await client[Symbol.asyncDispose]();
        client = await open();
        offered = null;
      }
      offered = (await client.sense())?.[0] ?? offered;
      if (offered === null || (dice > 6 && !isEnding)) continue;
      const bytes = await client.bytes(offered).catch(() => null);
      if (bytes === null) continue;
      published = bytes.toString();
      offered = null;
    }
    expect([resets, published]).toEqual([resets, source.content]);
    await client[Symbol.asyncDispose]();
  }
});

test('a digest that is told beside the content, or after it', async () => {
  const content = 'a,b\n1,2\n';
  const digest = `sha-256=:${createHash('sha256').update(content).digest('base64')}:`;
  for (const headers of [{ 'content-digest': digest }, { digest: digest.replaceAll(':', '') }, {}]) {
    using folder = new TempFolder();
    await using server = await OddServer.http(({ url }, response) => {
      if (url === '/sense') return void response.end('{"status":1}');
      response.writeHead(200, { ...headers, trailer: 'repr-digest' });
      response.addTrailers({ 'repr-digest': digest });
      response.end(content);
    });
    await using client = await TestClient.open({ url: server.url, kind: 'plain' }, folder.path);
    expect((await client.bytes(await client.until('read'))).toString()).toBe(content);
  }
});
