/** The sources that a database remembers: told on the command line, noticed by a running master. */
import { readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { type CliResult, longhaul, longhaulJson } from '../helpers/cli.ts';
import { value } from '../helpers/dump.ts';
import { eventually } from '../helpers/eventually.ts';
import { MasterProcess, SourceProcess } from '../helpers/master-process.ts';
import { header } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

class Place extends TempFolder {
  readonly database = this.file('shop.db');

  constructor() {
    super();
    for (const name of ['a.csv', 'b.csv']) this.write(name, `${header}Ann,${name},of ${name}\n`);
  }
  run(...args: string[]): Promise<CliResult> {
    return longhaul([...args, '--db', 'sqlite:shop.db'], { cwd: this.path });
  }
  master(...args: string[]): Promise<MasterProcess> {
    const usual = ['--db', 'sqlite:shop.db', '--sense-interval', '0.1', '--log-level', 'error'];
    return MasterProcess.start(this, [...usual, ...args]);
  }
}

const failed = (message: string, hint: string, status = 1): CliResult => ({
  ...{ status, signal: null, stdout: '' },
  stderr: `longhaul: ${message}\nTry: ${hint}\n`,
});

test('sources come, pause and go while the master runs', async () => {
  using place = new Place();
  await using master = await place.master();
  expect((await master.status()).sources).toEqual([]);
  expect(await place.run('sources', 'add', 'shop', 'a.csv')).toMatchObject({
    status: 0,
    stdout: 'shop: added\n',
  });
  await master.published('shop', 'a.csv');
  expect(value(place.database, "SELECT description FROM products WHERE sku = 'a.csv'")).toBe('of a.csv');

  await place.run('sources', 'pause', 'shop');
  await master.until('it is paused', ({ sources }) => sources[0]?.state === 'paused');
  place.write('a.csv', `${header}Ann,a.csv,anew\n`);
  await place.run('sources', 'add', 'depot', place.path, '--kind', 'folder');
  await master.published('depot', 'b.csv');
  await place.run('sources', 'remove', 'depot');
  await master.until('depot has gone', ({ sources }) => sources.length === 1);
  await place.run('sources', 'resume', 'shop');
  await master.until(
    'a is imported anew',
    () =>
      value(
        place.database,
        "SELECT count(*) FROM _longhaul_runs WHERE source = 'shop' AND state = 'done'",
      ) === 2,
  );

  const { sources } = await longhaulJson<{ sources: Record<string, unknown>[] }>(
    ['show', 'sources', '--db', 'sqlite:shop.db'],
    { cwd: place.path },
  );
  expect(sources).toEqual([
    {
      ...{ name: 'shop', url: place.file('a.csv'), kind: null, table: 'products', tokenFile: null },
      guarded: false,
      ...{
        paused: false,
        saidIn: 'database',
        files: 1,
        added: expect.any(String) as string,
        published: expect.any(String) as string,
      },
    },
  ]);
  const [heads, line] = (await place.run('show', 'sources', '--csv')).stdout.split('\n');
  expect(heads).toBe('source,url,kind,table,state,said in,files,last published');
  expect(line).toContain(`shop,${place.file('a.csv')},,products,active,database,1,20`);
  const story = await place.run('show', 'products', 'a.csv');
  expect(story.stdout).toMatch(
    /brought by line 2 of (shop|depot): a\.csv \(run \d+, version [0-9a-f]{12}, published/,
  );
});

test('what is said on the command line and in longhaul.yaml goes before what the database remembers', async () => {
  using place = new Place();
  await place.run('init');
  for (const name of ['one', 'two', 'three']) await place.run('sources', 'add', name, 'a.csv');
  place.write(
    'longhaul.yaml',
    'sources:\n  two: b.csv\n  one: nowhere.csv\n  four: { url: b.csv, paused: true }\n',
  );
  await using master = await place.master('--source', 'one=b.csv');
  const { sources } = await master.status();
  expect(sources.map(({ name, url, state }) => [name, url, state === 'paused'])).toEqual([
    ['one', 'b.csv', false],
    ['two', 'b.csv', false],
    ['four', 'b.csv', true],
    ['three', place.file('a.csv'), false],
  ]);
  await master.published('three', 'a.csv');
});

test('sources of longhaul.yaml and of the command line are paused and resumed by their names', async () => {
  using place = new Place();
  place.write('longhaul.yaml', 'sources:\n  two: b.csv\n  four: { url: b.csv, paused: true }\n');
  const args = ['--source', 'one=a.csv'];
  {
    await using master = await place.master(...args);
    await master.published('one', 'a.csv');
    await master.published('two', 'b.csv');
    for (const name of ['one', 'two']) {
      expect(await place.run('sources', 'pause', name)).toMatchObject({
        status: 0,
        stdout: `${name}: paused\n`,
      });
      await master.until('it is paused', ({ sources }) =>
        sources.some((source) => source.name === name && source.state === 'paused'),
      );
    }
    await place.run('sources', 'resume', 'two');
    await master.until('it is resumed', ({ sources }) =>
      sources.some(({ name, state }) => name === 'two' && state === 'ok'),
    );
  }
  const { sources } = await longhaulJson<{ sources: { name: string }[] }>(
    ['show', 'sources', '--db', 'sqlite:shop.db'],
    { cwd: place.path },
  );
  expect(sources).toMatchObject([
    { name: 'four', url: 'b.csv', saidIn: 'config', paused: true, files: 0 },
    { name: 'one', url: null, saidIn: 'elsewhere', paused: true, files: 1 },
    { name: 'two', url: 'b.csv', saidIn: 'config', paused: false, files: 1 },
  ]);
  // Paused is what it stays, until somebody resumes it: also in the next master.
  await using master = await place.master(...args);
  expect((await master.source('one'))?.state).toBe('paused');
  const inConfig = await place.run('sources', 'resume', 'four');
  expect([inConfig.status, inConfig.stderr]).toEqual([
    2,
    expect.stringContaining('is paused by longhaul.yaml'),
  ]);
  expect((await place.run('sources', 'remove', 'one')).status).toBe(1);
  // One that is given that name in the database is another source, and paused as it was.
  await place.run('sources', 'add', 'one', 'b.csv');
  expect((await master.source('one'))?.state).toBe('paused');
  expect(await place.run('sources', 'resume', 'one')).toMatchObject({ status: 0, stdout: 'one: resumed\n' });
  await master.published('one', 'a.csv');
});

test('what cannot be a source is told, and nothing is changed', async () => {
  using place = new Place();
  expect(await place.run('sources', 'add', 'a', 'a.csv')).toMatchObject({ status: 1, stdout: '' });
  await place.run('init');
  await place.run('sources', 'add', 'shop', 'http://shop.example:5001');
  expect(await place.run('sources', 'add', 'shop', 'a.csv')).toEqual(
    failed(
      'shop.db: there is a source "shop" already',
      'give it another name, or first: longhaul sources remove shop',
    ),
  );
  const unknown =
    '"longhaul show sources" lists those that are known; those of longhaul.yaml and of --source are added and removed there';
  for (const what of ['pause', 'resume', 'remove'])
    expect(await place.run('sources', what, 'depot')).toEqual(
      failed('shop.db: remembers no source "depot"', unknown),
    );
  for (const args of [
    ['list', 'shop'],
    ['toString', 'shop'],
    ['add', 'depot'],
    ['pause', 'shop', 'a.csv'],
    ['add', 'local', 'a.csv'],
    ['add', 'a b', 'a.csv'],
    ['add', 'depot', 'ftp://shop'],
    ['add', 'depot', 'localhost:5001'],
    ['add', 'depot', 'http://ann:secret@shop/'],
    ['add', 'depot', 'a.csv', '--kind', 'ours'],
  ]) {
    const { status, stdout, stderr } = await place.run('sources', ...args);
    expect([status, stdout], args.join(' ')).toEqual([2, '']);
    expect(stderr).not.toContain('secret');
  }
  expect(value(place.database, 'SELECT count(*) FROM _longhaul_sources')).toBe(1);
});

test.each<[args: string[], message: string]>([
  [
    ['--source', 'shop'],
    '--source cannot be "shop": it must be NAME=URL, such as shop=http://shop.example:5001',
  ],
  [['--source', 'a=b.csv', '--source', 'a=c.csv'], '--source names "a" twice'],
  [
    ['--host', '0.0.0.0'],
    '--host cannot be "0.0.0.0": it must be 127.0.0.1 or another address that only this machine reaches, unless --token is given',
  ],
  [['--sense-interval', '0'], '--sense-interval cannot be "0": it must be seconds from 0.05 to 86400'],
])('a master that cannot start: %j', async (args, message) => {
  using place = new Place();
  const { status, stdout, stderr } = await place.run('master', '--port', '0', ...args);
  expect([status, stdout, stderr.split('\n')[0]]).toEqual([2, '', `longhaul: ${message}`]);
  expect(place.list()).toEqual(['a.csv', 'b.csv']);
});

test('a port that is taken is told', async () => {
  using place = new Place();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const { status, stdout, stderr } = await place.run('master', '--port', String(port));
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain(`cannot listen on 127.0.0.1:${port} (another program listens there already)`);
  server.close();
});

test('while a master runs an import says who is in the way; edits go on', async () => {
  using place = new Place();
  await using master = await place.master('--source', 'shop=a.csv');
  await master.published('shop', 'a.csv');
  const pid = master.command.child.pid;
  expect(await place.run('import', 'b.csv')).toEqual(
    failed(
      `shop.db: another import into this database is running (longhaul master, process ${pid})`,
      'let that master import it (longhaul sources add NAME PATH), or stop it first; edits need no waiting',
    ),
  );
  expect((await place.run('update', 'a.csv', '--name', 'Bob')).status).toBe(0);
  expect((await place.run('verify')).status).toBe(0);
  master.command.kill('SIGINT');
  expect(await master.command.ended).toMatchObject({ status: 130, stderr: '' });
  expect((await place.run('import', 'b.csv')).status).toBe(0);
  expect(place.list().filter((name) => name.startsWith('shop.db.'))).toEqual(['shop.db.lock']);
});

test('sensing what is unchanged writes nothing into the database', async () => {
  using place = new Place();
  await using master = await place.master('--source', `shop=${place.path}`, '--sense-interval', '0.05');
  await master.published('shop', 'a.csv');
  await master.published('shop', 'b.csv');
  await place.run('sources', 'add', 'again', 'a.csv');
  await master.published('again', 'a.csv');
  const seen = (): unknown =>
    readdirSync(place.path)
      .filter((name) => name.startsWith('shop.db') && !name.endsWith('-shm'))
      .map((name) => [name, statSync(place.file(name), { bigint: true }).mtimeNs]);
  const before = seen();
  const sensed = (): Promise<number> => master.metric('longhaul_senses_total{source="shop",outcome="ok"}');
  const first = await sensed();
  await eventually('it has been sensed 40 times more', async () => (await sensed()) >= first + 40);
  expect(seen()).toEqual(before);
});

test('a log of all that happens names source, file, run and chunk', async () => {
  using place = new Place();
  await using master = await place.master('--source', 'shop=a.csv', '--log-level', 'debug');
  await master.published('shop', 'a.csv');
  master.command.kill('SIGTERM');
  expect((await master.command.ended).status).toBe(0);
  const lines = master.command.stderr.trim().split('\n');
  const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const about = { source: 'shop', file: 'a.csv' };
  const chunk = { ...about, run: 1, chunkIndex: 0, records: 1 };
  expect(logged.filter(({ msg }) => msg === 'chunk')).toEqual([expect.objectContaining(chunk)]);
  expect(logged.filter(({ msg }) => msg === 'published')).toEqual([
    expect.objectContaining({ ...about, run: 1 }),
  ]);
});

test('a master with a token tells nothing without it but that it lives and is ready', async () => {
  using place = new Place();
  await using master = await place.master('--token', 'secret');
  const answer = async (path: string, token = ''): Promise<number> =>
    (await fetch(`${master.url}${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
  for (const path of ['/healthz', '/readyz']) expect(await answer(path), path).toBe(200);
  for (const path of ['/api/status', '/metrics']) {
    expect([await answer(path), await answer(path, 'other'), await answer(path, 'secret')], path).toEqual([
      401, 401, 200,
    ]);
  }
  expect(await answer('/nowhere', 'secret')).toBe(404);
});

test('a table that cannot be filled keeps no other one waiting', async () => {
  using place = new Place();
  place.write('orders.csv', 'id,amount\nA,1\n');
  place.write(
    'longhaul.yaml',
    `datasets:
  orders: { key: [number] }
sources:
  bad: { url: orders.csv, table: orders }
  good: a.csv
`,
  );
  await using master = await place.master();
  await master.published('good', 'a.csv');
  await master.until('orders has failed', ({ sources }) => sources[0]?.files[0]?.state === 'failed');
  const { trouble } = (await master.file('bad', 'orders.csv'))!;
  expect(trouble?.reason).toContain('number');
  expect((await fetch(`${master.url}/readyz`)).status).toBe(200);
});

test('a token goes to its source, from the environment or a file', async () => {
  using place = new Place();
  await using hosting = new SourceProcess(place, 'hosted', 'secret');
  place.write('hosted/h.csv', `${header}Ann,h,x\n`);
  await hosting.start();
  {
    await using master = await place.master('--source', `shop-1=${hosting.url}`);
    await master.until('it is denied', ({ sources }) => sources[0]?.trouble?.code === 'source_denies');
  }
  const env = { LONGHAUL_TOKEN_SHOP_1: 'secret' };
  {
    const args = ['--db', 'sqlite:shop.db', '--sense-interval', '0.1', '--source', `shop-1=${hosting.url}`];
    await using master = await MasterProcess.start(place, args, env);
    await master.published('shop-1', 'h.csv');
    expect(JSON.stringify(await master.status()) + master.command.stderr).not.toContain('secret');
  }
  await using master = await place.master();
  await place.run('sources', 'add', 'shop-2', hosting.url, '--token-file', 'token');
  await master.until('there is none', ({ sources }) => sources[0]?.trouble?.code === 'source_token_wrong');
  place.write('token', 'secret\n');
  await master.published('shop-2', 'h.csv');
});
