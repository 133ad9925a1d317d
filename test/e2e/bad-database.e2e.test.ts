/** Databases that cannot be imported into. */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CliProcess, type CliResult, longhaul } from '../helpers/cli.ts';
import { publishedState, reading, value, writing } from '../helpers/dump.ts';
import { header, makeTemplate, on, removeTemplate, Shop } from '../helpers/shop.ts';

beforeAll(makeTemplate);
afterAll(removeTemplate);

const commands = [
  ['import', 'new.csv'],
  ['init'],
  ['clear', '--yes'],
  ['verify'],
  ['show', 'products'],
  ['update', 'k1', '--name', 'Eve'],
] as const;
const writers = commands.slice(0, 3);
const readers = commands.slice(3);

function shopWithFile(): Shop {
  const shop = new Shop();
  shop.write('new.csv', `${header}Cid,k1,d\n`);
  return shop;
}

function failure(message: string, hint: string): CliResult {
  return { status: 1, signal: null, stdout: '', stderr: `longhaul: ${message}\nTry: ${hint}\n` };
}

const anotherFile = 'name another file with --db sqlite:PATH; this one is left as it is';

test('in a folder that is not there', async () => {
  using shop = shopWithFile();
  const hint = 'check that the folder exists and that you may write to it and to the file';
  for (const args of writers.slice(0, 2)) {
    expect(await shop.run(args, { database: 'no/such/a.db' })).toEqual(
      failure('no/such/a.db: cannot be opened for writing (unable to open database file)', hint),
    );
  }
});

test('what is no database is left as it is, and so is the folder around it', async () => {
  using shop = shopWithFile();
  const content = Buffer.from(`${header}${'a,b,c\n'.repeat(1000)}`);
  shop.write('products.csv', content);
  mkdirSync(shop.file('folder'));
  const before = shop.list();
  for (const database of ['products.csv', 'folder']) {
    for (const args of commands) {
      expect(await shop.run(args, { database })).toEqual(
        failure(`${database}: is not an SQLite database`, anotherFile),
      );
    }
  }
  expect(readFileSync(shop.file('products.csv'))).toEqual(content);
  expect(shop.list()).toEqual(before);
});

test('the file to import and the database are one', async () => {
  using shop = shopWithFile();
  symlinkSync('new.csv', shop.file('link.csv'));
  const before = shop.list();
  for (const [file, database] of [
    ['new.csv', 'new.csv'],
    ['link.csv', './new.csv'],
    ['shop.db', 'shop.db'],
  ] as const) {
    expect(await shop.run(['import', file], { database })).toEqual({
      ...failure(
        `--db cannot be "sqlite:${database}": it must be another file than "${file}", which is to be imported`,
        `give --db another file than "${file}", which is to be imported; see "longhaul help"`,
      ),
      status: 2,
    });
  }
  expect(shop.list()).toEqual(before);
});

test('a database of a newer version is not touched', async () => {
  using shop = shopWithFile();
  const path = shop.database;
  const known = Number(value(path, 'PRAGMA user_version'));
  writing(path, 'PRAGMA user_version = 99');
  const before = publishedState(path);
  for (const args of commands) {
    expect(await shop.run(args)).toEqual(
      failure(
        `${path}: was written by a newer Longhaul (schema version 99; this one knows up to ${known})`,
        'update longhaul on this machine',
      ),
    );
  }
  expect(publishedState(path)).toBe(before);
  expect(value(path, 'SELECT count(*) FROM _longhaul_runs')).toBe(1);
});

const theirs = `CREATE TABLE Products (id INTEGER PRIMARY KEY, label TEXT); INSERT INTO Products VALUES (1, 'theirs')`;
const schema = "SELECT group_concat(sql || ';') FROM sqlite_schema";

test('a table of the same name that somebody else has made', async () => {
  using shop = shopWithFile();
  const path = shop.file('theirs.db');
  writing(path, theirs);
  const before = value(path, schema);
  for (const args of writers) {
    expect(await shop.run(args, { database: 'theirs.db' })).toEqual(
      failure(
        'theirs.db: the table "products" is there already, and longhaul did not make it',
        'use another database with --db, or rename that table',
      ),
    );
  }
  for (const args of readers) {
    expect(await shop.run(args, { database: 'theirs.db' })).toEqual(
      failure('theirs.db: is an SQLite database that longhaul did not make', anotherFile),
    );
  }
  expect(value(path, schema)).toBe(before);
  expect(value(path, 'PRAGMA user_version')).toBe(0);
  writing(path, 'ALTER TABLE Products RENAME TO goods');
  expect((await shop.run(['import', 'new.csv'], { database: 'theirs.db' })).status).toBe(0);
  expect(value(path, 'SELECT label FROM goods')).toBe('theirs');
});

