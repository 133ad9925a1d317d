/** What a master has made of its sources, against the reference program. */
import { expect } from 'vitest';
import { defaultDialect } from '../../src/csv/dialect.ts';
import { readDataset } from '../../src/processes/datasets.ts';
import { ReferenceTable } from '../../src/reference/replay.ts';
import type { Receipt } from '../../src/run/receipt.ts';
import { namedPlan } from '../../src/schema/dataset-plan.ts';
import { products } from '../../src/schema/dataset.ts';
import { defaultRejectLimit } from '../../src/schema/reject-limit.ts';
import { longhaulJson } from './cli.ts';

/**
 * The products equal the replay of the published versions in publish order, row by row, and so do the sums of each run.
 *
 * @param contentOf what a run has read; `undefined`: no file ever was that
 * @returns the published runs, in that order
 */
export async function expectReplay(
  database: string,
  contentOf: (run: Receipt) => Uint8Array | undefined,
): Promise<readonly Receipt[]> {
  const args = ['--limit', '100000', '--db', database] as const;
  const { runs } = await longhaulJson<{ runs: Receipt[] }>(['show', 'runs', ...args]);
  const published = runs.filter(({ status }) => status === 'done');
  published.sort((a, b) => (a.publishNumber ?? 0) - (b.publishNumber ?? 0));
  expect(published.map(({ publishNumber }) => publishNumber)).toEqual(published.map((_, index) => index + 1));
  const reference = new ReferenceTable(products);
  const referenceFile = { dialect: defaultDialect, columns: null, maxRecordBytes: 2 ** 23 };
  for (const run of published) {
    const { source, file: name, publishNumber, ...sums } = run;
    const content = contentOf(run);
    if (content === undefined) throw new Error(`run ${publishNumber} has published what no file ever was`);
    const outcome = reference.importFile({
      ...referenceFile,
      ...{ name: `${source}/${name}`, content, rejectLimit: defaultRejectLimit },
    });
    if (outcome.kind !== 'published') throw new Error(`run ${publishNumber}: ${outcome.kind}`);
    const { inserted, updated, unchanged, superseded } = outcome.sums;
    expect(sums).toMatchObject({ inserted, updated, unchanged, superseded, reconciled: true });
  }
  const imports = new Map(published.map(({ run }, index) => [run, index]));
  await expectTable(database, reference, imports);
  return published;
}

async function expectTable(
  database: string,
  reference: ReferenceTable,
  imports: ReadonlyMap<number, number>,
): Promise<void> {
  const verdict = await longhaulJson<{ agrees: boolean }>(['verify', '--db', database]);
  expect(verdict).toMatchObject({ agrees: true });
  await readDataset(database, namedPlan('products'), async (reader, dataset) => {
    const { rows } = reference;
    let at = 0;
    for await (const batch of reader.scan(dataset)) {
      const expected = rows.slice(at, at + batch.length);
      const found = batch.map(({ values, run, line }) => ({ values, import: imports.get(run), line }));
      expect(found).toEqual(expected);
      at += batch.length;
    }
    expect(at).toBe(rows.length);
  });
}
