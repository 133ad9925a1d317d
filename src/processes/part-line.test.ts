import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { TempFolder } from '../../test/helpers/temp-folder.ts';
import { products } from '../schema/dataset.ts';
import { testFile } from '../store/conformance-files.ts';
import type { PartToBuild } from '../store/sqlite/fresh/build-part.ts';
import { answerParts, breakLine, newPartLine, PartLineBuilder } from './part-line.ts';

const part: PartToBuild = {
  ...{ dataset: products, run: 1, rows: [], pageSize: 4096 },
  database: 'shop.db',
  path: '/no such folder/test.db',
  listPath: '/no such folder/leaves.list',
  pageCounter: new Uint32Array(new SharedArrayBuffer(4)),
  signals: new Int32Array(new SharedArrayBuffer(8)),
};

const records = [
  ['a', 'Ann', '1'],
  ['b', 'Ann', '2'],
];

test('what goes wrong with a part is thrown where it is waited for', async () => {
  const { near, far } = newPartLine();
  answerParts(far);
  const builder = new PartLineBuilder(near);
  builder.begin(part);
  // The same thread answers here, so it needs a turn.
  const answered = Atomics.waitAsync(near.state, 0, 0);
  if (answered.async) await answered.value;
  expect(() => builder.finish()).toThrow(
    "shop.db: ENOENT: no such file or directory, open '/no such folder/test.db'; nothing was published",
  );
  far.port.close();
});

test('a part is answered as soon as it is written, and once more when it is on the disk', async () => {
  using folder = new TempFolder();
  const { near, far } = newPartLine();
  answerParts(far);
  const builder = new PartLineBuilder(near);
  const { packed } = testFile([records]).chunks[0]!;
  for (let time = 0; time < 2; time++) {
    builder.begin({
      ...part,
      path: folder.write('test.db', ''),
      rows: [{ index: 0, line: 2, rows: packed.words }],
    });
    const answered = Atomics.waitAsync(near.state, 0, 0);
    if (answered.async) await answered.value;
    expect(builder.finish()).toMatchObject({ rows: 2, superseded: 0 });
    builder.settle();
  }
  far.port.close();
});

test('that a part does not come to the disk is told by whoever has brought it there', async () => {
  const { near, far } = newPartLine();
  answerParts(far);
  const builder = new PartLineBuilder(near);
  const { packed } = testFile([records]).chunks[0]!;
  // Takes what is written, and refuses to be synced.
  builder.begin({ ...part, path: '/dev/null', rows: [{ index: 0, line: 2, rows: packed.words }] });
  const answered = Atomics.waitAsync(near.state, 0, 0);
  if (answered.async) await answered.value;
  expect(builder.finish()).toMatchObject({ rows: 2 });
  expect(() => builder.settle()).toThrow('invalid argument');
  far.port.close();
});

test('nobody waits for a thread that has ended, nor for one that ends meanwhile', async () => {
  const { near, far } = newPartLine();
  const builder = new PartLineBuilder(near);
  const worker = new Worker(
    `require('node:worker_threads').workerData.port.once('message', () => process.exit(3))`,
    {
      eval: true,
      workerData: far,
      transferList: [far.port],
    },
  );
  worker.on('exit', () => breakLine(far));
  builder.begin(part);
  await once(worker, 'exit');
  expect(() => builder.finish()).toThrow('a thread has ended');
  builder.begin(part);
  expect(() => builder.finish()).toThrow('a thread has ended');
  expect(() => builder.settle()).toThrow('a thread has ended');
});
