/** Lists of rows and counts, page by page, after random files and edits: what the slow way finds. */
import fc from 'fast-check';
import { products } from '../../src/schema/dataset.ts';
import { planOf, testFile } from '../../src/store/conformance-files.ts';
import { checkCounts, checkRows } from '../../src/store/conformance-reading.ts';
import { importTestFile } from '../../src/store/conformance-steps.ts';
import type { TestEngine } from '../helpers/engines.ts';
import { runCases } from '../helpers/run-cases.ts';

/** Beginnings of each other, and what is easily put into the wrong order. */
const character = fc.constantFrom(
  'a',
  'A',
  '%',
  'é',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '\u{10000}',
  '\u{10ffff}',
);
const name = fc.string({ unit: character, maxLength: 3 });
const sku = fc.string({ unit: character, minLength: 1, maxLength: 2 });
const step = fc.oneof(
  fc.record({ records: fc.array(fc.tuple(sku, name, fc.constant('d')), { maxLength: 20, size: 'max' }) }),
  fc.record({ row: fc.nat({ max: 30 }), name }),
);

export async function compareSearches(
  engines: readonly TestEngine[],
  howMany: { readonly least: number; readonly seconds: number },
): Promise<void> {
  const cases = await runCases(
    [fc.array(step, { minLength: 1, maxLength: 5 }), fc.boolean()],
    howMany,
    async (steps, bySuccessors) => {
      for (const engine of engines) {
        await using database = await engine.create(false);
        await using store = await database.openStore({ stagingMemoryBytes: 1e9, bySuccessors });
        await store.lockImports();
        await store.ensureDataset(products);
        await importTestFile(store, testFile([[['a', 'a', '']]]), planOf('first.csv'));
        await using reader = (await database.openReader())!;
        await using editor = await database.openEditor();
        for (const given of steps) {
          if ('records' in given) {
            await importTestFile(store, testFile([given.records]), planOf());
          } else {
            const rows = await reader.rows(products, null, 100);
            const key = String(rows[given.row % rows.length]!.values[1]);
            // It may be the name that it has already.
            await editor
              .editRow(products, [key], new Map([['name', given.name]]), null)
              .catch(() => undefined);
          }
        }
        for (const by of [null, 'name']) await checkRows(reader, products, by);
        await checkCounts(reader, products, 'name');
      }
    },
  );
  console.log(`${cases} tables searched`);
}