test('a database whose version another program keeps', async () => {
  using shop = shopWithFile();
  const path = shop.file('theirs.db');
  writing(path, 'CREATE TABLE goods (id INTEGER); PRAGMA user_version = 7');
  for (const args of writers) {
    expect(await shop.run(args, { database: 'theirs.db' })).toEqual(
      failure(
        'theirs.db: is an SQLite database that longhaul did not make (its user_version is 7)',
        anotherFile,
      ),
    );
  }
  expect(value(path, 'PRAGMA user_version')).toBe(7);
  expect(value(path, schema)).toBe('CREATE TABLE goods (id INTEGER);');
});

test('a database of which somebody has dropped a table', async () => {
  using shop = shopWithFile();
  writing(shop.database, 'DROP TABLE product_counts');
  for (const args of [['show', 'counts'], ['verify'], ['update', 's1', '--name', 'Eve']]) {
    expect(await shop.run(args)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the table "product_counts" is missing\n') as string,
    });
  }
});

test('a database that was cut off', async () => {
  using shop = shopWithFile();
  truncateSync(shop.database, 9000);
  const damaged = failure(
    `${shop.database}: the database file is damaged (database disk image is malformed)`,
    'restore it from a backup; "PRAGMA integrity_check" in the sqlite3 shell tells more',
  );
  for (const args of [commands[0], ...readers]) expect(await shop.run(args)).toEqual(damaged);
});

test('a database that may not be written, or whose folder may not', async ({ skip }) => {
  const nobody = 65534;
  if (process.getuid?.() !== 0) return skip('only root can start a command as somebody else');
  if ((await longhaul(['--version'], { uid: nobody })).status !== 0) {
    return skip('another user cannot run this checkout: it is below a private folder');
  }
  using shop = shopWithFile();
  // No log and no index beside it, as the last program to close it leaves it.
  copyFileSync(shop.database, shop.file('locked.db'));
  chmodSync(shop.path, 0o555);
  chmodSync(shop.file('locked.db'), 0o444);
  const as = { database: 'locked.db', uid: nobody };
  const readonly = 'locked.db: cannot be opened for writing (attempt to write a readonly database)';
  const writable = 'check that the folder exists and that you may write to it and to the file';
  const noFile = 'locked.db: cannot be opened for writing (unable to open database file)';
  expect(await shop.run(['import', 'new.csv'], as)).toEqual(failure(noFile, writable));
  expect(await shop.run(['init'], as)).toEqual(failure(readonly, writable));
  expect(await shop.run(['show', 'counts'], as)).toEqual(
    failure(
      'locked.db: cannot be read (attempt to write a readonly database)',
      'SQLite keeps its notes beside the file, so you must be able to write to its folder too: copy it to one of yours',
    ),
  );
  expect(await shop.run(['import', 'new.csv'], { database: 'new.db', uid: nobody })).toEqual(
    failure('new.db: cannot be opened for writing (unable to open database file)', writable),
  );
  chmodSync(shop.path, 0o755);
  chownSync(shop.path, nobody, nobody);
  expect(await shop.run(['import', 'new.csv'], as)).toEqual(failure(readonly, writable));
  expect((await shop.run(['show', 'counts'], as)).status).toBe(0);
});

test('a link to where no database is yet: it is made there', async () => {
  using shop = shopWithFile();
  mkdirSync(shop.file('elsewhere'));
  symlinkSync('elsewhere/real.db', shop.file('link.db'));
  const imported = () => shop.run(['import', 'new.csv'], { database: 'link.db' });
  expect(await imported()).toMatchObject({ status: 0, stderr: '' });
  expect((await imported()).stdout).toContain('nothing to do');
  expect(value(shop.file('elsewhere/real.db'), 'SELECT sku FROM products')).toBe('k1');
  expect(lstatSync(shop.file('link.db')).isSymbolicLink()).toBe(true);
});

test('a path that SQLite would take for a URI, and other odd ones', async () => {
  using shop = shopWithFile();
  for (const database of ['file:odd.db?mode=memory', 'a b?x=1#y%20.db', 'ünï 😀.db']) {
    expect(await shop.run(['import', 'new.csv'], { database })).toMatchObject({ status: 0, stderr: '' });
    expect((await shop.run(['show', 'products', 'k1'], { database })).stdout).toContain('Cid');
    expect(shop.list()).toContain(database);
  }
});

