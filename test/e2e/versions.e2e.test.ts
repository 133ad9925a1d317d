/** One file again and again, in several versions, under several names, and several files at once. */
import { copyFileSync, utimesSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCsv } from '../../src/reference/csv.ts';
import { defaultDialect } from '../../src/csv/dialect.ts';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { longhaul, longhaulJson } from '../helpers/cli.ts';
import { publishedState, tableDigest, value, wrongCounts } from '../helpers/dump.ts';
import { header, on } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const records = 20_000;
const contentA = Buffer.concat([...sampleBlocks({ records, seed: 3 })]);
const contentB = Buffer.concat([...sampleBlocks({ records, seed: 3, changed: { fraction: 0.01, seed: 4 } })]);

/** The last record of each sku: a second, independent way to know. */
function lastBySku(content: Uint8Array): Map<string, string> {
  const text = ({ fields }: { fields: readonly Uint8Array[] }) =>
    fields.map((field) => Buffer.from(field).toString('utf8'));
  const rows = readCsv(content, defaultDialect).records.map(text);
  return new Map(rows.map((row) => [row[1]!, JSON.stringify(row)]));
}
const [a, b] = [lastBySku(contentA), lastBySku(contentB)];
const changedSkus = [...b].filter(([sku, row]) => a.has(sku) && a.get(sku) !== row).length;
const newSkus = [...b.keys()].filter((sku) => !a.has(sku)).length;

interface Receipt {
  readonly run: number;
  readonly publishNumber: number | null;
  readonly status: string;
  readonly file: string;
  readonly [name: string]: unknown;
}

let folder: TempFolder;
let csv: string;
/** With version A of the file. */
let databaseA: string;

beforeAll(async () => {
  folder = new TempFolder();
  csv = folder.write('products.csv', contentA);
  databaseA = folder.file('a.db');
  expect((await longhaul(['import', csv, ...on(databaseA)])).status).toBe(0);
});
afterAll(() => folder[Symbol.dispose]());

class Place extends TempFolder {
  readonly database = this.file('shop.db');
  constructor() {
    super();
    copyFileSync(databaseA, this.database);
  }
  async import(...args: string[]): Promise<Receipt[]> {
    return (await longhaulJson<{ receipts: Receipt[] }>(['import', ...args, ...on(this.database)])).receipts;
  }
}

test('the receipt has these keys, in this order', async () => {
  using place = new Place();
  const [receipt] = await place.import(place.write('b.csv', contentB));
  expect(Object.keys(receipt!)).toEqual([
    ...[
      'run',
      'publishNumber',
      'status',
      'dataset',
      'source',
      'file',
      'version',
      'bytes',
      'records',
      'blankLines',
    ],
    ...['inserted', 'updated', 'unchanged', 'superseded', 'kept', 'rejected', 'chunks', 'chunksTakenOver'],
    ...['seconds', 'recordsPerSecond', 'peakRssBytes', 'rows', 'groups', 'checksum', 'reconciled'],
    ...['removed', 'rejectedBy', 'ignoredColumns', 'partitions', 'error'],
  ]);
  expect(receipt).toMatchObject({
    run: 2,
    publishNumber: 2,
    dataset: 'products',
    source: 'local',
    file: place.file('b.csv'),
    bytes: contentB.length,
    ignoredColumns: [],
    error: null,
  });
  expect(receipt!['version']).toMatch(/^[\da-f]{64}$/);
  expect(receipt!['checksum']).toMatch(/^[\da-f]{16}$/);
  const shown = await longhaul(['show', 'runs', '--json', '--limit', '1', ...on(place.database)]);
  expect(JSON.parse(shown.stdout)).toEqual({ runs: [receipt] });
});

test('the same file again is no work, and says so; also when only its times have changed', async () => {
  using place = new Place();
  const before = publishedState(place.database);
  for (const age of [null, new Date(2001, 1)]) {
    if (age !== null) utimesSync(csv, age, age);
    const { status, stdout } = await longhaul(['import', csv, ...on(place.database)]);
    expect(status).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(
      /: nothing to do, this version is already published \(run 1, version [\da-f]{12}\)$/,
    );
    expect(await place.import(csv)).toMatchObject([
      { run: 1, publishNumber: 1, status: 'already_published', records: 0 },
    ]);
  }
  expect(publishedState(place.database)).toBe(before);
  expect(value(place.database, 'SELECT count(*) FROM _longhaul_runs')).toBe(1);
  // A stream is known only when it has been read.
  const piped = ['import', '-', '--as', csv, ...on(place.database)];
  expect((await longhaul(piped, { stdin: contentA })).stdout).toContain('nothing to do');
  expect(value(place.database, 'SELECT count(*) FROM _longhaul_runs')).toBe(1);
});

test('the same content under another name is a run in which everything is unchanged', async () => {
  using place = new Place();
  const before = tableDigest(place.database, { provenance: true });
  const gzip = place.write('copy.csv.gz', gzipSync(contentA));
  expect(await place.import(place.write('copy.csv', contentA), gzip)).toMatchObject([
    { run: 2, publishNumber: 2, inserted: 0, updated: 0, unchanged: a.size, superseded: records - a.size },
    { run: 3, publishNumber: 3, inserted: 0, updated: 0, unchanged: a.size, superseded: records - a.size },
  ]);
  expect(tableDigest(place.database, { provenance: true })).toBe(before);
});

