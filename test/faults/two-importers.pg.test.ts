/**
 * Eight people edit while two processes import at the same time: no deadlock, no lost edit, no count that drifts.
 * LONGHAUL_TEST_SECONDS says for how long; a minute by hand.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, inject, test } from 'vitest';
import { databaseUrl } from '../../src/config/database-url.ts';
import { openReader, verify } from '../../src/processes/reading.ts';
import { openEditor } from '../../src/processes/stores.ts';
import { products } from '../../src/schema/dataset.ts';
import { longhaul } from '../helpers/cli.ts';
import type { EditThreadData, EditThreadResult } from '../helpers/edit-thread.ts';
import { execute, PostgresDatabase } from '../helpers/postgres-database.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const seconds = Number(process.env['LONGHAUL_TEST_SECONDS'] ?? 5);
const editors = 8;
const importers = ['p.csv', 'q.csv'];
/** Percents of the records that a version changes: little is written in place, much through successor tables. */
const versions = [0, 2, 100, 10, 90];

test(
  'eight editors and two importing processes',
  async () => {
    await using database = await PostgresDatabase.create(inject('postgresUrl'));
    const [edited, plain] = [database.newSchema(), database.newSchema()];
    using folder = new TempFolder();
    const run = (...args: string[]) => longhaul(args, { cwd: folder.path });
    for (const percent of versions) {
      const change = percent === 0 ? [] : ['--changed', `${percent}%`];
      await run('generate', '--records', '20000', `${percent}.csv`, ...change);
    }
    expect(await run('import', '0.csv', '--as', 'p.csv', '--db', edited)).toMatchObject({ status: 0 });
    const some = await execute(edited, 'SELECT sku FROM products ORDER BY sku LIMIT 200');
    const skus = some.map(({ sku }) => sku as string);

    const stop = new SharedArrayBuffer(4);
    const people = Array.from({ length: editors }, (_, seed) => {
      const workerData: EditThreadData = { url: edited, skus, seed, stop };
      const person = new Worker(new URL('../helpers/edit-thread.ts', import.meta.url), { workerData });
      return { ended: once(person, 'exit'), result: once(person, 'message') };
    });
    const until = performance.now() + seconds * 1000;
    const imports = { published: 0, refused: 0 };
    const importAll = async (name: string, offset: number): Promise<void> => {
      for (let next = offset; performance.now() < until || imports.published === 0; next++) {
        const file = `${versions[next % versions.length]}.csv`;
        const { status, stderr } = await run('import', file, '--as', name, '--quiet', '--db', edited);
        if (status === 0) imports.published++;
        // The right to import is one process's at a time.
        else if (stderr.includes('another import into this database is running')) imports.refused++;
        else expect.fail(stderr);
      }
    };
    await Promise.all(importers.map((name, importer) => importAll(name, importer * 2 + 1)));
    Atomics.store(new Int32Array(stop), 0, 1);
    const results: EditThreadResult[] = [];
    for (const { result, ended } of people) {
      results.push(((await result) as [EditThreadResult])[0]);
      await ended;
    }
    const sum = (what: 'edits' | 'takenBack'): number => results.reduce((all, one) => all + one[what], 0);
    const told = await execute(
      edited,
      "SELECT count(*)::int AS edits, count(*) FILTER (WHERE state = 'taken_back')::int AS back FROM _longhaul_edits",
    );
    expect(told).toEqual([{ edits: sum('edits'), back: sum('takenBack') }]);
    console.log({
      ...imports,
      edits: sum('edits'),
      longestMs: Math.max(...results.map(({ longestMs }) => longestMs)),
    });

    await using reader = await openReader(edited);
    expect(await verify(reader, products, null)).toMatchObject({ agrees: true, findings: [] });
    await using editor = await openEditor(databaseUrl(edited));
    for (const { key } of (await Array.fromAsync(reader.standingEdits(products))).flat()) {
      await editor.takeBackEdit(products, key, null);
    }
    // All versions have the same skus, so the table is what the last one published makes of it alone.
    const [last] = await reader
      .runs(products, 1000)
      .then((runs) =>
        runs
          .filter(({ publishNumber }) => publishNumber !== null)
          .toSorted((a, b) => b.publishNumber! - a.publishNumber!),
      );
    for (const percent of versions) {
      await run('import', `${percent}.csv`, '--as', 'p.csv', '--db', plain);
      const [{ version } = {}] = await execute(plain, 'SELECT version FROM _longhaul_files');
      if (version === last?.version) break;
    }
    const userColumns = (url: string) =>
      execute(url, 'SELECT name, sku, description FROM products ORDER BY sku');
    expect(await userColumns(edited)).toEqual(await userColumns(plain));
    expect(await verify(reader, products, null)).toMatchObject({ agrees: true, findings: [] });
  },
  (seconds + 120) * 1000,
);
