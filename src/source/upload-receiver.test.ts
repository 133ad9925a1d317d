import { expect, test } from 'vitest';
import { ManualClock } from '../../test/helpers/manual-clock.ts';
import { TempFolder } from '../../test/helpers/temp-folder.ts';
import { defaultDialect } from '../csv/dialect.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { defaultRejectLimit } from '../schema/reject-limit.ts';
import { UploadReceiver, type UploadReceiverOptions } from './upload-receiver.ts';
import { loadUploads } from './upload-record.ts';
import { uploadedVersion } from './uploaded-file.ts';

const settings = {
  dialect: defaultDialect,
  columns: null,
  encoding: 'utf-8',
  rejectLimit: defaultRejectLimit,
};
const coming = (name: string, bytes: number | null = null) => ({
  name,
  dataset: 'products',
  settings,
  bytes,
});

function receiving(folder: TempFolder, options: Partial<UploadReceiverOptions> = {}): UploadReceiver {
  const usual = { mostBytes: 1000, mostBytesInAll: 5000, instance: '0000000a', clock: new ManualClock() };
  return new UploadReceiver({ folder: folder.path, ...usual, ...options });
}

async function* blocks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

test('what was received is there for the next process, in the order in which it came', async () => {
  using folder = new TempFolder();
  const clock = new ManualClock();
  const receiver = receiving(folder, { clock });
  const a = await receiver.receive(blocks('a,', 'b\n'), coming('a.csv', 4));
  // The clock of a machine can be set back.
  clock.advance(-60_000);
  const b = await receiver.receive(blocks('b\n'), coming('b.csv'));
  const next = receiving(folder, { clock, instance: '0000000c' });
  const c = await next.receive(blocks('c\n'), coming('a.csv'));
  expect(a).toMatchObject({
    bytes: 4,
    version: '5be08c9684a1d25efcee09318204824278b08bbfb4aef973ffefd0b9d7478313',
  });
  expect(await loadUploads(folder.path, '0000000b')).toEqual([a, b, c]);
  await uploadedVersion(folder.path, a).forget();
  expect(await loadUploads(folder.path, '0000000b')).toEqual([b, c]);
  expect(folder.list()).toEqual([b, c].flatMap(({ id }) => [`${id}.data`, `${id}.json`]));
});

test('one that was cancelled is known as such until it is forgotten', async () => {
  using folder = new TempFolder();
  const record = await receiving(folder).receive(blocks('a\n'), coming('a.csv'));
  const read = uploadedVersion(folder.path, record);
  expect(read.wasCancelled).toBe(false);
  await read.noteCancelled();
  const next = await loadUploads(folder.path, '0000000b');
  expect(next).toEqual([record]);
  const again = uploadedVersion(folder.path, record);
  expect(again.wasCancelled).toBe(true);
  await again.forget();
  expect(folder.list()).toEqual([]);
  // Of one that was forgotten when its process died.
  folder.write(`${record.id}.cancelled`, '');
  await loadUploads(folder.path, '0000000b');
  expect(folder.list()).toEqual([]);
});

test('what another process has not finished goes, what this one is receiving stays', async () => {
  using folder = new TempFolder();
  const there = await receiving(folder).receive(blocks('a\n'), coming('a.csv'));
  for (const name of [
    '0000000b-1.data.part',
    '0000000b-1.json.part',
    '000000000000001-0000000b.data',
    '000000000000002-0000000b.json',
  ])
    folder.write(name, '{}');
  const mine = ['0000000c-1.data.part', '000000000000003-0000000c.data', 'notes.txt'];
  for (const name of mine) folder.write(name, 'x');
  folder.write('000000000000004-0000000b.json', JSON.stringify({ ...there, id: '000000000000004-0000000b' }));
  folder.write('000000000000004-0000000b.data', 'shorter or longer');
  expect(await loadUploads(folder.path, '0000000c')).toEqual([there]);
  expect(folder.list()).toEqual([...mine, `${there.id}.data`, `${there.id}.json`].toSorted());
});

test.for([
  ['announced', 1001, ['x']],
  ['not announced', null, ['x'.repeat(600), 'x'.repeat(401)]],
] as const)('one that is too large is refused and leaves nothing (%s)', async ([, bytes, texts]) => {
  using folder = new TempFolder();
  const receiver = receiving(folder);
  const refused = receiver.receive(blocks(...texts), coming('a.csv', bytes));
  await expect(refused).rejects.toMatchObject({ code: 'upload_too_large' });
  expect([folder.list(), receiver.coming]).toEqual([[], 0]);
  expect((await receiver.receive(blocks('x'.repeat(1000)), coming('a.csv', 1000))).bytes).toBe(1000);
});

const cutOff = LonghaulError.of('upload_cut_off', { bytes: 4 });
async function* breakingOff(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('a,b\n');
  throw cutOff;
}

test('one that breaks off, or is shorter than announced, leaves nothing', async () => {
  using folder = new TempFolder();
  const receiver = receiving(folder);
  await expect(receiver.receive(breakingOff(), coming('a.csv'))).rejects.toMatchObject({
    code: 'upload_cut_off',
    facts: { bytes: 4 },
  });
  await expect(receiver.receive(blocks('a,b\n'), coming('a.csv', 5))).rejects.toMatchObject({
    code: 'upload_cut_off',
    facts: { bytes: 4 },
  });
  expect([folder.list(), receiver.coming]).toEqual([[], 0]);
});

test('no more are taken than there is room for, and than there are hands', async () => {
  using folder = new TempFolder();
  const receiver = receiving(folder, { mostBytesInAll: 2500 });
  for (const name of ['a', 'b']) await receiver.receive(blocks('x'.repeat(1000)), coming(name, 1000));
  const full = { code: 'uploads_full' };
  await expect(receiver.receive(blocks('x'), coming('c', 600))).rejects.toMatchObject(full);
  await receiver.receive(blocks('x'.repeat(400)), coming('c', 400));
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  async function* slow(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('x');
    await gate;
  }
  const held = Array.from({ length: 8 }, (_, index) => receiver.receive(slow(), coming(`${index}`)));
  await expect(receiver.receive(blocks('x'), coming('ninth'))).rejects.toMatchObject(full);
  open();
  await Promise.all(held);
  expect(receiver.coming).toBe(0);
});

test('a folder that cannot be written to is told', async () => {
  using folder = new TempFolder();
  const path = folder.write('a file', 'x');
  const refused = receiving(folder, { folder: path }).receive(blocks('x'), coming('a.csv'));
  await expect(refused).rejects.toMatchObject({ code: 'upload_failed', facts: { folder: path } });
});
