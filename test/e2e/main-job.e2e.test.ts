/** The main job at its real size: half a million records, against the slow program that says what is exact. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultDialect } from '../../src/csv/dialect.ts';
import { ReferenceTable } from '../../src/reference/replay.ts';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { products } from '../../src/schema/dataset.ts';
import { longhaul, longhaulJson } from '../helpers/cli.ts';
import { integrity, tableDigest, value, wrongCounts } from '../helpers/dump.ts';
import { on } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const records = 500_000;
const distinctSkus = 466_693;
const superseded = records - distinctSkus;

let folder: TempFolder;
let plain: string;
let gzip: string;
/** `tableDigest` without provenance of what the slow program makes of the sample. */
let expected: string;

beforeAll(async () => {
  folder = new TempFolder();
  plain = folder.file('products.csv');
  gzip = folder.file('products.csv.gz');
  await Promise.all([plain, gzip].map((path) => longhaul(['generate', path])));
  expected = referenceDigest(readFileSync(plain));
});
afterAll(() => folder[Symbol.dispose]());

function referenceDigest(content: Uint8Array): string {
  const table = new ReferenceTable(products);
  const rejectLimit = { kind: 'number', number: 0 } as const;
  const file = {
    name: 'sample',
    content,
    dialect: defaultDialect,
    columns: null,
    maxRecordBytes: 2 ** 23,
    rejectLimit,
  };
  expect(table.importFile(file)).toMatchObject({ kind: 'published', sums: { records, superseded } });
  const hash = createHash('sha256');
  for (const { values, line } of table.rows) hash.update(`${JSON.stringify([...values, `${line}n`])}\n`);
  hash.update('\f');
  // The sample is ASCII, so this is the order of bytes.
  const counts = [...table.counts('name')].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, number] of counts) hash.update(`${JSON.stringify([name, `${number}n`])}\n`);
  return hash.update('\f').digest('hex');
}

interface Receipts {
  readonly receipts: readonly Readonly<Record<string, unknown>>[];
}

test.for([
  ['plain', () => plain],
  ['gzip', () => gzip],
] as const)('500,000 records, %s: what the slow program makes of them', async ([, path]) => {
  using place = new TempFolder();
  const database = place.file('shop.db');
  const { receipts } = await longhaulJson<Receipts>(['import', path(), ...on(database)]);
  expect(receipts).toMatchObject([
    {
      run: 1,
      publishNumber: 1,
      status: 'done',
      records,
      inserted: distinctSkus,
      superseded,
      updated: 0,
      unchanged: 0,
      kept: 0,
      rejected: 0,
      rows: distinctSkus,
      reconciled: true,
    },
  ]);
  expect(place.list()).toEqual(['shop.db', 'shop.db.lock']);
  expect(tableDigest(database, { provenance: false })).toBe(expected);
  expect(value(database, 'SELECT count(*) FROM products')).toBe(distinctSkus);
  expect(value(database, 'SELECT count(*) FROM product_counts')).toBe(receipts[0]!['groups']);
  expect(wrongCounts(database)).toBe(0);
  expect(integrity(database)).toBe('ok');
  const verified = await longhaul(['verify', ...on(database)]);
  expect(verified).toMatchObject({ status: 0, stderr: '' });
  expect(verified.stdout).toBe(
    `products: 466,693 rows, 213,317 groups counted, checksum ${String(receipts[0]!['checksum'])}, 1 run checked\neverything agrees\n`,
  );
});

test('any number of threads and any size of chunks make the same dump, byte for byte', async () => {
  using place = new TempFolder();
  // More chunks of 64 KiB than are merged at once.
  const csv = place.write('sample.csv', Buffer.concat([...sampleBlocks({ records: 125_000, seed: 7 })]));
  const ways = [
    ['1', '8MiB'],
    ['1', '64KiB'],
    ['2', '1MiB'],
    ['2', '64KiB', '--staging-memory', '0B'],
    ['2', '64MiB'],
    ['8', '64KiB'],
    ['8', '300KiB', '--staging-memory', '5MiB'],
    ['8', '64MiB'],
  ] as const;
  const digests = new Set<string>();
  for (const [index, [threads, chunkSize, ...more]] of ways.entries()) {
    const database = place.file(`${index}.db`);
    const how = ['--threads', threads, '--chunk-size', chunkSize, ...more];
    const { receipts } = await longhaulJson<Receipts>(['import', csv, ...how, ...on(database)]);
    expect(receipts).toMatchObject([{ records: 125_000, reconciled: true }]);
    expect(place.list().filter((name) => name.startsWith(`${index}.`))).toEqual([
      `${index}.db`,
      `${index}.db.lock`,
    ]);
    digests.add(tableDigest(database, { provenance: true }));
    expect(digests.size, `${threads} threads, ${chunkSize}`).toBe(1);
    expect(integrity(database)).toBe('ok');
  }
  expect(Number(value(place.file('1.db'), 'SELECT count(*) FROM _longhaul_chunks'))).toBeGreaterThan(256);
});
