/**
 * The whole job with PostgreSQL, next to what a careful user does with psql on the same server: into a new database, and into
 * a filled one. The server is one of our own with its usual settings, or the one that TEST_PG_URL names.
 */
import type { Receipt } from '../src/run/receipt.ts';
import { PostgresServer } from '../test/helpers/postgres-server.ts';
import { commonDigest } from './lib/database.ts';
import { build, checkStillBuilt, longhaulImport } from './lib/longhaul.ts';
import { load } from './lib/machine.ts';
import { type Contender, inTurns, once } from './lib/measure.ts';
import { benchOptions } from './lib/options.ts';
import { BenchServer, psqlVersion, recipeImport } from './lib/postgres.ts';
import { report } from './lib/report.ts';
import { type SampleFile, sampleFile } from './lib/samples.ts';

const { runs, records } = benchOptions({ runs: 5, records: 500_000 });
build();
const first = await sampleFile({ records });
const few = await sampleFile({ records, changed: 0.01 });
const all = await sampleFile({ records, changed: 1 });
const given = process.env['TEST_PG_URL'];
await using own = given === undefined ? await PostgresServer.start([]) : null;
const server = new BenchServer(given ?? own!.url);

interface Case {
  readonly what: string;
  readonly file: SampleFile;
  /** Other than the name of what is in the database. */
  readonly name?: string;
  readonly into: 'nothing' | 'what the first file has made';
  readonly expected: (receipt: Receipt) => boolean;
}

const cases: readonly Case[] = [
  {
    what: 'first import',
    file: first,
    into: 'nothing',
    expected: ({ inserted, superseded }) => inserted + superseded === records,
  },
  {
    what: 'same content, other name',
    file: first,
    name: 'other.csv',
    into: 'what the first file has made',
    expected: ({ unchanged, superseded }) => unchanged + superseded === records,
  },
  {
    what: '1 % changed',
    file: few,
    into: 'what the first file has made',
    expected: ({ updated, unchanged }) => updated > 0 && updated < unchanged / 50,
  },
  {
    what: 'all changed',
    file: all,
    into: 'what the first file has made',
    expected: ({ updated, superseded }) => updated + superseded === records,
  },
];

await longhaulImport(await server.create('filled_by_longhaul'), first.path);
await recipeImport(await server.create('filled_by_recipe'), first.path);
// A server that has had the tables for a while knows what is in them.
for (const database of ['filled_by_longhaul', 'filled_by_recipe'])
  await new BenchServer(server.urlOf(database)).run('ANALYZE');

function contendersFor({ what, file, name, into, expected }: Case): Contender[] {
  const size = { bytes: file.bytes, records };
  const recipe: Contender = {
    what: `${psqlVersion() === null ? 'COPY' : 'psql'}, ${what}`,
    ...size,
    prepare: () => server.create('recipe', into === 'nothing' ? undefined : 'filled_by_recipe'),
    run: () => recipeImport(server.urlOf('recipe'), file.path),
  };
  const ours: Contender = {
    what: `longhaul, ${what}`,
    baseline: recipe.what,
    ...size,
    prepare: () => server.create('longhaul', into === 'nothing' ? undefined : 'filled_by_longhaul'),
    async run() {
      const measured = await longhaulImport(server.urlOf('longhaul'), file.path, name);
      if (expected(measured.receipt)) return measured;
      throw new Error(`${what}: not the work that was expected: ${JSON.stringify(measured.receipt)}`);
    },
  };
  return [ours, recipe];
}

const digests: Record<string, string> = {};
const contenders: Contender[] = [];
for (const each of cases) {
  const those = contendersFor(each);
  for (const contender of those) await once(contender);
  digests[each.what] = await commonDigest(
    new Map(['longhaul', 'recipe'].map((database) => [database, server.urlOf(database)])),
  );
  contenders.push(...those);
}
const before = load();
const outcomes = await inTurns(contenders, runs);
checkStillBuilt();
const version = await server.run('SHOW server_version');
const by =
  psqlVersion() === null ? 'there is no psql here: the recipe by COPY FROM STDIN' : `psql ${psqlVersion()}`;
report({
  name: 'postgres',
  runs,
  load: before,
  records,
  bytes: first.bytes,
  digest: digests,
  notes: [`PostgreSQL ${version}; ${by}; × as fast: as the recipe with the same file`],
  outcomes,
});
