/** Files with odd names, and pipes in the place of files. */
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launcher, longhaul, longhaulJson } from '../helpers/cli.ts';
import { header, makeTemplate, on, removeTemplate, Shop } from '../helpers/shop.ts';

beforeAll(makeTemplate);
afterAll(removeTemplate);

test('names that could fool a terminal or a shell', async () => {
  using shop = new Shop();
  const names = ['a b.csv', 'new\nline.csv', '-x.csv', 'ünï 😀.csv', 'esc\x1b[31m.csv', `q'"$(id).csv`];
  for (const name of names) shop.write(name, `${header}Ann,s1,one\n`);
  const { receipts } = await longhaulJson<{ receipts: { file: string; status: string }[] }>(
    ['import', ...on(shop.database), '--', ...names],
    { cwd: shop.path },
  );
  expect(receipts.map(({ file, status }) => [file, status])).toEqual(
    names.map((name) => [`${shop.path}/${name}`, 'done']),
  );
  const shown = await shop.run(['show', 'runs']);
  expect(shown.stdout).toContain('new⏎line.csv');
  expect(shown.stdout).not.toContain('\x1b');
  await shop.run(['clear', '--yes']);
  const { stderr } = await shop.run(['import', '--', 'no\x1b[31m\nsuch.csv']);
  expect(stderr.split('\n')[0]).toBe('longhaul: no�[31m⏎such.csv: no such file');
});

test('a pipe with a name, and one from the shell', async () => {
  using shop = new Shop();
  expect(spawnSync('mkfifo', [shop.file('pipe')]).status).toBe(0);
  const gzip = gzipSync(header + Array.from({ length: 8000 }, (_, index) => `n,s${index},d\n`).join(''));
  shop.write('ok.csv.gz', gzip);
  const imported = shop.run(['import', 'pipe', '--json']);
  expect(bash('cat ok.csv.gz > pipe', shop).status).toBe(0);
  const named = await imported;
  expect(named.status).toBe(0);
  expect(JSON.parse(named.stdout)).toMatchObject({ receipts: [{ records: 8000, bytes: gzip.length }] });
  // A shell's <(…) is a pipe with a number for a name.
  const script = `"$0" "$1" import <(zcat ok.csv.gz) --as substituted --db sqlite:shop.db --json`;
  const { status, stdout } = bash(script, shop);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ receipts: [{ file: 'substituted', unchanged: 8000 }] });
});

test('a pipe from the shell has to be given a name, but not to be looked at', async () => {
  using shop = new Shop();
  shop.write('a.csv', `${header}Ann,s1,one\n`);
  const before = shop.list();
  for (const given of ['<(cat a.csv)', '/dev/stdin', '/proc/self/fd/0']) {
    const { status, stderr } = bash(`cat a.csv | "$0" "$1" import ${given} --db sqlite:shop.db`, shop);
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining('stands for other content each time: add --as NAME'),
    ]);
  }
  expect(bash('"$0" "$1" import --dry-run <(cat a.csv)', shop)).toMatchObject({ status: 0, stderr: '' });
  expect(shop.list()).toEqual(before);
});

test('a working folder that is gone', async () => {
  using shop = new Shop();
  const file = shop.write('a.csv', `${header}Ann,s1,one\n`);
  const script = `mkdir gone && cd gone && rmdir ../gone && "$0" "$1" import "${file}" --db sqlite:../shop.db`;
  expect(bash(script, shop)).toMatchObject({
    status: 1,
    stderr:
      'longhaul: the folder in which longhaul was called is not there any more\nTry: change to a folder that is there; if it was made again, "cd ." does that\n',
  });
});

test('a sample is not written over what is no file', async () => {
  using shop = new Shop();
  expect(spawnSync('mkfifo', [shop.file('pipe')]).status).toBe(0);
  mkdirSync(shop.file('folder'));
  for (const name of ['pipe', 'folder']) {
    expect(await longhaul(['generate', name, '--records', '5'], { cwd: shop.path })).toEqual({
      status: 1,
      signal: null,
      stdout: '',
      stderr: `longhaul: ${name}: cannot be written (it is there and is no file)\nTry: check that the folder exists, that you may write to it, and that the disk has room\n`,
    });
  }
  expect(lstatSync(shop.file('pipe')).isFIFO()).toBe(true);
});

function bash(script: string, { path }: Shop) {
  return spawnSync('bash', ['-c', script, process.execPath, launcher], {
    cwd: path,
    encoding: 'utf8',
    timeout: 20_000,
  });
}

test('a sample goes to standard output, in whole or as far as it is wanted', async () => {
  using shop = new Shop();
  const generate = '"$0" "$1" generate --records 20000';
  expect(bash(`${generate} a.csv && ${generate} - | cmp - a.csv`, shop)).toMatchObject({ status: 0 });
  expect(bash(`${generate} - | head -n 1; echo "\${PIPESTATUS[*]}"`, shop)).toMatchObject({
    stdout: `${header}0 0\n`,
    stderr: '',
  });
  // A file takes all that is written at once.
  const script = `"$0" "$1" generate - --records 4000000000 > big.csv & while [ ! -s big.csv ]; do :; done; kill -INT $!; wait $!`;
  expect(bash(script, shop)).toMatchObject({ status: 130 });
});

test('a sample is not written under a name that promises another format, nor into a folder that is not there', async () => {
  using shop = new Shop();
  const before = shop.list();
  expect(await longhaul(['generate', 'a.csv.zst'], { cwd: shop.path })).toMatchObject({ status: 2 });
  expect(await longhaul(['generate', 'no/a.csv'], { cwd: shop.path })).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('no/a.csv: cannot be written (ENOENT)') as string,
  });
  expect(shop.list()).toEqual(before);
});
