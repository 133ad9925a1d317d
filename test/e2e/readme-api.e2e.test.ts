/** The README's requests, sent by curl to a master as a reader would. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { MasterProcess } from '../helpers/master-process.ts';
import { header } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const [, block = ''] = /\*\*Ask a running master\*\*[\s\S]*?```sh\n([\s\S]*?)```/.exec(readme) ?? [];
const lines = block.split('\n').filter((line) => line !== '');

test('every request of the README is answered', async () => {
  using folder = new TempFolder();
  folder.write('a.csv', `${header}Ann,lay-raise-best-end,one\nBob,lay-2,two\nAnn,x,three\n`);
  await using master = await MasterProcess.start(folder, [
    '--db',
    'sqlite:a.db',
    '--source',
    'a=a.csv',
    '--quiet',
  ]);
  await master.published('a', 'a.csv');
  expect(lines.length).toBe(8);
  const answers: unknown[] = [];
  for (const line of lines) {
    const command = line
      .replace('http://127.0.0.1:5000', master.url)
      .replace(/^curl/, 'curl --silent --show-error --fail-with-body');
    const { stdout } = await promisify(execFile)('sh', ['-c', command]);
    answers.push(JSON.parse(stdout));
  }
  const [bySku, byName, , , edited, story, back] = answers as Record<string, unknown>[];
  expect(bySku).toMatchObject({ items: [{ id: 'lay-2' }, { id: 'lay-raise-best-end' }], next: null });
  expect(byName).toMatchObject({ items: [{ id: 'lay-raise-best-end' }, { id: 'x' }] });
  expect(edited).toMatchObject({ values: { name: 'Bryce Jones' } });
  expect(story).toMatchObject({ edits: [{ state: 'standing' }] });
  expect(back).toMatchObject({ values: { name: 'Ann' } });
});
