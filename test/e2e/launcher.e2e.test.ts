/** bin/longhaul.js, in a folder of its own with a command line that says what it was started with. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectRoot } from '../helpers/planted-project.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'longhaul-launcher-'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  mkdirSync(join(root, 'bin'));
  cpSync(join(projectRoot, 'bin/longhaul.js'), join(root, 'bin/longhaul.js'));
});

afterEach(() => rmSync(root, { recursive: true }));

function writeModule(name: string, code: string): string {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, code);
  return path;
}

/** A command line that prints its name and arguments. */
function write(name: string, body = 'return 0;'): string {
  return writeModule(
    name,
    `export async function main(argv) { console.log('${name}', ...argv); await null; ${body} }`,
  );
}

/** What would start threads, and prints which. */
function writeThreads(name: string): void {
  writeModule(name, `export function startThreadEarly(thread) { console.log('${name}', thread); }`);
}

function launch(options: { env?: NodeJS.ProcessEnv; node?: string[]; command?: string } = {}) {
  const env = { ...process.env, LONGHAUL_SRC: '', NODE_DISABLE_COMPILE_CACHE: '1', ...options.env };
  const args = [...(options.node ?? []), join(root, 'bin/longhaul.js'), options.command ?? 'show', 'a b.csv'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: tmpdir(),
    encoding: 'utf8',
    env,
  });
  return { status, stdout: stdout.trim(), stderr };
}

test('starts from src/ when nothing was built', () => {
  write('src/cli/main.ts');
  expect(launch()).toEqual({ status: 0, stdout: 'src/cli/main.ts show a b.csv', stderr: '' });
});

test('starts from dist/ when it is younger, and also without src/', () => {
  write('src/cli/main.ts');
  write('dist/cli/main.js');
  utimesSync(join(root, 'src/cli/main.ts'), 1000, 1000);
  expect(launch().stdout).toBe('dist/cli/main.js show a b.csv');
  rmSync(join(root, 'src'), { recursive: true });
  expect(launch().stdout).toBe('dist/cli/main.js show a b.csv');
});

test('a stale dist/ is not used, nor any when LONGHAUL_SRC=1', () => {
  write('src/cli/main.ts');
  const built = write('dist/cli/main.js');
  expect(launch({ env: { LONGHAUL_SRC: '1' } }).stdout).toBe('src/cli/main.ts show a b.csv');
  utimesSync(built, 1000, 1000);
  expect(launch().stdout).toBe('src/cli/main.ts show a b.csv');
});

test('the thread that an import wants soonest starts before the command line is loaded, from the same folder', () => {
  write('src/cli/main.ts');
  writeThreads('src/processes/threads.ts');
  write('dist/cli/main.js');
  writeThreads('dist/processes/threads.js');
  expect(launch({ command: 'import' }).stdout.split('\n')).toEqual([
    'dist/processes/threads.js store-thread',
    'dist/cli/main.js import a b.csv',
  ]);
  expect(launch({ command: 'import', env: { LONGHAUL_SRC: '1' } }).stdout.split('\n')).toEqual([
    'src/processes/threads.ts store-thread',
    'src/cli/main.ts import a b.csv',
  ]);
});

test('ends with the status that the command line gives, and 1 when it breaks', () => {
  write('src/cli/main.ts', 'return 3;');
  expect(launch().status).toBe(3);
  write('src/cli/main.ts', "throw new Error('broken inside');");
  const { status, stderr } = launch();
  expect(status).toBe(1);
  expect(stderr).toContain('broken inside');
});

test('threads share the compile cache', () => {
  write(
    'src/cli/main.ts',
    `const { Worker } = await import('node:worker_threads');
    const thread = new Worker("console.log(require('node:module').getCompileCacheDir())", { eval: true });
    await new Promise((ended) => thread.on('exit', ended));
    return 0;`,
  );
  const { stdout } = launch({ env: { NODE_DISABLE_COMPILE_CACHE: undefined, TMPDIR: root } });
  expect(stdout).toContain(`\n${root}/node-compile-cache/v`);
});

test('says what to do on an older Node, before loading anything', () => {
  write('src/cli/main.ts');
  const older =
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })";
  const { status, stdout, stderr } = launch({ node: ['--import', `data:text/javascript,${older}`] });
  expect(status).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toMatch(
    /^longhaul: this is Node\.js 20\.1\.0, at .+\nLonghaul needs Node\.js 24 .+\nTry: npx longhaul .+\n$/,
  );
});
