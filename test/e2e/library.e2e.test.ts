/** The library as its users have it: packed, installed into an empty project, type-checked and run there. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

let folder: TempFolder;

function run(command: string, args: readonly string[], cwd: string): string {
  // The tests' own wish for src/ means nothing where the package is installed.
  const { LONGHAUL_SRC: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  expect({ command, args, status, stderr: status === 0 ? '' : stderr + stdout }).toMatchObject({ status: 0 });
  return stdout;
}

/** A program of the project. @returns what it printed */
function runProgram(name: string, code: string): string {
  const path = folder.write(name, code);
  const checked = [
    '--noEmit',
    '--strict',
    '--target',
    'esnext',
    '--module',
    'nodenext',
    '--types',
    'node',
    '--skipLibCheck',
  ];
  run(
    process.execPath,
    [`${root}node_modules/typescript/bin/tsc`, '--typeRoots', `${root}node_modules/@types`, ...checked, path],
    folder.path,
  );
  return run(process.execPath, [path], folder.path);
}

beforeAll(() => {
  folder = new TempFolder();
  folder.write('package.json', '{ "type": "module", "private": true }');
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--silent', '--pack-destination', folder.path], root),
  ) as [{ filename: string }];
  run(
    'npm',
    [
      'install',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--prefer-offline',
      folder.file(packed.filename),
    ],
    folder.path,
  );
  folder.write(
    'products.csv.gz',
    gzipSync(Buffer.concat(sampleBlocks({ records: 20_000, seed: 1 }).toArray())),
  );
}, 120_000);

afterAll(() => folder[Symbol.dispose]());

test("the README's program imports a file, shows progress and reads the counts", () => {
  const [, program = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(program.trim().split('\n').length).toBeLessThanOrEqual(10);
  const printed = runProgram('readme.ts', program);
  expect(printed).toContain("phase: 'staging'");
  expect(printed).toContain('18668 new, 0 changed, 0 rejected');
  expect(printed).toMatch(/value: 'Michael Smith', number: \d+/);
});

test('an import can be cancelled, and then nothing is published', () => {
  const printed = runProgram(
    'cancel.ts',
    `import { importFile, LonghaulError, openDatabase } from 'longhaul';
const stop = new AbortController();
const db = 'sqlite:cancelled.db';
try {
  await importFile('products.csv.gz', { db, signal: stop.signal, onProgress: () => stop.abort() });
} catch (error) {
  if (error instanceof LonghaulError) console.log(error.code);
}
try {
  openDatabase({ db });
} catch (error) {
  if (error instanceof LonghaulError) console.log(error.code);
}
const again = await importFile('products.csv.gz', { db });
await using database = openDatabase({ db });
console.log(again.status, (await database.totals()).rows, (await database.verify()).agrees);
`,
  );
  expect(printed).toBe('interrupted\ndatabase_not_published\ndone 18668 true\n');
});

test('what is wrong is told by the code of its error', () => {
  const printed = runProgram(
    'wrong.ts',
    `import { importFile, LonghaulError } from 'longhaul';
const attempts = [
  () => importFile('nothing.csv'),
  () => importFile('products.csv.gz', { threads: 0 }),
  () => importFile('products.csv.gz', { db: 'mysql://nowhere' }),
  () => importFile('products.csv.gz', { delimiter: ';', db: 'sqlite:wrong.db' }),
];
for (const attempt of attempts) {
  await attempt().catch((error: unknown) => console.log(error instanceof LonghaulError ? error.code : error));
}
`,
  );
  expect(printed).toBe('file_not_found\nbad_option\nbad_option\nheader_missing_column\n');
});

test('the installed command works', () => {
  expect(run(process.execPath, ['node_modules/longhaul/bin/longhaul.js', '--version'], folder.path)).toMatch(
    /^\d+\.\d+\.\d+\n$/,
  );
});
