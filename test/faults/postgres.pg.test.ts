/**
 * The importing process killed, its connection ended and the server crashed, at random moments of an import: the same command
 * again completes it, and readers see all of it or nothing. LONGHAUL_TEST_SEED repeats a failure as far as a moment can be
 * repeated.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openReader, verify } from '../../src/processes/reading.ts';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { products } from '../../src/schema/dataset.ts';
import { type CliResult, CliProcess, longhaul, longhaulJson } from '../helpers/cli.ts';
import { ownServer } from '../helpers/own-server.ts';
import { execute } from '../helpers/postgres-database.ts';
import { Random } from '../helpers/random.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const seed = Number(process.env['LONGHAUL_TEST_SEED'] ?? Date.now() % 1_000_000);
const random = new Random(seed);
const records = 15_000;
const rounds = 4;

const own = ownServer();
let folder: TempFolder;
/** Both have the same skus; the second one changes every row, and every second name. */
let csvA: string;
let csvB: string;
/** What imports of A, and of A and then B, make when nobody disturbs them; and how long the last one takes. */
let quietA: Quiet;
let quietB: Quiet;

interface Quiet {
  readonly digest: string;
  readonly glance: string;
  readonly durationMs: number;
}

beforeAll(async () => {
  folder = new TempFolder();
  csvA = folder.write('a.csv', Buffer.concat([...sampleBlocks({ records, seed: 1 })]));
  const changed = Buffer.concat([...sampleBlocks({ records, seed: 1, changed: { fraction: 1, seed: 2 } })]);
  let line = 0;
  csvB = folder.write(
    'b.csv',
    changed.toString().replaceAll(/^(\w+ \w+),/gm, (name) => (line++ % 2 === 0 ? `Dr ${name}` : name)),
  );
  const url = own.database.newSchema();
  quietA = await quietRun(url, csvA);
  quietB = await quietRun(url, csvB);
  expect(quietB.digest).not.toBe(quietA.digest);
});
afterAll(() => folder[Symbol.dispose]());

/** Always as the same file, so that B is the next version of A. */
function importing(csv: string, url: string): [string, ...string[]] {
  return ['import', csv, '--as', 'products.csv', '--chunk-size', '64KiB', '--quiet', '--db', url];
}

/** So that chunks outlive their process, whatever the run's length. */
const onServer = ['--staging-memory', '0'];

async function quietRun(url: string, csv: string): Promise<Quiet> {
  const startedAt = performance.now();
  expect(await longhaul(importing(csv, url))).toMatchObject({ status: 0, stderr: '' });
  const durationMs = performance.now() - startedAt;
  return { digest: await digest(url), glance: await glance(url), durationMs };
}

/** Of both tables. Without runs: a crashed server may leave out numbers. */
async function digest(url: string): Promise<string> {
  const [row] = await execute(
    url,
    `SELECT (SELECT md5(string_agg(concat_ws('|', name, sku, description, _line), E'\\n' ORDER BY sku)) FROM products) || ' ' ||
       (SELECT md5(string_agg(concat_ws('|', name, no_of_products), E'\\n' ORDER BY name)) FROM product_counts) AS digest`,
  );
  return row!['digest'] as string;
}

/** What one look at both tables tells; `nothing` before there are any. */
async function glance(url: string): Promise<string> {
  const there = await execute(url, "SELECT to_regclass('products') IS NOT NULL AS there");
  if (there[0]!['there'] !== true) return 'nothing';
  const [row] = await execute(
    url,
    `SELECT (SELECT count(*) || ' rows, ' || coalesce(sum(length(name) + length(description) + _line), 0) FROM products) || ', ' ||
       (SELECT count(*) || ' names of ' || coalesce(sum(no_of_products), 0) FROM product_counts) || ', ' ||
       (SELECT coalesce(max(publish_number), 0) || ' published' FROM _longhaul_datasets) AS seen`,
  );
  return row!['seen'] as string;
}

/** An import of A into nothing, or of B into what A has made. */
const scenarios = [
  [
    'the first import',
    async () => ({ url: own.database.newSchema(), csv: csvA, quiet: quietA, before: /^nothing$|^0 rows/ }),
  ],
  [
    'an import that changes every row',
    async () => {
      const url = own.database.newSchema();
      await quietRun(url, csvA);
      return { url, csv: csvB, quiet: quietB, before: new RegExp(`^${quietA.glance}$`) };
    },
  ],
] as const;

/** What goes wrong, and what the command may then say. */
interface Fault {
  readonly strike: (command: CliProcess) => Promise<void>;
  readonly check: (result: CliResult) => void;
}

const lost = (result: CliResult): void => {
  if (result.status === 0) return;
  expect(result.stderr).toMatch(/the connection to the server was lost|the server cannot be reached/);
  expect(result).toMatchObject({ status: 1, signal: null });
};
const faults: readonly (readonly [string, Fault])[] = [
  ['SIGKILL', { strike: async (command) => command.kill('SIGKILL'), check: () => undefined }],
  [
    'pg_terminate_backend',
    {
      strike: async () => {
        const sql =
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'longhaul'";
        await execute(own.server.url, sql);
      },
      check: lost,
    },
  ],
  [
    'a crash of the server',
    {
      strike: async () => {
        await own.server.crash();
        await own.server.resume();
      },
      check: lost,
    },
  ],
];

