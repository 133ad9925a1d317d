/** `longhaul source` as its users start it. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { CliProcess, longhaul } from '../helpers/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import type { Sensed } from '../helpers/test-source.ts';

const csv = 'name,sku\nAnn,1\n';
const large = `a,b\n${'1,2\n'.repeat(8_000_000)}`;
const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A folder to host and one for manifests. */
class Place extends TempFolder {
  readonly data: string;

  constructor(files: Readonly<Record<string, string>>) {
    super();
    this.data = this.file('data');
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(this.file(`data/${name}`)), { recursive: true });
      this.write(`data/${name}`, text);
    }
  }

  source(...args: string[]): CliProcess {
    const options = ['--port', '0', '--cache-folder', this.file('cache'), ...args];
    return new CliProcess(['source', this.data, ...options], { cwd: this.path });
  }
}

async function listening(command: CliProcess): Promise<string> {
  await command.until('it listens', () => command.stdout.includes('\n'));
  const [, url] = /^listening on (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(command.stdout) ?? [];
  if (url === undefined) throw new Error(command.stdout);
  return url;
}

async function ready(url: string, name: string, version?: string): Promise<string> {
  let found: string | null | undefined;
  await eventually(`${name} is ready`, async () => {
    const { files } = (await (await fetch(`${url}/sense`)).json()) as Sensed;
    found = files.find((file) => file.name === name)?.version;
    return version === undefined ? typeof found === 'string' : found === version;
  });
  return found!;
}

async function metric(url: string, line: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((each) => each.startsWith(`${line} `))
      ?.slice(line.length + 1) ?? 0,
  );
}

test('says where it listens once it answers; a change is ready when it was left alone for two seconds', async () => {
  using place = new Place({ 'a.csv': csv });
  await using command = place.source();
  const url = await listening(command);
  expect(await ready(url, 'a.csv')).toBe(sha256(csv));
  const changed = `${csv}Bob,2\n`;
  place.write('data/.new', changed);
  renameSync(place.file('data/.new'), place.file('data/a.csv'));
  const changedAt = performance.now();
  await ready(url, 'a.csv', sha256(changed));
  const waited = performance.now() - changedAt;
  expect(waited).toBeGreaterThan(1950);
  expect(await (await fetch(`${url}/read`)).text()).toBe(changed);
  command.kill('SIGINT');
  expect(await command.ended).toMatchObject({ status: 130, signal: null });
  const lines = command.stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  const [line] = lines;
  expect(lines.length).toBe(1);
  expect(line).toEqual({
    ...{
      level: 30,
      time: expect.any(String) as string,
      part: 'source',
      msg: 'answered',
      method: 'GET',
      route: '/read',
    },
    ...{ from: '127.0.0.1', status: 200, ms: expect.any(Number) as number },
  });
});

test('a restart does not hash again what is as it was', async () => {
  using place = new Place({ 'a.csv': csv, 'b.csv': large, 'page.csv': '<html>' });
  let before: unknown;
  {
    await using command = place.source('--log-level', 'silent');
    const url = await listening(command);
    await ready(url, 'b.csv');
    await eventually(
      'all are known',
      async () => (await metric(url, 'longhaul_source_files{state="preparing"}')) === 0,
    );
    before = await (await fetch(`${url}/sense`)).json();
    expect(await metric(url, 'longhaul_source_hashed_bytes_total')).toBe(csv.length + large.length);
    command.kill('SIGTERM');
    expect(await command.ended).toEqual({ status: 0, signal: null, stdout: command.stdout, stderr: '' });
  }
  {
    await using command = place.source();
    const url = await listening(command);
    expect(await (await fetch(`${url}/sense`)).json()).toEqual(before);
    expect(await metric(url, 'longhaul_source_described_total{outcome="kept"}')).toBe(3);
    expect(await metric(url, 'longhaul_source_hashed_bytes_total')).toBe(0);
  }
  // Cut in another way they are other manifests.
  await using command = place.source('--delimiter', ';');
  const url = await listening(command);
  await ready(url, 'a.csv');
  expect(await metric(url, 'longhaul_source_described_total{outcome="kept"}')).toBe(0);
});

test('a spoilt cache and one that cannot be made cost time only', async () => {
  using place = new Place({ 'a.csv': csv });
  {
    await using command = place.source();
    await ready(await listening(command), 'a.csv');
    command.kill('SIGTERM');
    await command.ended;
  }
  for (const name of place.list().filter((each) => /manifests\/[0-9a-f]{64}$/.test(each)))
    place.write(name, '{}');
  {
    await using command = place.source();
    const url = await listening(command);
    expect(await ready(url, 'a.csv')).toBe(sha256(csv));
    expect(await metric(url, 'longhaul_source_described_total{outcome="ready"}')).toBe(1);
  }
  writeFileSync(place.file('file'), '');
  await using command = place.source('--cache-folder', place.file('file/cache'));
  expect(await ready(await listening(command), 'a.csv')).toBe(sha256(csv));
  await command.until('it says so', () => command.stderr.includes('manifests are not kept'));
});

