/** Chunks that were staged durably before a kill are taken over by the next run. */
import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { CliProcess, longhaul, longhaulJson } from '../helpers/cli.ts';
import { integrity, tableDigest, value } from '../helpers/dump.ts';
import { on } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const content = Buffer.concat([...sampleBlocks({ records: 40_000, seed: 1 })]);
const options = ['--as', 'products.csv', '--chunk-size', '64KiB'];
const stagedChunks = 'SELECT count(*) FROM _longhaul_chunks WHERE staged_sha256 IS NOT NULL';

interface Receipts {
  readonly receipts: readonly {
    readonly run: number;
    readonly status: string;
    readonly chunks: number;
    readonly chunksTakenOver: number;
    readonly rejected: number;
    readonly reconciled: boolean;
  }[];
}

let folder: TempFolder;
let csv: string;
/** With one product, and what the import makes of it. */
let emptyish: string;
let quiet: { digest: string; fresh: string };

beforeAll(async () => {
  folder = new TempFolder();
  csv = folder.write('products.csv', content);
  emptyish = folder.file('one.db');
  folder.write('one.csv', 'name,sku,description\nAnn,s1,one\n');
  expect((await longhaul(['import', folder.file('one.csv'), ...on(emptyish)])).status).toBe(0);
  const after = folder.file('quiet.db');
  copyFileSync(emptyish, after);
  expect((await longhaul(['import', csv, ...options, ...on(after)])).status).toBe(0);
  const fresh = folder.file('fresh.db');
  expect((await longhaul(['import', csv, ...options, ...on(fresh)])).status).toBe(0);
  quiet = {
    digest: tableDigest(after, { provenance: true }),
    fresh: tableDigest(fresh, { provenance: true }),
  };
});
afterAll(() => folder[Symbol.dispose]());

const inFiles = ['--staging-memory', '0B'];

test.for([10, 40, 60])('killed with at least %i chunks in the ledger', async (chunks) => {
  using place = new TempFolder();
  const database = place.file('shop.db');
  copyFileSync(emptyish, database);
  const command = ['import', csv, ...options, ...inFiles, ...on(database)] as const;
  {
    await using first = new CliProcess(command);
    await first.until(`${chunks} chunks are staged`, () => Number(value(database, stagedChunks)) >= chunks);
  }
  const staged = Number(value(database, stagedChunks));
  expect(value(database, 'SELECT count(*) FROM products')).toBe(1);
  const { receipts } = await longhaulJson<Receipts>(command);
  expect(receipts).toMatchObject([{ run: 2, status: 'done', reconciled: true }]);
  expect(receipts[0]!.chunksTakenOver).toBe(staged);
  expect(staged).toBeLessThan(receipts[0]!.chunks);
  expect(tableDigest(database, { provenance: true })).toBe(quiet.digest);
  expect(integrity(database)).toBe('ok');
  expect(existsSync(`${database}.staging`)).toBe(false);
});

test('killed again and again before there is a database', async () => {
  using place = new TempFolder();
  const database = place.file('shop.db');
  const command = ['import', csv, ...options, ...inFiles, '--threads', '2', ...on(database)] as const;
  // With two threads: whoever stages writes the files, then the ledger names them.
  const mostUnderWay = 8;
  const files = (): number =>
    existsSync(`${database}.staging`) ? readdirSync(`${database}.staging`).length : 0;
  for (const atLeast of [12, 30, 50]) {
    await using next = new CliProcess(command);
    await next.until(`${atLeast} files are staged`, () => files() >= atLeast);
  }
  expect(existsSync(database)).toBe(false);
  const { receipts } = await longhaulJson<Receipts>(command);
  expect(receipts).toMatchObject([{ run: 1, status: 'done', reconciled: true }]);
  expect(receipts[0]!.chunksTakenOver).toBeGreaterThanOrEqual(50 - mostUnderWay);
  expect(place.list()).toEqual(['shop.db', 'shop.db.lock']);
  expect(tableDigest(database, { provenance: true })).toBe(quiet.fresh);
});