describe.each(faults)(`%s (seed ${seed})`, (_, { strike, check }) => {
  test.each(scenarios)('%s', async (__, make) => {
    for (let round = 0; round < rounds; round++) {
      const { url, csv, quiet, before } = await make();
      const afterMs = random.next() * quiet.durationMs;
      {
        // By turns rows wait in memory and on the server.
        const where = round % 2 === 0 ? [] : onServer;
        await using command = new CliProcess([...importing(csv, url), ...where]);
        // The moment is what this test is about, so here a timer is right.
        await sleep(afterMs);
        await strike(command);
        check(await command.ended);
      }
      const seen = await glance(url);
      const published = seen === quiet.glance;
      if (!published) expect(seen).toMatch(before);
      const { receipts } = await longhaulJson<{ receipts: { status: string }[] }>(importing(csv, url));
      expect(receipts[0]?.status).toBe(published ? 'already_published' : 'done');
      expect(await digest(url), `struck after ${afterMs} ms`).toBe(quiet.digest);
      await using reader = await openReader(url);
      expect(await verify(reader, products, null)).toMatchObject({ agrees: true, findings: [] });
      expect(
        await execute(
          url,
          "SELECT relname FROM pg_class WHERE relname ~ '^_longhaul_(staged|delta|late|was|touched|next|counts)_'",
        ),
      ).toEqual([]);
    }
  });
});

describe('staged chunks', () => {
  const chunksStaged = async (url: string): Promise<number> => {
    const [row] = await execute(
      url,
      'SELECT count(*)::int AS n FROM _longhaul_chunks WHERE epoch IS NOT NULL',
    );
    return row!['n'] as number;
  };

  /** Kills an import once it has staged some chunks, in front of more than it has been given. */
  async function killedWhileStaging(): Promise<{ url: string; staged: number; content: Buffer }> {
    const url = own.database.newSchema();
    const content = Buffer.concat([...sampleBlocks({ records, seed: 1 })]);
    expect(await longhaul(['init', '--db', url])).toMatchObject({ status: 0 });
    await using command = new CliProcess([...importing('-', url), ...onServer], { stdin: null });
    await command.feed(content.subarray(0, content.length >> 1));
    let staged = 0;
    // Half of the content is 16 chunks; the last ones may wait for more.
    while (staged < 8) {
      if (command.hasEnded) throw new Error(command.stderr);
      staged = await chunksStaged(url);
    }
    command.kill('SIGKILL');
    await command.ended;
    return { url, staged, content };
  }

  test('outlive their process, and are taken over', async () => {
    const { url, staged, content } = await killedWhileStaging();
    const { receipts } = await longhaulJson<{ receipts: { chunksTakenOver: number }[] }>(
      importing('-', url),
      { stdin: content },
    );
    expect(receipts[0]!.chunksTakenOver).toBeGreaterThanOrEqual(staged);
    expect(await digest(url)).toBe(quietA.digest);
  });

  test('do not outlive a crash of the server: that is noticed, and they are staged again', async () => {
    const { url, content } = await killedWhileStaging();
    // Staging commits without waiting for the disk: without this a crash may lose the ledger's rows as well.
    await execute(url, 'CHECKPOINT');
    await own.server.crash();
    await own.server.resume();
    expect(await chunksStaged(url)).toBeGreaterThan(0);
    const { receipts } = await longhaulJson<{ receipts: object[] }>(importing('-', url), { stdin: content });
    expect(receipts).toMatchObject([{ status: 'done', chunksTakenOver: 0, reconciled: true }]);
    expect(await digest(url)).toBe(quietA.digest);
  });

  test('of a run that nobody goes on with are swept by the next import', async () => {
    const { url } = await killedWhileStaging();
    expect(await longhaul(importing(csvB, url))).toMatchObject({ status: 0 });
    expect(await execute(url, "SELECT relname FROM pg_class WHERE relname ~ '^_longhaul_staged'")).toEqual(
      [],
    );
  });
});

test('a killed import frees its lock at once; a living one does not', async () => {
  const url = own.database.newSchema();
  await quietRun(url, csvA);
  await using first = new CliProcess(importing('-', url), { stdin: null });
  await first.feed('name,sku,description\nAnn,s1,x\n');
  const isHeld = async (): Promise<boolean> =>
    (await execute(url, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted")).length > 0;
  while (!(await isHeld())) if (first.hasEnded) throw new Error(first.stderr);
  const refused = await longhaul(importing(csvB, url));
  expect(refused).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('another import into this database is running') as string,
  });
  first.kill('SIGKILL');
  await first.ended;
  expect(await longhaul(importing(csvB, url))).toMatchObject({ status: 0, stderr: '' });
});
