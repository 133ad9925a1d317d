/** Plants a violation of every import rule: a rule that never fires is no rule. */
import { expect, test } from 'vitest';
import { type ImportReport, readImports } from '../scripts/checks/import-rules.ts';
import { plantProject } from './helpers/planted-project.ts';

/** Rule, the file that breaks it, and what it imports. */
const plants: readonly (readonly [rule: string, from: string, to: string])[] = [
  ['kernel-imports-nothing-of-ours', 'src/kernel/uses-schema.ts', 'src/schema/row.ts'],
  ['csv-imports-only-kernel', 'src/csv/uses-schema.ts', 'src/schema/row.ts'],
  ['runtime-imports-nothing-of-ours', 'src/runtime/uses-schema.ts', 'src/schema/row.ts'],
  ['schema-imports-only-csv', 'src/schema/uses-runtime.ts', 'src/runtime/clock.ts'],
  ['config-below-everything-that-runs', 'src/config/uses-run.ts', 'src/run/plan.ts'],
  ['sample-stands-alone', 'src/sample/uses-store.ts', 'src/store/store.ts'],
  ['reference-shares-no-logic', 'src/reference/uses-parser.ts', 'src/csv/parser.ts'],
  ['reference-shares-no-logic', 'src/reference/uses-run.ts', 'src/run/plan.ts'],
  ['source-points-down', 'src/source/uses-stage.ts', 'src/stage/chunk.ts'],
  ['store-points-down', 'src/store/sqlite/uses-stage.ts', 'src/stage/chunk.ts'],
  ['queue-points-down', 'src/queue/uses-stage.ts', 'src/stage/chunk.ts'],
  ['stage-sees-interfaces-only', 'src/stage/uses-sqlite.ts', 'src/store/sqlite/open.ts'],
  ['stage-sees-interfaces-only', 'src/stage/uses-run.ts', 'src/run/plan.ts'],
  ['run-sees-interfaces-only', 'src/run/uses-http.ts', 'src/source/http/read.ts'],
  ['run-sees-interfaces-only', 'src/run/uses-config.ts', 'src/config/options.ts'],
  ['edit-sees-interfaces-only', 'src/edit/uses-postgres.ts', 'src/store/postgres/open.ts'],
  ['http-knows-no-routes', 'src/http/uses-api.ts', 'src/api/routes.ts'],
  ['watch-points-down', 'src/watch/uses-api.ts', 'src/api/routes.ts'],
  ['api-points-down', 'src/api/uses-processes.ts', 'src/processes/master.ts'],
  ['source-server-points-down', 'src/source-server/uses-store.ts', 'src/store/store.ts'],
  ['processes-below-the-command-line', 'src/processes/uses-cli.ts', 'src/cli/main.ts'],
  ['cli-starts-processes', 'src/cli/uses-store.ts', 'src/store/store.ts'],
  ['cli-starts-processes', 'src/cli/uses-stage.ts', 'src/stage/chunk.ts'],
  ['pages-know-the-wire-only', 'web/api/uses-schemas.ts', 'src/api/wire/runs.ts'],
  ['pages-know-the-wire-only', 'web/api/uses-helper.ts', 'test/helpers/database.ts'],
  ['pages-know-types-of-the-wire-only', 'web/api/uses-store.ts', 'src/store/store.ts'],
  ['nothing-needs-the-pages', 'src/api/uses-pages.ts', 'web/paths.ts'],
  ['every-folder-has-a-layer', 'src/surprise/uses-schema.ts', 'src/schema/row.ts'],
  ['pure-means-no-io', 'src/csv/opens-files.ts', 'node:fs'],
  ['pure-means-no-io', 'src/schema/waits.ts', 'node:timers/promises'],
  ['only-processes-names-sqlite', 'src/cli/uses-sqlite.ts', 'src/store/sqlite/open.ts'],
  ['only-processes-names-sqlite', 'src/store/postgres/uses-sqlite.ts', 'src/store/sqlite/open.ts'],
  ['only-processes-names-postgres', 'src/store/sqlite/uses-postgres.ts', 'src/store/postgres/open.ts'],
  ['postgres-when-asked-for', 'src/processes/uses-postgres.ts', 'src/store/postgres/open.ts'],
  ['drivers-in-store-and-queue', 'src/run/uses-node-sqlite.ts', 'node:sqlite'],
  ['drivers-in-store-and-queue', 'src/edit/uses-pg.ts', 'pg'],
  ['reference-is-for-tests', 'src/run/uses-reference.ts', 'src/reference/replay.ts'],
  ['production-never-imports-tests', 'src/run/uses-helper.ts', 'test/helpers/database.ts'],
  ['production-never-imports-tests', 'src/run/uses-bench.ts', 'bench/recipes.ts'],
  ['production-never-imports-tests', 'src/run/uses-test.ts', 'src/run/plan.test.ts'],
  ['production-needs-no-dev-dependency', 'src/run/uses-vitest.ts', 'vitest'],
  ['declared-and-found', 'src/run/uses-missing.ts', 'no-such-package'],
  ['no-cycle', 'src/run/about.ts', 'src/run/round.ts'],
  ['no-barrel', 'src/run/uses-barrel.ts', 'src/stage/index.ts'],
  ['no-junk-drawer', 'src/run/uses-drawer.ts', 'src/run/utils/text.ts'],
  ['no-junk-drawer', 'src/run/uses-junk.ts', 'src/run/helpers.ts'],
];

