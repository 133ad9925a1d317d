/** Every command with a PostgreSQL database, as a role that owns nothing but its schema; and what is told when something is wrong with the server. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { type CliResult, longhaul, longhaulJson } from '../helpers/cli.ts';
import { execute, PostgresDatabase } from '../helpers/postgres-database.ts';
import { OldPostgres } from '../helpers/old-postgres.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const header = 'name,sku,description\n';
/** Of the ordinary role; nothing may ever show it. */
const password = 'pass%w0rd:@/?#';

let folder: TempFolder;
let server: string;
let database: PostgresDatabase;
let role: string;
let small: string;

beforeAll(async () => {
  server = inject('postgresUrl');
  folder = new TempFolder();
  small = folder.write('small.csv', `${header}Ann,s1,one\nBob,s2,"two\nlines"\nAnn,s3,\n`);
  database = await PostgresDatabase.create(server);
  role = `${database.name}_role`;
  await execute(server, `CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
  await execute(database.url, `GRANT CREATE ON DATABASE ${database.name} TO ${role}`);
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await execute(server, `DROP ROLE ${role}`);
  folder[Symbol.dispose]();
});

/** The URL of a new schema for the ordinary role, changed as the test wants. */
function urlOf(change: (url: URL) => void = () => undefined): string {
  const url = new URL(database.newSchema());
  url.username = role;
  url.password = encodeURIComponent(password);
  change(url);
  return url.href;
}

async function run(url: string, ...args: readonly string[]): Promise<CliResult> {
  // Quietly: on a busy machine an import tells how far it is.
  const result = await longhaul([...args, '--quiet', '--db', url], { cwd: folder.path });
  const secrets = [password, encodeURIComponent(password), new URL(inject('postgresUrl')).password].filter(
    Boolean,
  );
  for (const secret of secrets) expect(result.stdout + result.stderr).not.toContain(secret);
  return result;
}

async function output(url: string, ...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await run(url, ...args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

test('what SQLite and PostgreSQL make of the same files and edits is the same, to the last hash', async () => {
  const csv = folder.write('sample.csv', Buffer.concat([...sampleBlocks({ records: 20_000, seed: 1 })]));
  const changed = { fraction: 0.05, seed: 2 };
  const next = folder.write(
    'next.csv',
    Buffer.concat([...sampleBlocks({ records: 20_000, seed: 1, changed })]),
  );
  const urls = [`sqlite:${folder.file('compare.db')}`, urlOf()];
  const seen = await Promise.all(
    urls.map(async (url) => {
      const told: string[] = [];
      const importing = ['import', '--as', 'products.csv', '--chunk-size', '256KiB', '--json'];
      told.push(await output(url, ...importing, csv));
      const [first] = (
        JSON.parse(await output(url, 'show', 'products', '--json', '--limit', '1')) as {
          products: { sku: string }[];
        }
      ).products;
      await output(url, 'update', first!.sku, '--name', 'Eve');
      told.push(await output(url, ...importing, next), await output(url, ...importing, next));
      for (const what of ['products', 'counts'])
        told.push(await output(url, 'show', what, '--limit', '1000000', '--csv'));
      return [...told, await output(url, 'verify', '--json')].map(withoutTime);
    }),
  );
  expect(seen[1]).toEqual(seen[0]);
});

test.for([
  ['with a key of two columns', ['--key', 'c_chunk,id', '--count-by', 'n,day,ok'], true],
  ['without a key', ['--count-by', 'x'], false],
] as const)('typed columns, NULLs and names that longhaul uses itself: %s', async ([, options, hasKey]) => {
  const columns = 'id,n,x,ok,day,at,_kind,c_chunk';
  const rows = [
    'a,1,0.1,yes,2026-02-28,2026-02-28T23:59:59.5Z,,k',
    'b,-9223372036854775808,1e21,no,0001-01-01,0001-01-01 00:00:00.000001,x,k',
    'c,9223372036854775807,5e-324,,9999-12-31,9999-12-31T23:59:59+00,y,k',
    'd,,-123456789012345680,1,,,"",k',
    'e,1,,0,2026-02-28,2026-03-01 02:00:00+05:45,z,k',
    'f,x,1,1,2026-02-30,,,k',
    'a,7,2.5e-7,t,1999-12-31,1969-12-31 23:59:59.999999,,l',
  ];
  const first = folder.write('typed.csv', `${columns}\n${rows.join('\n')}\n`);
  const second = folder.write(
    'typed-2.csv',
    `${columns}\n${rows.toReversed().join('\n').replaceAll('2026', '2027').replace('5e-324', '')}\n`,
  );
  const types = 'n=integer,x=real,ok=boolean,day=date,at=timestamp';
  const urls = [`sqlite:${folder.file(`typed-${hasKey}.db`)}`, urlOf()];
  const seen = await Promise.all(
    urls.map(async (url) => {
      const table = ['--table', 'odd "table"'];
      const told: string[] = [];
      for (const file of [first, second]) {
        told.push(
          await output(
            url,
            'import',
            ...table,
            ...options,
            '--types',
            types,
            '--as',
            'f',
            '--max-rejects',
            '1',
            '--json',
            file,
          ),
        );
        told.push(await output(url, 'show', 'rows', ...table, '--json', '--limit', '100'));
        for (const counted of hasKey ? ['n', 'day', 'ok'] : ['x'])
          told.push(await output(url, 'show', 'counts', counted, ...table, '--json'));
        told.push(await output(url, 'show', 'rejects', ...table, '--json'));
      }
      if (hasKey) {
        told.push(
          await output(url, 'update', ...table, 'k', 'b', '--set', 'x=0.25', '--set', 'day=', '--set', 'n=1'),
        );
        told.push(await output(url, 'import', ...table, '--as', 'f', '--max-rejects', '1', '--json', first));
        told.push(
          await output(url, 'show', 'rows', ...table, '--json'),
          await output(url, 'show', 'counts', 'n', ...table),
        );
        told.push(
          await output(url, 'update', ...table, 'k', 'e', '--set', 'at=2026-01-01 10:00'),
          await output(url, 'update', ...table, 'k', 'e', '--take-back'),
        );
      }
      return [...told, await output(url, 'verify', '--json')].map(withoutTime);
    }),
  );
  expect(seen[1]).toEqual(seen[0]);
});

/** A receipt without what differs from run to run. */
function withoutTime(text: string): string {
  return text.replaceAll(/"(seconds|recordsPerSecond|peakRssBytes)":[\d.e+]+/g, '"$1":0');
}

test('every command, from init to clear', async () => {
  const url = urlOf();
  const shown = `postgres://${role}:***@${new URL(url).host}/${database.name}${new URL(url).search}`;
  expect(await output(url, 'init')).toBe(`${shown} is ready: products has 0 rows\n`);
  const { receipts } = await longhaulJson<{ receipts: object[] }>(['import', small, '--db', url]);
  expect(receipts).toMatchObject([{ status: 'done', inserted: 3, groups: 2, reconciled: true }]);
  expect(await output(url, 'import', small)).toContain('nothing to do');
  expect(await output(url, 'update', 's1', '--name', 'Eve')).toContain('edited');
  expect(await output(url, 'show', 'products', 's1')).toContain('Eve');
  const again = folder.write('again.csv', `${header}Ann,s1,one\nBob,s2,new\n`);
  expect(await output(url, 'import', again, '--as', small)).toContain(
    '1 updated + 0 unchanged + 0 superseded + 1 kept',
  );
  expect(await output(url, 'update', 's1', '--take-back')).toContain('Ann');
  expect(await output(url, 'show', 'counts')).toMatch(/Ann +2\nBob +1\n$/);
  expect(await output(url, 'verify')).toContain('everything agrees');
  expect(await output(url, 'clear', '--yes')).toBe(`${shown}: products is empty, 3 rows removed\n`);
  expect(await output(url, 'import', small)).toContain('3 inserted');
});

test('tables of other programs in the same schema are left alone; one of our name is told of', async () => {
  const url = urlOf();
  const schema = new URL(url).searchParams.get('schema');
  await execute(
    database.url,
    `CREATE SCHEMA ${schema} AUTHORIZATION ${role}; CREATE TABLE ${schema}.theirs (x int)`,
  );
  await output(url, 'import', small);
  expect((await execute(database.url, `SELECT count(*)::int AS n FROM ${schema}.theirs`))[0]).toEqual({
    n: 0,
  });
  await execute(url, 'ALTER TABLE products ADD COLUMN price int');
  await expectRefused(url, ['import', small], 'the table "products" has other columns than this dataset');
});

async function expectRefused(
  url: string,
  args: readonly string[],
  message: string,
  hint = '',
): Promise<void> {
  const { status, stderr } = await run(url, ...args);
  expect(stderr).toContain(message);
  expect(stderr).toContain(`\nTry: ${hint}`);
  expect(stderr).not.toContain('defect');
  expect(status).toBe(1);
}

describe('what is wrong with the server is told, and what to try', () => {
  test.for([
    [
      'a wrong password',
      (url: URL): unknown => (url.password = 'wrong'),
      'refuses the login (password authentication failed',
      'check user',
    ],
    [
      'no such database',
      (url: URL): unknown => (url.pathname = '/no such'),
      'the server has no database "no such"',
      'create it: createdb',
    ],
    [
      'nobody at that port',
      (url: URL): unknown => (url.port = '1'),
      'the server cannot be reached (connect ECONNREFUSED',
      'see whether PostgreSQL runs',
    ],
    [
      'no such host',
      (url: URL): unknown => (url.hostname = 'no-such-host.invalid'),
      'the server cannot be reached (',
      'see whether',
    ],
    [
      'no right to create',
      (url: URL) => url.searchParams.set('schema', 'public'),
      'permission denied for schema public',
      'have the database',
    ],
    [
      'only reading allowed',
      (url: URL) => url.searchParams.set('options', '-c default_transaction_read_only=on'),
      'lets this role only read',
      'name the primary',
    ],
    [
      'no schema at all',
      (url: URL): unknown => (url.search = '?options=-c%20search_path%3Dnone_there'),
      'none of the schemas',
      'name one',
    ],
  ] as const)('%s', async ([, change, message, hint]) => {
    const url = urlOf(change);
    for (const command of [['import', small], ['init']]) await expectRefused(url, command, message, hint);
  });

  test('no tables yet', async () => {
    const url = urlOf();
    for (const command of [
      ['show', 'products'],
      ['verify'],
      ['update', 's1', '--name', 'x'],
      ['clear', '--yes'],
    ]) {
      await expectRefused(
        url,
        command,
        'longhaul has no tables in the schema "s',
        '"longhaul init" creates them',
      );
    }
  });

  test('no more connections', async () => {
    const limited = `${role}_limited`;
    await execute(server, `CREATE ROLE ${limited} LOGIN PASSWORD '${password}' CONNECTION LIMIT 0`);
    const url = urlOf((given) => (given.username = limited));
    await expectRefused(
      url,
      ['import', small],
      'takes no more connections (too many connections for role',
      'run the same command again',
    );
    await execute(server, `DROP ROLE ${limited}`);
  });

  test('a server that is too old', async () => {
    await using old = await OldPostgres.start([
      ['number', 23, '130014'],
      ['version', 25, '13.14'],
      ['encoding', 25, 'UTF8'],
      ['schema', 25, 'public'],
    ]);
    await expectRefused(
      old.url,
      ['import', small],
      'is PostgreSQL 13.14, and 15 or newer is needed',
      'use a server',
    );
  });

  test('an encoding that cannot hold everything', async () => {
    await using latin = await PostgresDatabase.create(server, "LC_COLLATE 'C' LC_CTYPE 'C'", 'LATIN1');
    const message = 'stores text as LATIN1, which cannot hold every character';
    await expectRefused(latin.url, ['import', small], message, 'make another one: createdb');
  });

  test('a key that no index can hold', async () => {
    const long = folder.write('long.csv', `${header}Ann,${randomText(5000)},x\n`);
    await expectRefused(urlOf(), ['import', long], 'too long for an index', 'PostgreSQL keeps about');
  });

  test('a statement that takes too long, and a lock that others hold', async () => {
    const url = urlOf();
    await output(url, 'import', small);
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    const schema = new URL(url).searchParams.get('schema');
    await holder.query(`BEGIN; SELECT 1 FROM ${schema}._longhaul_datasets FOR UPDATE`);
    const hasty = new URL(url);
    hasty.searchParams.set('options', '-c statement_timeout=500ms');
    const timeOut = 'has ended a statement (canceling statement due to statement timeout)';
    await expectRefused(hasty.href, ['update', 's1', '--name', 'x'], timeOut, 'allow the role more time');
    const other = folder.write('other.csv', `${header}Ann,s9,x\n`);
    await expectRefused(
      url,
      ['import', other],
      'has held it locked for more than 5 s',
      'close the other program',
    );
    await holder.query('ROLLBACK');
    await holder.end();
    await output(url, 'import', other);
    expect(await output(url, 'verify')).toContain('everything agrees');
  });

  test('tables of a newer version', async () => {
    const url = urlOf();
    await output(url, 'init');
    await execute(url, 'UPDATE _longhaul_schema SET version = 99');
    for (const command of [
      ['import', small],
      ['show', 'products'],
    ]) {
      await expectRefused(
        url,
        command,
        'was written by a newer Longhaul (schema version 99',
        'update longhaul',
      );
    }
  });

  test.for(['postgres://', 'postgres://ann:secret@host:port/db', 'postgresql://[::1/db?password=secret'])(
    '%s',
    async (url) => {
      const { status, stderr } = await longhaul(['import', small, '--db', url]);
      expect(status).toBe(url === 'postgres://' ? 1 : 2);
      expect(stderr).not.toContain('secret');
    },
  );
});

/** Does not compress, as an index would do with it. */
function randomText(length: number): string {
  let state = 1;
  const next = (): number => (state = (state * 48_271) % 2_147_483_647);
  return Array.from({ length }, () => String.fromCodePoint(0x4e00 + (next() % 20_000))).join('');
}