test('what it may not read is refused until it may', async () => {
  using place = new Place({ 'a.csv': csv, 'sub/b.csv': csv });
  for (const path of [place.path, place.data]) chmodSync(path, 0o755);
  chmodSync(place.file('data/a.csv'), 0);
  chmodSync(place.file('data/sub'), 0);
  // Root may read everything, so another user has to try.
  const uid = process.getuid?.() === 0 ? { uid: 65534 } : {};
  mkdirSync(place.file('cache'));
  chmodSync(place.file('cache'), 0o777);
  const args = ['source', place.data, '--port', '0', '--cache-folder', place.file('cache')];
  await using command = new CliProcess(args, uid);
  const url = await listening(command);
  const codes = async (): Promise<Record<string, string>> => {
    const { files } = (await (await fetch(`${url}/sense`)).json()) as Sensed;
    return Object.fromEntries(files.map(({ name, state, code }) => [name, code ?? state]));
  };
  await eventually('both are refused', async () => {
    const { 'a.csv': file, 'sub/': folder } = await codes();
    return file === 'file_not_readable' && folder === 'folder_not_readable';
  });
  chmodSync(place.file('data/sub'), 0o755);
  chmodSync(place.file('data/a.csv'), 0o644);
  await ready(url, 'a.csv');
  await ready(url, 'sub/b.csv');
});

test('Ctrl-C: nothing new, reads in hand to their end; a second one kills', async () => {
  using place = new Place({ 'a.csv': large });
  await using command = place.source();
  const url = await listening(command);
  const version = await ready(url, 'a.csv');
  const inHand = await fetch(`${url}/read`);
  command.kill('SIGINT');
  await eventually('nothing new is taken', () =>
    fetch(`${url}/healthz`).then(
      () => false,
      () => true,
    ),
  );
  expect(command.hasEnded).toBe(false);
  expect(sha256(await inHand.bytes())).toBe(version);
  expect(await command.ended).toMatchObject({ status: 130, signal: null });

  await using other = place.source();
  const otherUrl = await listening(other);
  await fetch(`${otherUrl}/read`);
  other.kill('SIGINT');
  await eventually('nothing new is taken', () =>
    fetch(`${otherUrl}/healthz`).then(
      () => false,
      () => true,
    ),
  );
  other.kill('SIGINT');
  expect(await other.ended).toMatchObject({ status: null, signal: 'SIGINT' });
});

test('reads in hand get --drain-time and no more', async () => {
  using place = new Place({ 'a.csv': large });
  await using command = place.source('--drain-time', '1');
  const url = await listening(command);
  await ready(url, 'a.csv');
  await fetch(`${url}/read`);
  command.kill('SIGTERM');
  expect(await command.ended).toMatchObject({ status: 0, signal: null });
});

test('the token is taken from the environment, asked for, and told to nobody', async () => {
  using place = new Place({ 'a.csv': csv });
  const token = 'a-secret-of-ours';
  const args = [
    'source',
    place.data,
    '--port',
    '0',
    '--cache-folder',
    place.file('cache'),
    '--log-level',
    'debug',
  ];
  await using command = new CliProcess(args, { env: { LONGHAUL_TOKEN: token } });
  const url = await listening(command);
  expect((await fetch(`${url}/sense`)).status).toBe(401);
  const headers = { authorization: `Bearer ${token}` };
  expect((await fetch(`${url}/sense`, { headers })).status).toBe(200);
  await command.until('both are in the log', () => command.stderr.split('\n').length > 2);
  expect(command.stdout + command.stderr).not.toContain(token);
});

test('what it refuses to host', async () => {
  using place = new Place({ 'a.csv': csv });
  const run = (...args: string[]) =>
    longhaul(['source', ...args], { cwd: place.path, env: { XDG_CACHE_HOME: place.file('cache') } });
  expect(await run('nowhere')).toEqual({
    ...{ status: 1, signal: null, stdout: '' },
    stderr:
      'longhaul: nowhere: no such folder\nTry: check the path; a relative one starts at the folder in which you call longhaul\n',
  });
  expect((await run('data/a.csv')).stderr).toMatch(/^longhaul: data\/a\.csv is a file, not a folder\n/);
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.com']) {
    const { status, stderr } = await run('data', '--host', host);
    expect([status, stderr]).toEqual([2, expect.stringContaining(`--host cannot be "${host}"`)]);
  }
  for (const cache of ['data', 'data/cache', 'data/../data/x']) {
    const { status, stderr } = await run('data', '--cache-folder', cache);
    expect([status, stderr]).toEqual([2, expect.stringContaining('outside of the hosted folder')]);
  }
  expect((await run('data', '--token', 'two words')).status).toBe(2);
  expect((await run('data', '--columns', 'a,b')).status).toBe(2);
  expect((await run('data', '--port', '65536')).status).toBe(2);
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const { status, stderr } = await run('data', '--port', String(port));
  taken.close();
  expect([status, stderr]).toEqual([
    1,
    expect.stringContaining(`cannot listen on 127.0.0.1:${port} (another program listens there already)`),
  ]);
});
