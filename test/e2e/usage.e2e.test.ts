/** Commands that are called in the wrong way, and output that goes nowhere. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, launcher, longhaul } from '../helpers/cli.ts';
import { header, makeTemplate, removeTemplate, Shop } from '../helpers/shop.ts';

beforeAll(makeTemplate);
afterAll(removeTemplate);

/** What was given, why not, and what to do; a text alone is the argument parser's. */
const expectations = {
  threads: 'a whole number from 1 to 64',
  chunkSize: 'a size from 64KiB to 64MiB, such as 8MiB',
  delimiter: 'one ASCII character, or one of tab, comma, semicolon, pipe, space',
  db: 'sqlite: and the path of a file, such as sqlite:longhaul.db, or postgres://user@host/database',
  file: 'http://HOST…, https://HOST…, or the path of a file',
  address: 'http://HOST:PORT or https://HOST…',
  rejects: 'a number of records such as 100, or a percentage such as 5%',
};

function refused(option: string, value: string, expected: string): CliResult {
  return {
    ...{ status: 2, signal: null, stdout: '' },
    stderr: `longhaul: ${option} cannot be "${value}": it must be ${expected}\nTry: give ${option} ${expected}; see "longhaul help"\n`,
  };
}

test.for([
  ['--threads', '0', expectations.threads],
  ['--threads', '65', expectations.threads],
  ['--threads', '1e1', expectations.threads],
  ['--threads', '9'.repeat(40), expectations.threads],
  ['--chunk-size', '1', expectations.chunkSize],
  ['--chunk-size', '8MB', expectations.chunkSize],
  ['--chunk-size', '65MiB', expectations.chunkSize],
  ['--max-record-size', '1GiB', 'a size from 64B to 64MiB, such as 8MiB'],
  ['--staging-memory', '-1', 'a size from 0B to 1TiB, such as 8MiB'],
  ['--max-rejects', 'many', expectations.rejects],
  ['--max-rejects', '101%', expectations.rejects],
  ['--max-rejects', '-1', expectations.rejects],
  ['--delimiter', 'ab', expectations.delimiter],
  ['--delimiter', 'é', expectations.delimiter],
  ['--delimiter', '', expectations.delimiter],
  ['--quote', 'xx', 'one ASCII character, or none'],
  ['--quote', ',', 'another character than --delimiter'],
  ['--db', 'shop.db', expectations.db],
  ['--db', 'sqlite:', expectations.db],
  ['--db', 'sqlite::memory:', expectations.db],
  ['--db', '', 'at least one character'],
  ['--as', '', 'at least one character'],
] as const)('import %s "%s"', async ([option, value, expected]) => {
  const result = await longhaul(['import', 'any.csv', option, value]);
  expect(result).toEqual(refused(option, value, expected));
});

test.for([
  [['import', 'a.csv', 'ftp://ann:geheim@shop/b.csv'], 'file|url', 'ftp://…@shop/b.csv', expectations.file],
  [['import', 'file:///a.csv'], 'file|url', 'file:///a.csv', expectations.file],
  [['master', '--advertise', 'here:5000'], '--advertise', 'here:5000', expectations.address],
  [['runs', 'retry', '7', '--master', 'http://'], '--master', 'http://', expectations.address],
] as const)('%j', async ([args, option, value, expected]) => {
  expect(await longhaul(args)).toEqual(refused(option, value, expected));
});