test('locked by another program for longer than we wait', async () => {
  using shop = shopWithFile();
  using other = new DatabaseSync(shop.database);
  other.exec('BEGIN IMMEDIATE');
  const locked = failure(
    `${shop.database}: another program has held it locked for more than 5 s; nothing was changed`,
    'close the other program (often an open transaction in a database browser), then run the same command again',
  );
  const started = performance.now();
  const [imported, initialised, shown] = await Promise.all([
    shop.run(['import', 'new.csv']),
    shop.run(['init']),
    shop.run(['show', 'products']),
  ]);
  expect(performance.now() - started).toBeGreaterThan(5000);
  expect(imported).toEqual(locked);
  expect(initialised).toEqual(locked);
  expect(shown).toMatchObject({ status: 0, stderr: '' });
  other.exec('ROLLBACK');
  shop.expectUntouched();
  expect((await shop.run(['import', 'new.csv'])).status).toBe(0);
});

test('a table of ours that somebody has removed', async () => {
  using shop = shopWithFile();
  expect((await shop.run(['import', 'new.csv'], { database: 'fewer.db' })).status).toBe(0);
  writing(shop.file('fewer.db'), 'DROP TABLE product_counts');
  const missing = 'fewer.db: the table "product_counts" is missing';
  const anew = 'restore the database from a backup, or import all files anew, into another one (--db)';
  expect(await shop.run(['verify'], { database: 'fewer.db' })).toEqual(failure(missing, anew));
  expect(await shop.run(['import', 'new.csv', '--as', 'other.csv'], { database: 'fewer.db' })).toEqual(
    failure(`${missing}, although the ledger knows it`, anew),
  );
});

test('a lock that is given back in time is only waited for', async () => {
  using shop = shopWithFile();
  using other = new DatabaseSync(shop.database);
  other.exec('BEGIN EXCLUSIVE');
  await using command = new CliProcess(['import', 'new.csv', ...on(shop.database)], { cwd: shop.path });
  await command.until('it has the lock for imports', () => shop.list().includes('shop.db.lock'));
  other.exec('COMMIT');
  expect(await command.ended).toMatchObject({ status: 0, stderr: '' });
});

test('a second import into the same database says so, and the first goes on', async () => {
  using shop = shopWithFile();
  await using first = new CliProcess(['import', '-', '--as', 'slow.csv', '--quiet', ...on(shop.database)], {
    cwd: shop.path,
    stdin: null,
  });
  await first.feed(`${header}Dan,k2,d\n`);
  const runs = "SELECT count(*) FROM _longhaul_runs WHERE state = 'staging'";
  await first.until('the first has opened its run', () => value(shop.database, runs) === 1);
  const running = failure(
    `${shop.database}: another import into this database is running (longhaul import, process ${first.child.pid})`,
    'wait until it has finished; several files can be given to one import',
  );
  expect(await shop.run(['import', 'new.csv'])).toEqual(running);
  expect(await shop.run(['clear', '--yes'])).toEqual(running);
  expect((await shop.run(['verify'])).status).toBe(0);
  shop.expectUntouched();
  first.child.stdin?.end('Eve,k3,d\n');
  expect(await first.ended).toMatchObject({ status: 0, stderr: '' });
  expect((await shop.run(['import', 'new.csv'])).status).toBe(0);
  const skus = reading(shop.database, (db) => db.prepare('SELECT sku FROM products ORDER BY sku').all());
  expect(skus.map((row) => row['sku'])).toEqual(['k1', 'k2', 'k3', 's1', 's2', 's3']);
});

test('many at once into a database that is not there: one does it, the others say why not', async () => {
  using shop = shopWithFile();
  const rows = Array.from({ length: 5000 }, (_, index) => `n,k${index},d\n`);
  shop.write('new.csv', header + rows.join(''));
  const results = await Promise.all(
    [1, 2, 3, 4].map(() => shop.run(['import', 'new.csv'], { database: 'new.db' })),
  );
  const hint = 'wait until it has finished; several files can be given to one import';
  for (const result of results) {
    if (result.status === 0) expect(result.stderr).toBe('');
    // Who it is stands beside the lock a moment later.
    else
      expect({ ...result, stderr: result.stderr.replace(/ \(longhaul import, process \d+\)/, '') }).toEqual(
        failure('new.db: another import into this database is running', hint),
      );
  }
  expect(results.some(({ status }) => status === 0)).toBe(true);
  expect(value(shop.newDatabase, 'SELECT count(*) FROM products')).toBe(5000);
  expect((await shop.run(['verify'], { database: 'new.db' })).status).toBe(0);
  expect(shop.leftovers()).toEqual([]);
});
