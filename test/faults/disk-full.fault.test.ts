/**
 * A disk that is full, for real: a tmpfs of a few MiB, mounted where only the commands of this test can see it. It
 * goes with the last of them, so that nothing has to be unmounted.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { launcher, longhaul } from '../helpers/cli.ts';
import { integrity, tableDigest, wrongCounts } from '../helpers/dump.ts';
import { on } from '../helpers/shop.ts';
import { whyNoSmallDisk } from '../helpers/small-disk.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const records = 30_000;
const first = Buffer.concat([...sampleBlocks({ records, seed: 1 })]);
const next = Buffer.concat([...sampleBlocks({ records, seed: 1, changed: { fraction: 1, seed: 2 } })]);

/** What the database must be in the end, from imports with room. */
const quiet = { first: '', both: '' };

beforeAll(async () => {
  using folder = new TempFolder();
  const database = folder.file('quiet.db');
  for (const [state, content] of [
    ['first', first],
    ['both', next],
  ] as const) {
    folder.write('a.csv', content);
    expect((await longhaul(['import', folder.file('a.csv'), ...on(database)])).status).toBe(0);
    quiet[state] = tableDigest(database, { provenance: true });
  }
});

const mountScript = 'mount -t tmpfs -o size="$1" longhaul-test "$2" && shift 2 && exec "$@"';

interface Step {
  /** Size of the disk from here on. */
  readonly size: string;
  readonly content: Uint8Array;
  readonly options?: readonly string[];
}

/**
 * Imports one file into one database on one disk, step by step. @returns what each step has printed, and the disk as
 * it was after each
 */
function onSmallDisk(folder: TempFolder, steps: readonly Step[]) {
  mkdirSync(folder.file('disk'));
  const script = steps.map(({ size, content, options = [] }, index) => {
    // The same file as before must stay it: a run goes on only for the file that it has begun with.
    const isNew = content !== steps[index - 1]?.content;
    if (isNew) writeFileSync(folder.file(`content-${index}`), content);
    const out = folder.file(`step-${index}`);
    mkdirSync(out);
    return `
      mount -o remount,size=${size} '${folder.file('disk')}'
      ${isNew ? `cp '${folder.file(`content-${index}`)}' '${folder.file('a.csv')}'` : ''}
      '${process.execPath}' '${launcher}' import '${folder.file('a.csv')}' --db sqlite:shop.db --json ${options.join(' ')} >'${out}/stdout' 2>'${out}/stderr'
      echo $? >'${out}/status'
      cp -a . '${out}/disk'`;
  });
  const inside = `cd '${folder.file('disk')}' || exit 1; ${script.join('\n')}`;
  const command = ['-m', 'sh', '-c', mountScript, 'sh', '1m', folder.file('disk'), 'sh', '-c', inside];
  const env = { ...process.env, LONGHAUL_SRC: '1' };
  const { status, stderr } = spawnSync('unshare', command, { encoding: 'utf8', env, timeout: 60_000 });
  if (status !== 0) throw new Error(stderr);
  return steps.map((_, index) => {
    const read = (name: string): string => readFileSync(folder.file(`step-${index}/${name}`), 'utf8');
    // Opening it writes beside it, which must not change what is looked at next.
    cpSync(folder.file(`step-${index}/disk`), folder.file(`after-${index}`), { recursive: true });
    return {
      status: Number(read('status')),
      stdout: JSON.parse(read('stdout')) as { receipts: { status: string; chunksTakenOver: number }[] },
      stderr: read('stderr'),
      files: new Set(folder.list().flatMap((path) => path.split(`step-${index}/disk/`)[1] ?? [])),
      database: folder.file(`after-${index}/shop.db`),
    };
  });
}

const full = {
  status: 1,
  stdout: { receipts: [] },
  stderr:
    'longhaul: shop.db: the disk is full; nothing was published\nTry: make room (an import needs up to three times the size of its plain CSV), then run the same command again\n',
};

function expectExact(database: string, digest: string): void {
  expect(tableDigest(database, { provenance: true })).toBe(digest);
  expect(wrongCounts(database)).toBe(0);
  expect(integrity(database)).toBe('ok');
}

const inTheEnd = ['shop.db', 'shop.db.lock'];

describe('disk full; afterwards, with room, the same command succeeds and is exact', () => {
  test('while files of staged rows are written', ({ skip }) => {
    const reason = whyNoSmallDisk();
    if (reason !== null) return skip(reason);
    using folder = new TempFolder();
    const options = ['--staging-memory', '0B', '--chunk-size', '64KiB'];
    const [failed, again] = onSmallDisk(folder, [
      { size: '2m', content: first, options },
      { size: '100m', content: first, options },
    ]);
    expect(failed).toMatchObject(full);
    expect(failed!.files).not.toContain('shop.db');
    expect([...failed!.files].filter((name) => name.endsWith('.rows')).length).toBeGreaterThan(5);
    expect(again).toMatchObject({ status: 0, stderr: '', stdout: { receipts: [{ status: 'done' }] } });
    expect(again!.stdout.receipts[0]!.chunksTakenOver).toBeGreaterThan(5);
    expectExact(again!.database, quiet.first);
    expect([...again!.files].sort()).toEqual(inTheEnd);
  });

  test.for(['200k', '4m'])('while the first run is published, at %s', (size, { skip }) => {
    const reason = whyNoSmallDisk();
    if (reason !== null) return skip(reason);
    using folder = new TempFolder();
    const [failed, again] = onSmallDisk(folder, [
      { size, content: first },
      { size: '100m', content: first },
    ]);
    expect(failed).toMatchObject(full);
    expect(failed!.files).not.toContain('shop.db');
    expect(again).toMatchObject({ status: 0, stderr: '', stdout: { receipts: [{ status: 'done' }] } });
    expectExact(again!.database, quiet.first);
    expect([...again!.files].sort()).toEqual(inTheEnd);
  });

  test.for(['6m', '8m', '10m'])('while a later run is published, at %s', (size, { skip }) => {
    const reason = whyNoSmallDisk();
    if (reason !== null) return skip(reason);
    using folder = new TempFolder();
    const [published, failed, again] = onSmallDisk(folder, [
      { size: '100m', content: first },
      { size, content: next },
      { size: '100m', content: next },
    ]);
    expect(published).toMatchObject({ status: 0, stderr: '' });
    expect(failed).toMatchObject(full);
    expectExact(failed!.database, quiet.first);
    expect(again).toMatchObject({ status: 0, stderr: '', stdout: { receipts: [{ status: 'done' }] } });
    expectExact(again!.database, quiet.both);
    expect([...again!.files].sort()).toEqual(inTheEnd);
  });
});