/** What must stay allowed. */
const sound: Readonly<Record<string, string>> = {
  'src/run/sound.ts': importing('src/run/sound.ts', 'src/store/store.ts'),
  'src/store/sqlite/sound.ts': importing('src/store/sqlite/sound.ts', 'node:sqlite'),
  'src/processes/sound.ts': importing('src/processes/sound.ts', 'src/store/sqlite/open.ts'),
  'src/run/sound.test.ts': importing('src/run/sound.test.ts', 'src/reference/replay.ts'),
  'src/reference/sound.ts': "import type { it } from '../csv/parser.ts';\nexport type It = typeof it;\n",
  'web/api/sound.ts': importing('web/api/sound.ts', 'src/api/client.ts'),
  'web/api/sound-type.ts':
    "import type { it } from '../../src/api/wire/runs.ts';\nexport type It = typeof it;\n",
  'src/cli/sound.ts': "import type { it } from '../run/plan.ts';\nexport type It = typeof it;\n",
  'src/runtime/sound.ts':
    'export async function f(open: () => Disposable & AsyncDisposable, all: Disposable[]) {\n' +
    "  await using a = open();\n  for (using b of all) await import('commander');\n  return a;\n}\n",
};

function importing(from: string, to: string): string {
  const isOurs = /^(src|web|test|bench)\//.test(to);
  const up = '../'.repeat(from.split('/').length - 1);
  return `import { it } from '${isOurs ? up + to : to}';\nexport const mine = it;\n`;
}

function report(): ImportReport {
  const targets = plants.filter(([, , to]) => to.endsWith('.ts'));
  using project = plantProject({
    'src/api/client.ts': 'export const it = 1;\n',
    ...Object.fromEntries(targets.map(([, , to]) => [to, 'export const it = 1;\n'])),
    ...Object.fromEntries(plants.map(([, from, to]) => [from, importing(from, to)])),
    'src/run/round.ts': importing('src/run/round.ts', 'src/run/about.ts'),
    ...sound,
  });
  return readImports(project.root, '.dependency-cruiser.mjs');
}

const { files, rules, violations } = report();

const rulesBrokenBy = (file: string) =>
  violations.filter((violation) => violation.from === file).map((violation) => violation.rule);

test('the files are read at all', () => {
  expect(files).toBeGreaterThan(plants.length);
});

test.each(plants)('%s: %s imports %s', (rule, from) => {
  expect(rulesBrokenBy(from)).toContain(rule);
});

test.each(Object.keys(sound))('%s breaks no rule', (from) => {
  expect(rulesBrokenBy(from)).toEqual([]);
});

test('every rule has a violation planted, and a sentence for whoever breaks it', () => {
  expect(new Set(plants.map(([rule]) => rule))).toEqual(new Set(rules));
  for (const violation of violations) expect(violation.comment).toMatch(/\w{3}.*[.]$/);
});
