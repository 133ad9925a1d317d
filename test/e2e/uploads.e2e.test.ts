/** Files that are handed to a master: imported once, in order, whatever dies meanwhile. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Upload } from '../../src/api/wire/imports.ts';
import { eventually } from '../helpers/eventually.ts';
import { longhaul } from '../helpers/cli.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { ask } from '../helpers/raw-request.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const header = 'name,sku,description\n';
const ofRows = (rows: readonly (readonly [string, string, string])[]): string =>
  header + rows.map((row) => `${row.join(',')}\n`).join('');

async function ended(master: MasterProcess, { id }: Upload): Promise<Upload> {
  let last: Upload | null = null;
  await eventually(`${id} has ended`, async () => {
    last = await master.api.call('uploaded', { params: { id } });
    return last.state !== 'waiting' && last.state !== 'importing';
  });
  return last!;
}

/** What lies in the folder of uploads. */
function kept(folder: TempFolder): string[] {
  const uploads = folder.file('longhaul.db.spool/uploads');
  return existsSync(uploads) ? readdirSync(uploads) : [];
}

test('a file is imported as is said of it, and known when it comes again', async () => {
  using folder = new TempFolder();
  await using master = await MasterProcess.start(folder, ['--quiet']);
  const body = Buffer.from('J\xe4n;k1;one\nAnn;k2;"two;\n"\n', 'latin1');
  const query = { name: 'a.csv', delimiter: ';', header: 'false', encoding: 'windows-1252' } as const;
  const preview = await master.api.call('preview', { query, body });
  expect(preview.rows.map(({ values }) => values)).toEqual([
    ['k1', 'Jän', 'one'],
    ['k2', 'Ann', 'two;\n'],
  ]);
  expect(preview.columns.map(({ name, field }) => [name, field])).toEqual([
    ['sku', 2],
    ['name', 1],
    ['description', 3],
  ]);
  expect(preview.problem).toBeNull();
  const first = await ended(master, await master.api.call('upload', { query, body: gzipSync(body) }));
  expect(first).toMatchObject({
    ...{ name: 'a.csv', dataset: 'products', state: 'done', problem: null },
    run: { status: 'done', source: 'upload', file: 'a.csv', inserted: 2, reconciled: true },
  });
  const again = await ended(master, await master.api.call('upload', { query, body: gzipSync(body) }));
  expect(again).toMatchObject({ state: 'already_published', run: { run: first.run!.run } });
  // Read in another way the same bytes are other rows, and here none at all.
  const other = { name: 'a.csv', encoding: 'windows-1252' };
  const wrong = await ended(master, await master.api.call('upload', { query: other, body: gzipSync(body) }));
  expect(wrong).toMatchObject({ state: 'failed', problem: { code: 'header_missing_column' } });
  const { items } = await master.api.call('uploads', {});
  expect(items.map(({ id }) => id)).toEqual([wrong.id, again.id, first.id]);
  expect(kept(folder)).toEqual([]);
});

test('what is wrong with what is said of it is told before anything is taken', async () => {
  using folder = new TempFolder();
  await using master = await MasterProcess.start(folder, ['--quiet']);
  const post = async (query: string): Promise<unknown[]> => {
    const { status, code } = await ask(`${master.url}/api/imports?${query}`, {
      method: 'POST',
      body: header,
    });
    return [status, code];
  };
  expect(await post('name=a.csv&dataset=nowhere')).toEqual([404, 'not_found']);
  expect(await post('name=a.csv&delimiter=ab')).toEqual([400, 'bad_option']);
  expect(await post('name=a.csv&delimiter=%22')).toEqual([400, 'bad_option']);
  expect(await post('name=a.csv&maxRejects=many')).toEqual([400, 'bad_option']);
  expect(await post('name=a.csv&typo=1')).toEqual([400, 'request_wrong']);
  expect(await post('name=')).toEqual([400, 'request_wrong']);
  expect(await post('name=a%0d%0ab')).toEqual([400, 'request_wrong']);
  expect(await post('')).toEqual([400, 'request_wrong']);
  expect((await master.api.call('uploads', {})).items).toEqual([]);
  expect(kept(folder)).toEqual([]);
});

test('of the beginning of a file the record that it ends in is not looked at', async () => {
  using folder = new TempFolder();
  await using master = await MasterProcess.start(folder, ['--quiet']);
  const whole = `${header}Ann,1,one\nBob,2,"two\nlines"\nCem,3\nDan,4,"and so on`;
  const looked = async (body: string, bytes?: number): Promise<unknown[]> => {
    const { rows, rejects, problem } = await master.api.call('preview', {
      query: { name: 'a.csv', bytes },
      body,
    });
    const refused = rejects.map(({ line, code }) => `${line}: ${code}`);
    return [rows.map(({ values }) => values[0]).join(), refused.join(), problem?.code ?? null];
  };
  // All of the file: a quote is missing.
  expect(await looked(whole)).toEqual(['', '', 'unterminated_quote']);
  expect(await looked(whole, whole.length)).toEqual(['', '', 'unterminated_quote']);
  expect(await looked(whole, 5000)).toEqual(['1,2', '5: too_few_fields', null]);
  const before = (text: string): string => whole.slice(0, whole.indexOf(text));
  expect(await looked(before('Dan'), 5000)).toEqual(['1,2', '5: too_few_fields', null]);
  expect(await looked(before('em,3'), 5000)).toEqual(['1,2', '', null]);
  expect(await looked(before('lines'), 5000)).toEqual(['1', '', null]);
  expect(await looked(before('Bob'), 5000)).toEqual(['1', '', null]);
  expect(await looked(before('one'), 5000)).toEqual(['', '', null]);
  // What the server does not look at it has cut itself.
  const long = `${header}Ann,1,one\nBob,2,"${'x'.repeat(3 * 2 ** 20)}"\n`;
  expect(await looked(long)).toEqual(['1', '', null]);
});

