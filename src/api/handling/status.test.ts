import { expect, test } from 'vitest';
import { ManualClock } from '../../../test/helpers/manual-clock.ts';
import { answer } from '../answer.ts';
import type { DatasetAnswer } from '../wire/datasets.ts';
import type { Status } from '../wire/status.ts';
import { StatusRoute } from './status.ts';

const totals = (rows: number): DatasetAnswer => ({
  ...{ name: 'products', columns: [], key: ['sku'], countBy: ['name'], searchBy: ['sku'] },
  ...{ rows, groups: rows, checksum: String(rows) },
});

/** A database whose totals take a while to count. */
function scene() {
  const clock = new ManualClock();
  const database = { rows: 0, tookMs: 500, whileRead: (): void => undefined };
  const never = (): never => {
    throw new Error('nobody asks for this');
  };
  const backend = {
    database: {
      ...{ edit: never, rejects: never, preview: never },
      read: () => {
        const read = totals(database.rows);
        clock.advance(database.tookMs);
        database.whileRead();
        return Promise.resolve(answer({ items: [read], next: null }));
      },
    },
    watch: {
      ...{ ask: never, sourcesChanged: never, cancel: never, retry: never, addUpload: never, uploads: never },
      overview: () => Promise.resolve('{"sources":[],"waiting":0}'),
    },
  };
  const status = new StatusRoute({
    ...{ backend, clock, trouble: () => null },
    head: { version: '1', instance: 'a', startedMs: 0 },
    database: { url: 'sqlite:a.db', engine: 'sqlite' },
  });
  const rows = async (): Promise<number | undefined> => {
    const { body } = await status.answer();
    return (JSON.parse(String(body)) as Status).datasets[0]?.rows;
  };
  return { clock, database, status, rows };
}

test('totals that take long to count are those of the last time for a while, but never of before a publish', async () => {
  const { clock, database, status, rows } = scene();
  expect(await rows()).toBe(0);
  database.rows = 1;
  clock.advance(1000);
  expect(await rows()).toBe(0);
  status.totalsMoved();
  expect(await rows()).toBe(1);
});

test('nobody is answered with less than what listeners were told', async () => {
  const { clock, status, rows } = scene();
  expect(await rows()).toBe(0);
  status.totalsTold(totals(5));
  expect(await rows()).toBe(5);
  clock.advance(1000);
  expect(await rows()).toBe(5);
});

test('what is published or told while totals are read is in what they say', async () => {
  const { database, status, rows } = scene();
  database.whileRead = () => {
    database.whileRead = () => undefined;
    database.rows = 1;
    status.totalsMoved();
  };
  expect(await rows()).toBe(1);
  database.whileRead = () => status.totalsTold(totals(7));
  status.totalsMoved();
  expect(await rows()).toBe(7);
});

test('who publishes without a pause keeps nobody waiting, and what was published before one asks is in the answer', async () => {
  const { database, status, rows } = scene();
  let reads = 0;
  database.whileRead = () => {
    if (++reads > 10) throw new Error('it is read without an end');
    database.rows++;
    status.totalsMoved();
  };
  const first = rows();
  status.totalsMoved();
  // This one comes while totals are read.
  const [before, second] = [database.rows, rows()];
  expect(await second).toBeGreaterThanOrEqual(before);
  await first;
  expect(reads).toBeLessThan(6);
});
