import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { execute, PostgresDatabase } from '../../../test/helpers/postgres-database.ts';
import { systemClock } from '../../runtime/clock.ts';
import { products } from '../../schema/dataset.ts';
import { PostgresLeadership } from './leadership.ts';
import { PostgresStore } from './store.ts';
import { postgresTarget } from './target.ts';

let database: PostgresDatabase;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(() => database[Symbol.asyncDispose]());

test('of several that begin at once, one leads: 50 times', async () => {
  const url = database.newSchema();
  const target = postgresTarget(url);
  const masters = await Promise.all(Array.from({ length: 4 }, () => PostgresLeadership.open(target)));
  for (let time = 1; time <= 50; time++) {
    const terms = await Promise.all(masters.map((master, index) => master.tryLead(`http://${index}`)));
    expect(terms.filter((term) => term !== null)).toEqual([time]);
    const leader = terms.indexOf(time);
    expect(await execute(url, 'SELECT term::int AS term, url FROM _longhaul_leader')).toEqual([
      { term: time, url: `http://${leader}` },
    ]);
    expect(await masters[leader]!.renew(time)).toBe(true);
    if (time % 2 === 0) await masters[leader]!.resign(time);
    // As if nobody had renewed it.
    else await execute(url, "UPDATE _longhaul_leader SET expires = now() - interval '1 second'");
  }
  await Promise.all(masters.map((master) => master[Symbol.asyncDispose]()));
});

test('who has lost the lead can neither renew nor write, and the one that follows gets the import lock', async () => {
  const url = database.newSchema();
  const target = postgresTarget(url);
  await using first = await PostgresLeadership.open(target);
  await using second = await PostgresLeadership.open(target);
  const options = {
    target,
    clock: systemClock,
    stagingMemoryBytes: 0,
    stagingMemoryMs: 0,
    warn: () => undefined,
  };
  expect(await first.tryLead('http://first')).toBe(1);
  await using former = await PostgresStore.open({ ...options, term: 1 });
  await former.ensureDataset(products);
  await former.lockImports('longhaul master');
  // It holds a lock that other imports respect, and a transaction of its own keeps nobody from renewing its term.
  await expect(PostgresStore.open(options).then((store) => store.lockImports())).rejects.toMatchObject({
    code: 'import_running',
  });
  expect(await first.renew(1)).toBe(true);
  expect(await second.tryLead('http://second')).toBe(null);

  await execute(url, "UPDATE _longhaul_leader SET expires = now() - interval '1 second'");
  expect(await second.tryLead('http://second')).toBe(2);
  expect(await first.renew(1)).toBe(false);
  // Its session was ended with its lock.
  await expect(former.ensureDataset(products)).rejects.toMatchObject({ code: 'connection_lost' });
  await using latter = await PostgresStore.open({ ...options, term: 2 });
  await latter.lockImports('longhaul master');
  await using again = await PostgresStore.open({ ...options, term: 1 });
  await expect(again.ensureDataset(products)).rejects.toMatchObject({ code: 'leadership_lost' });
  await latter.ensureDataset(products);
});

test('another import is left alone by a master that takes over', async () => {
  const url = database.newSchema();
  const target = postgresTarget(url);
  const options = {
    target,
    clock: systemClock,
    stagingMemoryBytes: 0,
    stagingMemoryMs: 0,
    warn: () => undefined,
  };
  await using master = await PostgresLeadership.open(target);
  await using importing = await PostgresStore.open(options);
  await importing.ensureDataset(products);
  await importing.lockImports('longhaul import');
  expect(await master.tryLead('')).toBe(1);
  await execute(url, "UPDATE _longhaul_leader SET expires = now() - interval '1 second'");
  expect(await master.tryLead('')).toBe(2);
  await importing.ensureDataset(products);
});
