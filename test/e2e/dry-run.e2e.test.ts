/** What `import --dry-run` says is what the import then does, to the last record; and it leaves no trace. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { longhaul, longhaulJson } from '../helpers/cli.ts';
import { value } from '../helpers/dump.ts';
import { Random } from '../helpers/random.ts';
import { header } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const seed = Number(process.env['LONGHAUL_TEST_SEED'] ?? Date.now() % 1_000_000);

interface Sums {
  readonly status: string;
  readonly rows: number;
  readonly [sum: string]: unknown;
}

const sums = ['records', 'blankLines', 'inserted', 'updated', 'unchanged', 'superseded', 'kept', 'rejected'];

/** Tries an import, checks that nothing has been touched, then does it. @returns what was said and what has happened */
async function tryThenDo(folder: TempFolder, args: readonly string[], stdin = ''): Promise<[Sums, Sums]> {
  const database = folder.file('longhaul.db');
  using temporary = new TempFolder();
  const options = { cwd: folder.path, stdin, env: { TMPDIR: temporary.path } };
  const seen = (): unknown => [
    // Whoever reads a database with a write-ahead log makes these two, as SQLite does.
    folder.list().filter((name) => !/-(wal|shm)$/.test(name)),
    existsSync(database) && readFileSync(database).toString('latin1'),
    readdirSync(temporary.path),
  ];
  const before = seen();
  const tried = await longhaulJson<{ previews: { outcome: Sums }[] }>(
    ['import', ...args, '--dry-run'],
    options,
  );
  expect(seen()).toEqual(before);
  const done = await longhaulJson<{ receipts: Sums[] }>(['import', ...args], options);
  return [tried.previews[0]!.outcome, done.receipts[0]!];
}

test(`of random versions of two files, with edits between them (seed ${seed})`, async () => {
  using folder = new TempFolder();
  const random = new Random(seed);
  const below = (most: number): number => Math.floor(random.next() * most);
  for (let step = 0; step < 10; step++) {
    const records = Array.from({ length: 300 }, () => {
      if (below(25) === 0) return 'too few\n';
      return `name ${below(3)},s${below(150)},${below(2)}\n`;
    });
    const name = below(2) === 0 ? 'a.csv' : 'b.csv';
    folder.write(name, header + records.join(''));
    const args = [
      name,
      '--max-rejects',
      '50%',
      '--chunk-size',
      '64KiB',
      ...(step % 2 === 0 ? ['--staging-memory', '0B'] : []),
    ];
    const [tried, done] = await tryThenDo(folder, args);
    expect(done.status).toBe('done');
    for (const sum of [...sums, 'rows', 'rejectedBy']) expect([sum, tried[sum]]).toEqual([sum, done[sum]]);
    const [again, nothing] = await tryThenDo(folder, args);
    expect([again.status, nothing.status]).toEqual(['already_published', 'already_published']);
    expect(again.rows).toBe(done.rows);
    for (let edit = 0; edit < 3; edit++) {
      await longhaul(['update', `s${below(150)}`, '--name', `edit ${step}.${edit}`], { cwd: folder.path });
    }
  }
  expect(
    value(folder.file('longhaul.db'), 'SELECT sum(kept) > 0 AND sum(updated) > 0 FROM _longhaul_runs'),
  ).toBe(1);
});

test('of standard input, of another table, and of one without a key', async () => {
  using folder = new TempFolder();
  const [tried, done] = await tryThenDo(folder, ['-'], `${header}Ann,s1,\nBob,s1,\nCid,s2,\n`);
  expect(tried).toMatchObject({ inserted: 2, superseded: 1, rows: 2 });
  expect(done).toMatchObject({ inserted: 2, superseded: 1, rows: 2 });
  const log = ['log.csv', '--table', 'log', '--types', 'n=integer'];
  for (const [content, expected] of [
    ['at,n\na,1\na,1\nb,x\nc,\n', { inserted: 3, rejected: 1, rows: 3 }],
    ['at,n\na,1\nd,7\n', { inserted: 2, rejected: 0, rows: 2 }],
  ] as const) {
    folder.write('log.csv', content);
    const args = [...log, '--max-rejects', '50%'];
    expect(await tryThenDo(folder, args)).toMatchObject([expected, expected]);
  }
});

test('too many rejects fail it as they would fail the import', async () => {
  using folder = new TempFolder();
  folder.write('a.csv', `${header}Ann\nBob,s2,\n`);
  const { status, stderr } = await longhaul(['import', '--dry-run', 'a.csv', '--max-rejects', '0'], {
    cwd: folder.path,
  });
  expect(status).toBe(1);
  expect(stderr).toContain('1 of 2 records were rejected, more than the limit of 0');
  expect(stderr).toContain(
    'Try: see whether --delimiter and --quote are those of the file; --max-rejects raises the limit',
  );
  expect(folder.list()).toEqual(['a.csv']);
});
