/** Each check of `npm run check` finds what was planted for it, and nothing where there is nothing. */
import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runTool } from '../scripts/checks/check.ts';
import { importRules } from '../scripts/checks/import-rules.ts';
import { pagesSize } from '../scripts/checks/pages-size.ts';
import { fileLength, lockfile, machineTraces } from '../scripts/checks/repository.ts';
import { type PlantedProject, plantProject, projectRoot } from './helpers/planted-project.ts';

function plantRepository(files: Readonly<Record<string, string>>): PlantedProject {
  const project = plantProject(files);
  expect(runTool(project.root, 'git', ['init', '--quiet']).status).toBe(0);
  return project;
}

/** A path, in pieces so that this file does not contain it. */
const path = (...parts: string[]) => ['', ...parts].join('/');

test('types: what the strict options forbid', () => {
  using project = plantProject({
    'src/run/index-access.ts': 'export const f = (list: string[]): string => list[0];\n',
    'src/run/enumeration.ts': 'export enum State {\n  done,\n}\n',
    'src/run/optional.ts': 'export const f: { x?: number } = { x: undefined };\n',
    'src/run/browser.ts': 'export const f = () => window;\n',
    'src/run/unused.ts': 'export function f(unused: number): void {}\n',
    'src/run/sound.ts': 'export const f = (bytes: Uint8Array): number => bytes[0] ?? 0;\n',
  });
  const { status, stdout } = runTool(project.root, 'tsc', ['--noEmit']);
  expect(status).not.toBe(0);
  const files = Array.from(stdout.matchAll(/^src\/run\/([\w-]+)\.ts/gm), (match) => match[1]);
  expect(files.filter((name) => name !== undefined).toSorted()).toEqual([
    'browser',
    'enumeration',
    'index-access',
    'optional',
    'unused',
  ]);
});

test('format: anything Biome would have written differently', () => {
  using project = plantRepository({ 'src/run/double.ts': 'export const text = "double";\n' });
  const { status, output } = runTool(project.root, 'biome', ['format', '--reporter=summary', 'src']);
  expect(status).toBe(1);
  expect(output).toContain('src/run/double.ts');
});

test('unused code: a file, an export and a dependency that nobody uses', () => {
  using project = plantProject({
    'src/index.ts': "import { used } from './used.ts';\nexport const face = used;\n",
    'src/used.ts': 'export const used = 1;\nexport const unused = 2;\n',
    'src/alone.ts': 'export const alone = 1;\n',
  });
  const { status, stdout } = runTool(project.root, 'knip', ['--no-progress']);
  expect(status).toBe(1);
  expect(stdout).toMatch(/Unused files .*\n(.*\n)*src\/alone\.ts/);
  expect(stdout).toMatch(/Unused exports .*\nunused .*src\/used\.ts/);
  expect(stdout).toMatch(/Unused dependencies .*\n(.*\n)*cli-progress /);
  expect(stdout).not.toContain('src/index.ts');
});

test('import rules: names the file, the rule and its reason; reading nothing is no success', () => {
  using project = plantProject({
    'src/csv/clock.ts': "import { it } from '../runtime/it.ts';\nexport const mine = it;\n",
    'src/runtime/it.ts': 'export const it = 1;\n',
  });
  expect(importRules.problems(project.root)).toMatch(
    /^src\/csv\/clock\.ts imports src\/runtime\/it\.ts\n {2}csv-imports-only-kernel: src\/csv turns /,
  );
  rmSync(join(project.root, 'src'), { recursive: true });
  expect(importRules.problems(project.root)).toContain('read no file of src/');
});

test('file length: at most 400 lines', () => {
  using project = plantRepository({
    'src/run/long.ts': '//\n'.repeat(401),
    'src/run/longest.ts': '//\n'.repeat(400),
    'docs/long.md': 'x\n'.repeat(2000),
  });
  expect(fileLength.problems(project.root)).toBe(
    'src/run/long.ts has 401 lines. Split it: at most 400, better 150.',
  );
});