test.for([
  [['import'], "missing required argument 'file|url'", 'import '],
  [['import', 'a.csv', '--nonsense'], "unknown option '--nonsense'", 'import '],
  [['import', 'a.csv', '--thread', '2'], "unknown option '--thread' (Did you mean --threads?)", 'import '],
  [['import', '-x.csv'], "unknown option '-x.csv'", 'import '],
  [['import', 'a.csv', '--threads'], "option '--threads <n>' argument missing", 'import '],
  [['import', '-', '-'], 'standard input (-) can be read once only', 'import '],
  [['import', 'a.csv', 'b.csv', '--as', 'x'], '--as "x" names one file, but 2 are given', 'import '],
  [['show'], "missing required argument 'what'", 'show '],
  [['show', 'products', 'a', 'b'], 'show products takes one more word at most', 'show '],
  [['show', 'runs', '7'], 'show runs shows all runs: nothing can come after it', 'show '],
  [['imprt', 'a.csv'], "unknown command 'imprt' (Did you mean import?)", ''],
  [['help', 'nonsense'], 'there is no such command', ''],
  [['--nonsense'], "unknown option '--nonsense'", ''],
  [['clear'], 'clear removes all products and nobody can be asked here: add --yes', 'clear '],
] as const)('%j', async ([args, message, command]) => {
  expect(await longhaul(args)).toEqual({
    status: 2,
    signal: null,
    stdout: '',
    stderr: `longhaul: ${message}\nTry: "longhaul ${command}--help" shows what can be given\n`,
  });
});

test('no command: the help, and status 2; "help import" and "import --help": status 0', async () => {
  const none = await longhaul([]);
  expect(none).toMatchObject({ status: 2, stderr: '' });
  expect(none.stdout).toMatch(/^Usage: longhaul /);
  const help = await longhaul(['help', 'import']);
  expect(help).toMatchObject({ status: 0, stderr: '' });
  expect(help.stdout).toMatch(/^Usage: longhaul import \[options\] <file\|url\.\.\.>\n/);
  expect(help.stdout).toContain('$ longhaul import products.csv.gz');
  expect(await longhaul(['import', '--help'])).toEqual(help);
});

test('where no thread may be started, what needs none works, and an import says why not', async () => {
  const env = { NODE_OPTIONS: '--permission --allow-fs-read=*' };
  const { status, stdout } = await longhaul(['import', '--help'], { env });
  expect(status).toBe(0);
  expect(stdout).toContain('Usage: longhaul import');
  const refusal = await longhaul(['import', launcher], { env });
  expect(refusal.status).toBe(1);
  expect(refusal.stderr).toMatch(/^longhaul: .*--allow-worker.*\nTry: .*\n$/);
});

test('every line of every help fits a terminal and is filled', async () => {
  const { stdout: overview } = await longhaul(['help']);
  const commands = [...overview.matchAll(/^ {2}(\w+) \[/gm)].map(([, name]) => name!);
  expect(commands).toContain('import');
  for (const command of commands.filter((name) => name !== 'help')) {
    const { stdout } = await longhaul(['help', command]);
    const [, , description = ''] = stdout.split('\n\n', 3);
    expect(
      Math.max(
        ...stdout
          .split('\nExamples:')[0]!
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThan(81);
    // A line that ends long before the edge although a paragraph goes on was broken in the source.
    for (const paragraph of [description, stdout.split('\n\n')[1]!].filter((text) => !/^ /m.test(text))) {
      for (const line of paragraph.split('\n').slice(0, -1)) expect(line.length).toBeGreaterThan(60);
    }
  }
});

test('values of the environment are checked like options and named by their variable', async () => {
  using shop = new Shop();
  shop.write('a.csv', 'name;sku;description\nCid;k1;d\n');
  const { status, stderr } = await longhaul(['import', 'a.csv'], { env: { LONGHAUL_MAX_REJECTS: 'x' } });
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: `longhaul: LONGHAUL_MAX_REJECTS cannot be "x": it must be ${expectations.rejects}\nTry: give LONGHAUL_MAX_REJECTS ${expectations.rejects}; see "longhaul help"\n`,
  });
  const env = { LONGHAUL_DB: 'sqlite:shop.db', LONGHAUL_DELIMITER: 'semicolon' };
  expect(await longhaul(['import', 'a.csv'], { cwd: shop.path, env })).toMatchObject({
    status: 0,
    stderr: '',
  });
  // The command line goes before it: read with commas the header has one column only.
  const withCommas = await longhaul(['import', 'a.csv', '--delimiter', ','], { cwd: shop.path, env });
  expect(withCommas).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('it has "name;sku;description"') as string,
  });
  const { stdout } = await longhaul(['show', 'products', 'k1', '--csv'], { cwd: shop.path, env });
  expect(stdout).toContain('Cid,k1,d,2,2\n');
});

