import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { execute, PostgresDatabase } from '../../../test/helpers/postgres-database.ts';
import { Connection } from './connection.ts';
import { takeImportLock } from './import-lock.ts';
import type { Session } from './session.ts';
import { postgresTarget } from './target.ts';

let database: PostgresDatabase;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(() => database[Symbol.asyncDispose]());

const open = (): Promise<Connection> =>
  Connection.open({ target: postgresTarget(database.url), lockWaitSeconds: 0.1 });
const failWith = (session: Session, state: string): Promise<number> =>
  session.run(`DO $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '${state}'; END $$`);

test.each(['40001', '40P01'])(
  'a transaction that ends with %s is tried again, five times in all',
  async (state) => {
    await using connection = await open();
    const attempt = async (successAt: number): Promise<number> => {
      let tries = 0;
      const done = connection.transaction(async (session) => {
        if (++tries < successAt) await failWith(session, state);
        return tries;
      });
      return done.catch((error: unknown) => {
        expect(error).toMatchObject({ code: state });
        return -tries;
      });
    };
    expect(await attempt(5)).toBe(5);
    expect(await attempt(6)).toBe(-5);
    expect(await connection.session.one('SELECT 1 AS x')).toEqual({ x: 1 });
  },
);

test('any other error ends a transaction at once, and nothing of it stays', async () => {
  await using connection = await open();
  await connection.session.run('CREATE TABLE t (x int)');
  const failing = connection.transaction(async (session) => {
    await session.run('INSERT INTO t VALUES (1)');
    await failWith(session, '53200');
  });
  await expect(failing).rejects.toMatchObject({ code: 'database_failed' });
  expect(await connection.session.rows('SELECT * FROM t')).toEqual([]);
});

test('a connection that was ended is told of, also while nobody uses it', async () => {
  await using connection = await open();
  const { pid } = (await connection.session.one<{ pid: number }>('SELECT pg_backend_pid() AS pid'))!;
  await execute(inject('postgresUrl'), `SELECT pg_terminate_backend(${pid})`);
  const ask = connection.transaction((session) => session.run('SELECT 1'));
  await expect(ask).rejects.toMatchObject({ code: 'connection_lost' });
});

test('a session means the same whatever role and server prefer', async () => {
  const url = new URL(database.url);
  url.searchParams.set(
    'options',
    '-c TimeZone=Asia/Kathmandu -c DateStyle=German -c extra_float_digits=-5 -c bytea_output=escape',
  );
  await using connection = await Connection.open({ target: postgresTarget(url.href) });
  const row = await connection.session.arrays(
    "SELECT '2026-02-28 23:00:00+00'::timestamptz, '2026-02-28'::date, 0.1::float8 + 0.2, '\\x00ff'::bytea, 9223372036854775807, null",
  );
  expect(row).toEqual([
    ['2026-02-28 23:00:00+00', '2026-02-28', 0.1 + 0.2, Buffer.from([0, 255]), 9223372036854775807n, null],
  ]);
});

test('everything lies in one schema, also where the role would look into several', async () => {
  await execute(
    database.url,
    'CREATE SCHEMA first; CREATE SCHEMA second; CREATE TABLE second.elsewhere (x int)',
  );
  const url = new URL(database.url);
  url.searchParams.set('options', '-c search_path=missing,first,second');
  await using connection = await Connection.open({ target: postgresTarget(url.href) });
  expect(connection.schema).toBe('first');
  expect(await connection.session.one("SELECT to_regclass('elsewhere') AS found")).toEqual({ found: null });
});

test('the right to import is one a schema, and the usual patience returns after it was asked for', async () => {
  await using first = await open();
  await using second = await open();
  const elsewhere = new URL(database.url);
  elsewhere.searchParams.set('schema', 'first');
  await using third = await Connection.open({ target: postgresTarget(elsewhere.href) });
  await takeImportLock(first, 0.05);
  await expect(takeImportLock(second, 0.05)).rejects.toMatchObject({ code: 'import_running' });
  await takeImportLock(third, 0.05);
  expect(await second.session.one('SHOW lock_timeout')).toEqual({ lock_timeout: '100ms' });
  await first[Symbol.asyncDispose]();
  await takeImportLock(second);
});
