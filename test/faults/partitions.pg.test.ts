/**
 * A publish by partitions whose process is killed, or whose server crashes, at each of its boundaries: the next import of whatever file finishes it,
 * without its own, and the table is what imports in one step make.
 */
import { unlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import type { Receipt } from '../../src/run/receipt.ts';
import { CliProcess, longhaul, longhaulJson } from '../helpers/cli.ts';
import { ownServer } from '../helpers/own-server.ts';
import { execute } from '../helpers/postgres-database.ts';
import { shownDigest } from '../helpers/shown-digest.ts';
import { afterPartitions, beforeItsEnd, SqlGate } from '../helpers/sql-gate.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const partitions = 4;
const records = 8000;

const own = ownServer();

const contents = [0, 0.5, 0.3].map((fraction, seed) =>
  Buffer.concat([...sampleBlocks({ records: records + 1000 * seed, seed: 1, changed: { fraction, seed } })]),
);

/** The first file, its next version and another file with the same skus. */
class Files extends TempFolder {
  readonly first = this.write('first.csv', contents[0]!);
  readonly next = this.write('next.csv', contents[1]!);
  readonly other = this.write('other.csv', contents[2]!);
}

function importing(file: string, name: string, db: string, ...args: string[]): [string, ...string[]] {
  return ['import', file, '--as', name, '--db', db, '--chunk-size', '64KiB', '--quiet', ...args];
}

const byPartitions = ['--publish-partitions', String(partitions), '--staging-memory', '0B'];

async function runsOf(db: string): Promise<Receipt[]> {
  const { runs } = await longhaulJson<{ runs: Receipt[] }>(['show', 'runs', '--db', db]);
  return runs.toSorted((a, b) => a.run - b.run);
}

async function done(command: [string, ...string[]]): Promise<void> {
  expect(await longhaul(command)).toMatchObject({ status: 0 });
}

describe.each(['killed', 'crashed'] as const)('%s', (how) => {
  test.each([0, 1, 2, 3, 4])('after %i of 4 partitions', async (published) => {
    using files = new Files();
    const url = own.database.newSchema();
    await done(importing(files.first, 'a.csv', url));
    const gate = await SqlGate.close(
      url,
      published === partitions ? beforeItsEnd : afterPartitions(published),
    );
    await using command = new CliProcess(importing(files.next, 'a.csv', url, ...byPartitions));
    await Promise.race([
      gate.reached(),
      command.ended.then(({ stderr }) => Promise.reject(new Error(`it ended: ${stderr}`))),
    ]);
    if (how === 'killed') command.kill('SIGKILL');
    else await own.server.crash();
    await command.ended;
    if (how === 'crashed') await own.server.resume();
    await gate.open();

    // Some ranges are as they were and some are new, counts and checksum are those of the rows there are, and one can see how far it is.
    expect(await longhaul(['verify', '--db', url])).toMatchObject({ status: 0 });
    const [, half] = await runsOf(url);
    expect(half).toMatchObject({ status: 'publishing', partitions: { published, of: partitions } });
    const shown = await longhaul(['show', 'runs', '--db', url]);
    expect(shown.stdout).toContain(`publishing ${published} of ${partitions} partitions`);
    const [changed] = await execute(url, 'SELECT count(*)::int AS rows FROM products WHERE _run = $1', 2);
    expect(changed!['rows'] === 0).toBe(published === 0);

    const plain = `sqlite:${files.file('plain.db')}`;
    await done(importing(files.first, 'a.csv', plain));
    if (published > 0) {
      // Nobody needs its file any more.
      await done(importing(files.next, 'a.csv', plain));
      unlinkSync(files.next);
    }
    for (const db of [plain, url]) await done(importing(files.other, 'b.csv', db));
    // Nothing of it was published: it is the next one to begin, like any other that was interrupted.
    if (published === 0)
      for (const db of [plain, url]) await done(importing(files.next, 'a.csv', db, '--staging-memory', '0B'));

    const sums = ({ file, publishNumber, reconciled, status, ...rest }: Receipt): unknown => {
      const { records: all, inserted, updated, unchanged, superseded, rows, groups } = rest;
      return {
        ...{ file, publishNumber, status, reconciled, all, inserted, updated },
        ...{ unchanged, superseded, rows, groups },
      };
    };
    const inOrder = (runs: readonly Receipt[]): unknown[] =>
      runs.toSorted((a, b) => (a.publishNumber ?? 0) - (b.publishNumber ?? 0)).map(sums);
    expect(inOrder(await runsOf(url))).toEqual(inOrder(await runsOf(plain)));
    for (const what of ['products', 'counts'])
      expect(await shownDigest(what, url)).toBe(await shownDigest(what, plain));
    expect(await longhaul(['verify', '--db', url])).toMatchObject({ status: 0 });
    const left = `SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace
      AND relname ~ '^_longhaul_(staged|winners|delta|counts)_'`;
    expect(await execute(url, left)).toEqual([]);
    expect(await execute(url, 'SELECT 1 FROM _longhaul_partitions')).toEqual([]);
  });
});
