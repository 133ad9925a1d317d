/** Random values of every type through a real COPY: what comes back is what went in. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { execute, PostgresDatabase } from '../../../test/helpers/postgres-database.ts';
import { canonicalText } from '../../schema/canonical-text.ts';
import { columnTypes, type Dataset } from '../../schema/dataset.ts';
import { RowHasher } from '../../schema/row-values.ts';
import { testFile } from '../conformance-files.ts';
import { Connection } from './connection.ts';
import { RowCursor } from '../row-cursor.ts';
import { encodeStaged } from './encode-rows.ts';
import { rowLayout } from '../../schema/packed-rows.ts';
import { stagedColumns } from './staging.ts';
import { postgresTarget } from './target.ts';
import { fromPostgres } from './typed-values.ts';

const dataset: Dataset = {
  name: 't',
  columns: [{ name: 'key', type: 'text' }, ...columnTypes.map((type) => ({ name: type, type }))],
  key: ['key'],
  counts: [],
};

const pad = (number: number, digits: number): string => String(number).padStart(digits, '0');
const date = fc
  .tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
  .map(([year, month, day]) => `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`);
const time = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(59), fc.nat(999_999))
  .map(
    ([hour, minute, second, micros]) =>
      `${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}.${pad(micros, 6)}`,
  );
/** Now and then longer than a block of COPY. */
const text = fc
  .tuple(fc.string({ unit: 'binary', maxLength: 60 }), fc.constantFrom(1, 1, 1, 50, 20_000))
  .map(([part, times]) => part.replaceAll('\0', '').repeat(times));
const values = fc.tuple(
  text,
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('0', '1'),
  date,
  fc.tuple(date, time).map((parts) => canonicalText('timestamp', parts.join(' '))!),
  // Which of the columns that are not text are NULL.
  fc.array(fc.boolean(), { minLength: columnTypes.length, maxLength: columnTypes.length }),
);

let database: PostgresDatabase;
let connection: Connection;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
  connection = await Connection.open({ target: postgresTarget(database.url) });
  await execute(database.url, `CREATE TABLE staged (${stagedColumns(dataset)})`);
});
afterAll(async () => {
  await connection[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

test('random rows', async () => {
  const hasher = new RowHasher(dataset);
  const property = fc.asyncProperty(fc.array(values, { maxLength: 20 }), async (rows) => {
    const records = rows.map((row, number) => {
      const nulls = row.at(-1) as boolean[];
      const typed = row
        .slice(0, -1)
        .map((value, column) => (column > 0 && nulls[column] === true ? '' : String(value)));
      return [`key ${pad(number, 3)}`, ...typed];
    });
    const { packed } = testFile([records], dataset).chunks[0]!;
    const place = { run: 2 ** 40 + 7, chunk: 3, line: 2 ** 33 };
    const { session } = connection;
    await session.run('TRUNCATE staged');
    const layout = rowLayout(dataset);
    const cursor = RowCursor.ofMemory(layout, place.line, packed);
    const blocks = encodeStaged(layout, cursor, place.run, place.chunk);
    const copied = await session.copyIn('COPY staged FROM STDIN (FORMAT binary)', blocks);
    expect(copied).toBe(records.length);
    const found = await session.arrays('SELECT * FROM staged ORDER BY c0');
    for (const [number, row] of found.entries()) {
      const read = dataset.columns.map(({ type }, column) => fromPostgres(type, row[column]));
      const expected = records[number]!.map((value, column) => (value === '' && column > 1 ? null : value));
      expect(read).toEqual(expected);
      const line = place.line + number + 1;
      const hashes = [hasher.row(expected, place.run, line), hasher.content(expected)];
      expect(row.slice(dataset.columns.length)).toEqual([BigInt(line), ...hashes, 3]);
    }
  });
  await fc.assert(property, { numRuns: 100 });
});
