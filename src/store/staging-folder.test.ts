import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TempFolder } from '../../test/helpers/temp-folder.ts';
import { products } from '../schema/dataset.ts';
import { rowLayout } from '../schema/packed-rows.ts';
import { numberedRecords, testFile } from './conformance-files.ts';
import { StagingFolder } from './staging-folder.ts';

const layout = rowLayout(products);
const { index, line, packed } = testFile([numberedRecords(0, 3, ['n', 'd'])]).chunks[0]!;

test('a file of more than 4 GiB, as some that were merged can be, is opened to its end', () => {
  using temp = new TempFolder();
  const folder = new StagingFolder(temp.file('test.db'));
  folder.write(1, index, packed);
  const words = 2 ** 30 + packed.words.length;
  // Takes no room on the disk: nothing was written there.
  truncateSync(join(folder.path, '1-0.rows'), words * 4);
  const { sources } = folder.gather(1, layout, [{ index, line, packed: null }]);
  expect(sources).toMatchObject([{ rows: { from: 0, end: words } }]);
});