test('a staged file that was damaged meanwhile is staged again; other options start over', async () => {
  using place = new TempFolder();
  const database = place.file('shop.db');
  copyFileSync(emptyish, database);
  const command = ['import', csv, ...options, ...inFiles, ...on(database)] as const;
  {
    await using first = new CliProcess(command);
    await first.until('20 chunks are staged', () => Number(value(database, stagedChunks)) >= 20);
  }
  const staged = Number(value(database, stagedChunks));
  const chunk = value(database, 'SELECT min(chunk) FROM _longhaul_chunks WHERE staged_sha256 IS NOT NULL');
  place.write(`shop.db.staging/2-${String(chunk)}.rows`, 'damaged');
  const { receipts } = await longhaulJson<Receipts>(command);
  expect(receipts[0]).toMatchObject({ run: 2, chunksTakenOver: staged - 1, reconciled: true });
  expect(tableDigest(database, { provenance: true })).toBe(quiet.digest);

  copyFileSync(emptyish, place.file('other.db'));
  const inOther = on(place.file('other.db'));
  {
    await using first = new CliProcess(['import', csv, ...options, ...inFiles, ...inOther]);
    await first.until(
      '20 chunks are staged',
      () => Number(value(place.file('other.db'), stagedChunks)) >= 20,
    );
  }
  const other = await longhaulJson<Receipts>([
    'import',
    csv,
    '--as',
    'products.csv',
    '--chunk-size',
    '128KiB',
    ...inOther,
  ]);
  expect(other.receipts[0]).toMatchObject({ run: 3, status: 'done', chunksTakenOver: 0, reconciled: true });
  expect(value(place.file('other.db'), 'SELECT state FROM _longhaul_runs WHERE run = 2')).toBe('outdated');
  expect(tableDigest(place.file('other.db'), { provenance: false })).toBe(
    tableDigest(database, { provenance: false }),
  );
  expect(place.list().filter((name) => name.includes('staging'))).toEqual([]);
});

test('a slow pipe is staged in memory at first, and durably after five seconds; lines tell how far it is', async () => {
  using place = new TempFolder();
  const database = place.file('shop.db');
  copyFileSync(emptyish, database);
  const command = ['import', '-', ...options, ...on(database)] as const;
  const half = content.length >> 1;
  let staged: number;
  {
    await using quietly = new CliProcess(
      [...command.slice(0, -1), `sqlite:${place.file('quiet.db')}`, '--quiet'],
      {
        stdin: null,
      },
    );
    await using first = new CliProcess(command, { stdin: null });
    await Promise.all([first.feed(content.subarray(0, half)), quietly.feed(content.subarray(0, half))]);
    await first.until(
      'the run is open',
      () => value(database, "SELECT count(*) FROM _longhaul_runs WHERE state = 'staging'") === 1,
    );
    expect(value(database, stagedChunks)).toBe(0);
    // What is tested is that time passes.
    await sleep(5100);
    expect(value(database, stagedChunks)).toBe(0);
    await Promise.all([
      first.feed(content.subarray(half, half + 2 ** 18)),
      quietly.feed(content.subarray(half)),
    ]);
    const expected = Math.floor(half / 2 ** 17);
    await first.until(
      'what was in memory is in files',
      () => Number(value(database, stagedChunks)) >= expected,
    );
    staged = Number(value(database, stagedChunks));
    expect(first.stdout).toBe('');
    expect(first.stderr).toMatch(
      /^(standard input: reading [\d.]+ MiB, [\d,]+ records, [\d,]+ rows\/s, [\d.]+ MB\/s\n)+$/,
    );
    quietly.child.stdin?.end();
    const { status, stderr } = await quietly.ended;
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  }
  const { receipts } = await longhaulJson<Receipts>(command, { stdin: content });
  expect(receipts).toMatchObject([{ run: 2, status: 'done', reconciled: true }]);
  expect(receipts[0]!.chunksTakenOver).toBeGreaterThanOrEqual(staged);
  expect(tableDigest(database, { provenance: true })).toBe(quiet.digest);
});