test('show and verify of what is not there', async () => {
  using shop = new Shop();
  const database = 'none.db';
  const missing = {
    status: 1,
    signal: null,
    stdout: '',
    stderr: `longhaul: ${database}: no such database\nTry: "longhaul init" creates one, and so does the first "longhaul import"\n`,
  };
  for (const args of [['show', 'products'], ['show', 'runs', '--json'], ['verify'], ['clear', '--yes']]) {
    expect(await shop.run(args, { database })).toEqual(missing);
  }
  expect(shop.list()).not.toContain(database);

  const failed = async (...args: string[]) => {
    const { status, stdout, stderr } = await shop.run(args);
    return [status, stdout, ...stderr.trimEnd().split('\n')];
  };
  const listRuns = 'Try: "longhaul show runs" lists them';
  expect(await failed('show', 'rejects', '99')).toEqual([1, '', 'longhaul: there is no run 99', listRuns]);
  expect(await failed('verify', '99')).toEqual([1, '', 'longhaul: there is no run 99', listRuns]);
  expect(await failed('show', 'products', 'nosku')).toEqual([
    1,
    '',
    'longhaul: there is no product with the sku "nosku"',
    'Try: keys are compared to the letter; "longhaul show products" lists the first ones',
  ]);
  for (const run of ['x', '0', '1e3']) {
    const [status, , message] = await failed('show', 'rejects', run);
    expect([status, message]).toEqual([
      2,
      `longhaul: [run] cannot be "${run}": it must be the number of a run`,
    ]);
  }
  expect(await failed('show', 'toString')).toEqual([
    2,
    '',
    'longhaul: show cannot be "toString": it must be one of products, rows, counts, runs, rejects, tables, sources, workers',
    'Try: give show one of products, rows, counts, runs, rejects, tables, sources, workers; see "longhaul help"',
  ]);
  expect((await failed('show', 'products', '--limit', '0'))[0]).toBe(2);
});

test('output that nobody reads, or that cannot be written, is no crash', async () => {
  using shop = new Shop();
  const rows = Array.from({ length: 20_000 }, (_, index) => `n,k${index},some text\n`);
  shop.write('many.csv', header + rows.join(''));
  expect((await shop.run(['import', 'many.csv'])).status).toBe(0);
  const bash = (script: string) => {
    const command = `longhaul() { '${process.execPath}' '${launcher}' "$@" --db sqlite:shop.db; }; ${script}`;
    const { stdout, stderr } = spawnSync('bash', ['-c', command], { cwd: shop.path, encoding: 'utf8' });
    return { stdout, stderr };
  };
  for (const format of ['', '--json', '--csv']) {
    const { stdout, stderr } = bash(
      `longhaul show products --limit 20000 ${format} | head -c 20; echo " \${PIPESTATUS[*]}"`,
    );
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^.{20} 0 0\n$/s);
  }
  expect(bash('longhaul verify | true; echo "${PIPESTATUS[*]}"')).toEqual({ stdout: '0 0\n', stderr: '' });
  expect(bash('longhaul import missing.csv 2>&1 >/dev/null | true; echo "${PIPESTATUS[*]}"').stdout).toBe(
    '1 0\n',
  );
  expect(bash('longhaul show counts > /dev/full; echo $?')).toEqual({
    stdout: '1\n',
    stderr:
      'longhaul: the output cannot be written (ENOSPC)\nTry: see to where the output goes, a full disk perhaps; what was imported stays imported\n',
  });
  expect(bash('longhaul import many.csv <&- >&- 2>&-; echo $?').stdout).toBe('0\n');
  expect(bash('longhaul import - <&-; echo $?')).toEqual({
    stdout: '1\n',
    stderr:
      'longhaul: standard input: is empty, not even a header\nTry: see whether the program that writes the file has failed or is still at work\n',
  });
});
