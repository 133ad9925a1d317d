/**
 * `kill -9` at random moments of an import, then the same command again. LONGHAUL_TEST_SEED repeats a failure as far as
 * a moment can be repeated.
 */
import { copyFileSync, readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openReader, verify } from '../../src/processes/reading.ts';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { SampleRecords } from '../../src/sample/records.ts';
import { products } from '../../src/schema/dataset.ts';
import { CliProcess, longhaul, longhaulJson } from '../helpers/cli.ts';
import { integrity, tableDigest, value, wrongCounts } from '../helpers/dump.ts';
import { Random } from '../helpers/random.ts';
import { header, on } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { glance, Watcher } from '../helpers/watcher.ts';

const seed = Number(process.env['LONGHAUL_TEST_SEED'] ?? Date.now() % 1_000_000);
const kills = 20;
const records = 15_000;
/** So many changed rows and counts are not written in place any more. */
const manyRecords = 120_000;

let folder: TempFolder;
let few: Files;
let many: Files;

/** Both files have the same skus; the second one changes every row. */
interface Files {
  readonly csvA: string;
  readonly csvB: string;
  readonly databaseA: string;
}

beforeAll(async () => {
  folder = new TempFolder();
  few = await makeFiles(records);
  many = await makeFiles(manyRecords);
});
afterAll(() => folder[Symbol.dispose]());

async function makeFiles(number: number): Promise<Files> {
  const csvA = folder.write(
    `a ${number}.csv`,
    Buffer.concat([...sampleBlocks({ records: number, seed: 1 })]),
  );
  const csvB = folder.write(`b ${number}.csv`, everyRowChanged(number));
  const databaseA = folder.file(`a ${number}.db`);
  expect((await longhaul(importing(csvA, databaseA, []))).status).toBe(0);
  return { csvA, csvB, databaseA };
}

/** The skus of A, each with another name and another description: no row and no count stays as it was. */
function everyRowChanged(number: number): string {
  const sample = new SampleRecords({ seed: 1 });
  const lines = Array.from({ length: number }, (_, index) => {
    const { name, sku } = sample.at(index);
    return `${name} ${index % 7},${sku},"${index}\nof B"\n`;
  });
  return header + lines.join('');
}

/** Always as the same file, so that B is the next version of A. */
function importing(csv: string, database: string, options: readonly string[]): [string, ...string[]] {
  return ['import', csv, '--as', 'products.csv', '--chunk-size', '64KiB', ...options, ...on(database)];
}

interface Scenario {
  readonly csv: string;
  readonly options: readonly string[];
  readonly start: (database: string) => void;
}

/** What an import that nobody disturbs makes, and how long it takes. */
async function quietRun({ csv, options, start }: Scenario, database: string) {
  start(database);
  const before = glance(database);
  const startedAt = performance.now();
  expect((await longhaul(importing(csv, database, options))).status).toBe(0);
  const durationMs = performance.now() - startedAt;
  const digest = tableDigest(database, { provenance: true });
  const freePages = Number(value(database, 'PRAGMA freelist_count'));
  return { before, after: glance(database), digest, durationMs, freePages };
}

function changingAll({ csvB, databaseA }: Files, options: readonly string[]): Scenario {
  return { csv: csvB, options, start: (database) => copyFileSync(databaseA, database) };
}

describe.each([
  ['rows in memory', []],
  ['rows in files', ['--staging-memory', '0B']],
])(`killed with %s (seed ${seed})`, (_, options) => {
  test.for([
    ['the first import', () => ({ csv: few.csvA, options, start: () => undefined }), null],
    ['an import that changes every row', () => changingAll(few, options), false],
    ['an import that changes very many rows', () => changingAll(many, options), true],
  ] as const)(
    '%s: the same command again completes it, and readers see all of it or nothing',
    async ([, makeScenario, throughSuccessors]) => {
      const scenario = makeScenario();
      const random = new Random(seed);
      using place = new TempFolder();
      const quiet = await quietRun(scenario, place.file('quiet.db'));
      expect(quiet.after).not.toBe(quiet.before);
      // What the tables were before is free then.
      if (throughSuccessors !== null) expect(quiet.freePages > 1000).toBe(throughSuccessors);
      const rounds = Array.from(
        { length: throughSuccessors === true ? kills / 4 : kills / 2 },
        (__, round) => ({
          database: place.file(`${round}.db`),
          killAfterMs: random.next() * quiet.durationMs,
        }),
      );
      // One after the other: what is checked of one would keep this thread from looking at another.
      for (const round of rounds) await kill(scenario, round, quiet);
    },
  );
});

/** Imports do not take equally long: a kill that came too late is tried again, earlier. */
async function kill(
  scenario: Scenario,
  { database, killAfterMs }: { database: string; killAfterMs: number },
  quiet: Awaited<ReturnType<typeof quietRun>>,
): Promise<void> {
  for (let share = 1; ; share /= 2) {
    const round = { database: `${database}-${1 / share}`, killAfterMs: killAfterMs * share };
    if (await killOnce(scenario, round, quiet)) return;
  }
}

/** @returns whether it was killed before its end */
async function killOnce(
  { csv, options, start }: Scenario,
  { database, killAfterMs }: { database: string; killAfterMs: number },
  quiet: Awaited<ReturnType<typeof quietRun>>,
): Promise<boolean> {
  start(database);
  await using watcher = new Watcher(database);
  let wasKilled: boolean;
  {
    await using command = new CliProcess(importing(csv, database, options));
    // The moment is what this test is about, so here a timer is right.
    await sleep(killAfterMs);
    command.kill('SIGKILL');
    wasKilled = (await command.ended).signal === 'SIGKILL';
  }
  await watcher.nextLook();
  const afterKill = glance(database);
  expect([quiet.before, quiet.after]).toContain(afterKill);
  const again = longhaulJson<{ receipts: { status: string; run: number }[] }>(
    importing(csv, database, options),
  );
  await watcher.nextLook();
  const { receipts } = await again;
  await watcher.nextLook();
  expect(receipts[0]?.status).toBe(afterKill === quiet.after ? 'already_published' : 'done');
  expect(tableDigest(database, { provenance: true }), `killed after ${killAfterMs} ms`).toBe(quiet.digest);
  expect(wrongCounts(database)).toBe(0);
  expect(integrity(database)).toBe('ok');
  await using reader = await openReader(`sqlite:${database}`);
  expect(await verify(reader, products, null)).toMatchObject({ agrees: true, findings: [] });
  const beside = readdirSync(dirname(database)).filter((name) => name.startsWith(`${basename(database)}.`));
  expect(beside).toEqual([`${basename(database)}.lock`]);
  expect([...watcher.seen].filter((seen) => seen !== quiet.before && seen !== quiet.after)).toEqual([]);
  expect(watcher.looks).toBeGreaterThan(5);
  return wasKilled;
}