test('1 % changed: only those are written', async () => {
  using place = new Place();
  expect(changedSkus).toBeGreaterThan(100);
  const [receipt] = await place.import(place.write('b.csv', contentB), '--as', csv);
  expect(receipt).toMatchObject({
    updated: changedSkus,
    inserted: newSkus,
    unchanged: b.size - changedSkus - newSkus,
    superseded: records - b.size,
    rejected: 0,
  });
  expect(value(place.database, 'SELECT count(*) FROM products WHERE _run = 2')).toBe(changedSkus + newSkus);
  expect(value(place.database, 'SELECT count(*) FROM products')).toBe(
    new Set([...a.keys(), ...b.keys()]).size,
  );
  expect(wrongCounts(place.database)).toBe(0);
  expect((await longhaul(['verify', ...on(place.database)])).status).toBe(0);
});

test('A, B, A are three runs, and end where they began', async () => {
  using place = new Place();
  const path = place.write('b.csv', contentB);
  const before = tableDigest(place.database, { provenance: false });
  expect(await place.import(path, '--as', csv)).toMatchObject([
    { run: 2, publishNumber: 2, updated: changedSkus },
  ]);
  expect(tableDigest(place.database, { provenance: false })).not.toBe(before);
  expect(await place.import(csv)).toMatchObject([{ run: 3, publishNumber: 3, updated: changedSkus }]);
  expect(tableDigest(place.database, { provenance: false })).toBe(before);
  expect(await place.import(csv)).toMatchObject([{ run: 3, status: 'already_published' }]);
});

test('several files in one command are published in order; one that fails does not hold up the next', async () => {
  using place = new Place();
  const one = place.write('one.csv', `${header}Ann,k1,one\nBob,k2,one\n`);
  const bad = place.write('bad.csv', `${header}Ann,k1,"never closed\n`);
  const two = place.write('two.csv', `${header}Cid,k1,two\n`);
  const missing = place.file('missing.csv');
  const { status, stdout, stderr } = await longhaul([
    'import',
    one,
    bad,
    missing,
    two,
    '--json',
    ...on(place.database),
  ]);
  expect(status).toBe(1);
  expect((JSON.parse(stdout) as { receipts: unknown }).receipts).toMatchObject([
    { run: 2, publishNumber: 2, status: 'done', file: one, inserted: 2 },
    {
      run: 3,
      publishNumber: null,
      status: 'failed',
      file: bad,
      error: { code: 'unterminated_quote' },
      rows: null,
    },
    { run: 4, publishNumber: 3, status: 'done', file: two, updated: 1 },
  ]);
  expect(stderr.match(/^longhaul: .*/gm)).toEqual([
    `longhaul: ${bad}: line 2, byte 28: a quote opens here and is still open at the end of the file; nothing was published`,
    `longhaul: ${missing}: no such file`,
  ]);
  expect(value(place.database, "SELECT name FROM products WHERE sku = 'k1'")).toBe('Cid');
  expect(value(place.database, "SELECT no_of_products FROM product_counts WHERE name = 'Cid'")).toBe(1);
  expect(wrongCounts(place.database)).toBe(0);
  // The same file twice in one command: the second time there is nothing to do.
  const twice = await place.import(two, one, one);
  expect(twice.map((receipt) => receipt.status)).toEqual([
    'already_published',
    'already_published',
    'already_published',
  ]);
});

test('standard input, plain and gzip; a piped import prints no progress when it is quick', async () => {
  using place = new TempFolder();
  for (const [name, content] of [
    ['plain', contentA],
    ['gzip', gzipSync(contentA)],
  ] as const) {
    const database = place.file(`${name}.db`);
    const result = await longhaul(['import', '-', '--as', 'dump.csv', ...on(database)], { stdin: content });
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(result.stdout).toMatch(/^dump\.csv: published as number 1 \(run 1, version [\da-f]{12}\)\n/);
    expect(tableDigest(database, { provenance: true })).toBe(tableDigest(databaseA, { provenance: true }));
  }
});

test('the same bytes read in another way are work: with the right encoding the rows become right', async () => {
  const file = folder.write('old.csv', Buffer.from(`${header}Zo\u00eb,old-one,text\n`, 'latin1'));
  const database = folder.file('encoding.db');
  const importAs = (encoding: string): Promise<{ receipts: Receipt[] }> =>
    longhaulJson(['import', file, '--encoding', encoding, ...on(database)]);
  expect((await importAs('iso-8859-7')).receipts[0]).toMatchObject({ status: 'done', inserted: 1 });
  expect((await importAs('iso-8859-7')).receipts[0]).toMatchObject({ status: 'already_published' });
  expect((await importAs('latin1')).receipts[0]).toMatchObject({ status: 'done', updated: 1 });
  expect(value(database, 'SELECT name FROM products')).toBe('Zoë');
});

test('a file that changes while it is read is not published', async () => {
  using place = new Place();
  const before = publishedState(place.database);
  // The reader sees the end of the file, waits for its turn, and finds a file that has grown since it was opened.
  const growing = place.write('growing.csv', Buffer.concat(new Array<Buffer>(40).fill(contentA)));
  const running = longhaul(['import', growing, '--quiet', ...on(place.database)]);
  const grow = setInterval(() => utimesSync(growing, new Date(), new Date()), 5);
  const result = await running;
  clearInterval(grow);
  expect(result).toEqual({
    status: 1,
    signal: null,
    stdout: '',
    stderr: `longhaul: ${growing}: changed while it was being read; nothing was published\nTry: run the same command again once the file is complete\n`,
  });
  expect(publishedState(place.database)).toBe(before);
});