test('once it was accepted an upload is imported, whatever dies, in the order in which they came', async () => {
  using folder = new TempFolder();
  await longhaul(['generate', 'large.csv', '--records', '150000', '--quiet'], { cwd: folder.path });
  const large = new Uint8Array(readFileSync(folder.file('large.csv')));
  await using master = await MasterProcess.start(folder, ['--quiet']);
  const accepted = [await master.api.call('upload', { query: { name: 'large.csv' }, body: large })];
  for (const [name, value] of [
    ['b.csv', '1'],
    ['a.csv', '2'],
    ['b.csv', '3'],
    ['c.csv', '4'],
  ] as const) {
    const body = ofRows([
      ['Ann', 'common', value],
      ['Ann', `of ${value}`, value],
    ]);
    accepted.push(await master.api.call('upload', { query: { name }, body }));
  }
  await master.kill();
  await master.start();
  // Accepted by the second process, and so behind all others.
  const last = ofRows([['Ann', 'common', '5']]);
  accepted.push(await master.api.call('upload', { query: { name: 'a.csv' }, body: last }));
  await ended(master, accepted.at(-1)!);
  expect(kept(folder)).toEqual([]);
  const { items } = await master.api.call('runs', { query: { status: 'done' } });
  const published = items.toSorted((a, b) => a.publishNumber! - b.publishNumber!);
  expect(published.map(({ file, version }) => [file, version])).toEqual(
    accepted.map(({ name, version }) => [name, version]),
  );
  const row = await master.api.call('row', { params: { dataset: 'products', key: 'common' } });
  expect(row.values['description']).toBe('5');
});

test('an upload that breaks off, or is too large, leaves nothing behind', async () => {
  using folder = new TempFolder();
  await using master = await MasterProcess.start(folder, ['--upload-limit', '1MiB']);
  const { port } = new URL(master.url);
  const broken = connect(Number(port), '127.0.0.1');
  broken.write('POST /api/imports?name=a.csv HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n\r\n');
  broken.write(header + 'x'.repeat(200_000));
  await eventually('it comes', () => kept(folder).some((name) => name.endsWith('.part')));
  broken.destroy();
  await eventually('it is gone', () => kept(folder).length === 0);
  await eventually('it is told', () => master.command.stderr.includes('"cut off"'));
  const large = 'x'.repeat(2 ** 20 + 1);
  for (const headers of [{ 'content-length': String(large.length) }, { 'transfer-encoding': 'chunked' }]) {
    const { status, code } = await ask(`${master.url}/api/imports?name=a.csv`, {
      ...{ method: 'POST', headers, body: large },
    });
    expect([status, code]).toEqual([413, 'upload_too_large']);
  }
  expect(kept(folder)).toEqual([]);
  expect((await master.api.call('uploads', {})).items).toEqual([]);
  const most = header + 'x'.repeat(2 ** 20 - header.length);
  expect((await master.api.call('upload', { query: { name: 'a.csv' }, body: most })).bytes).toBe(2 ** 20);
});

test('the run of an upload can be cancelled, and nothing of it is published', async () => {
  using folder = new TempFolder();
  await longhaul(['generate', 'large.csv', '--records', '400000', '--quiet'], { cwd: folder.path });
  const large = new Uint8Array(readFileSync(folder.file('large.csv')));
  await using master = await MasterProcess.start(folder, [
    '--quiet',
    '--threads',
    '1',
    '--chunk-size',
    '64KiB',
  ]);
  const { id } = await master.api.call('upload', { query: { name: 'large.csv' }, body: large });
  let run = 0;
  await eventually('it is being imported', async () => {
    const { progress, state } = await master.api.call('uploaded', { params: { id } });
    if (state === 'done') throw new Error('it was published before it could be cancelled');
    if (progress?.phase === 'staging') run = progress.run;
    return run > 0;
  });
  await master.api.call('cancelRun', { params: { run } });
  const upload = await ended(master, { id } as Upload);
  expect(upload).toMatchObject({
    state: 'cancelled',
    run: { run, status: 'cancelled', publishNumber: null },
  });
  // What was staged of it by then is in its account.
  expect(upload.run?.records).toBeGreaterThan(0);
  expect(upload.run?.endedMs).toBeGreaterThan(upload.run!.startedMs);
  expect(kept(folder)).toEqual([]);
  const { rows } = await master.api.call('dataset', { params: { dataset: 'products' } });
  expect(rows).toBe(0);
  await expect(master.api.call('retryRun', { params: { run } })).rejects.toMatchObject({
    problem: { code: 'run_not_retryable' },
  });
});