test('size of the pages: what a page imports at once counts, what it imports later does not', () => {
  const random = (bytes: number): string => randomBytes(bytes).toString('base64');
  using project = plantProject({
    'dist/web/index.html': '<script type="module" src="/assets/main-1.js"></script>',
    'dist/web/assets/main-1.js': 'import"./shared-1.js";import("./a-page-1.js");import("./b-page-1.js")',
    'dist/web/assets/shared-1.js': `//${random(200_000)}`,
    'dist/web/assets/a-page-1.js': 'import{x}from"./shared-1.js";import("./chart-1.js")',
    'dist/web/assets/b-page-1.js': `import{x}from"./more-1.js"`,
    'dist/web/assets/more-1.js': `//${random(60_000)}`,
    'dist/web/assets/chart-1.js': `//${random(200_000)}`,
  });
  expect(pagesSize.problems(project.root)).toMatch(/^b-page-1\.js loads \d+ bytes of script [^\n]*$/);
  rmSync(join(project.root, 'dist/web/assets/b-page-1.js'));
  expect(pagesSize.problems(project.root)).toBe('');
  rmSync(join(project.root, 'dist/web/assets/a-page-1.js'));
  expect(pagesSize.problems(project.root)).toContain('has no page');
  rmSync(join(project.root, 'dist'), { recursive: true });
  expect(pagesSize.problems(project.root)).toContain('npm run build');
});

test('lockfile: no download addresses', () => {
  using project = plantProject({ 'package-lock.json': '{}\n' });
  expect(lockfile.problems(project.root)).toBe('');
  appendFileSync(join(project.root, 'package-lock.json'), '"resolved": "https://example.org/x.tgz"\n');
  expect(lockfile.problems(project.root)).toContain('package-lock.json:2: "resolved"');
});

test('traces of a machine: folders and registries, but not what only looks like them', () => {
  const home = path('home', 'somebody', 'x');
  const registry = ['registry', 'npmjs', 'org'].join('.');
  using project = plantRepository({
    'README.md': `Run it in\n${path('work', 'main')} or ${home}.\n`,
    'docs/sound.md': `See src${path('root', 'a.ts')}, https://example.org${path('work', 'b')} and api${path('home', 'x')}.\n`,
    '.npmrc': `registry=https://${registry}/\n`,
    'new-and-ignored.db': path('root', 'x'),
  });
  expect(machineTraces.problems(project.root).split('\n').toSorted()).toEqual([
    `.npmrc:1: ${registry}`,
    `README.md:2: ${home}`,
    `README.md:2: ${path('work', 'main')}`,
  ]);
});

test.each([
  [
    'both green',
    { numPassedTests: 5, numFailedTests: 0, testResults: [] },
    [true, true],
    '0',
    '0',
    '7 passed, 0 failed',
  ],
  [
    'a failed check',
    { numPassedTests: 5, numFailedTests: 0, testResults: [] },
    [true, false],
    '0',
    '1',
    '6 passed, 1 failed',
  ],
  [
    'a test file that cannot be loaded',
    { numPassedTests: 5, numFailedTests: 1, testResults: [{ status: 'failed', assertionResults: [] }] },
    [true],
    '1',
    '0',
    '6 passed, 2 failed',
  ],
  [
    'a bad end of good tests',
    { numPassedTests: 5, numFailedTests: 0, testResults: [] },
    [true],
    '1',
    '0',
    '6 passed, 1 failed',
  ],
  ['no report at all', undefined, undefined, '0', '0', '0 passed, 2 failed'],
] as const)('tally: %s', (_name, tests, checks, testStatus, checkStatus, line) => {
  using project = plantProject({
    'scripts/tally.js': readFileSync(join(projectRoot, 'scripts/tally.js'), 'utf8'),
    ...(tests && { '.reports/tests.json': JSON.stringify(tests) }),
    ...(checks && {
      '.reports/checks.json': JSON.stringify(checks.map((passed) => ({ name: 'x', passed }))),
    }),
  });
  const { status, stdout } = runTool(project.root, 'node', ['scripts/tally.js', testStatus, checkStatus]);
  expect(stdout).toBe(`${line}\n`);
  expect(status).toBe(line.endsWith(' 0 failed') ? 0 : 1);
});
