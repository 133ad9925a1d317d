/** The README's examples, run in their order in one folder, as a reader would. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { longhaul } from '../helpers/cli.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** Lines of the block of commands under "Use it", without their comments. */
function examples(): string[] {
  const [, block = ''] = /## Use it\n```sh\n([\s\S]*?)```/.exec(readme) ?? [];
  return block
    .split('\n')
    .map((line) => line.replace(/\s+#.*/, ''))
    .filter((line) => line !== '');
}

test('every example works', async () => {
  using folder = new TempFolder();
  const products = Buffer.concat(sampleBlocks({ records: 500, seed: 1 }).toArray());
  folder.write('products.csv.gz', gzipSync(products));
  folder.write('first.csv', products);
  folder.write('second.csv', 'name,sku,description\nAnn,one-more-of-them,text\nno sku\n');
  const dump = Buffer.from('name,sku,description\nBob,from-a-pipe,text\n');

  const lines = examples();
  expect(lines.length).toBeGreaterThan(6);
  for (const line of lines) {
    const isPiped = line.startsWith('zcat dump.gz | ');
    const [program, name, ...args] = line.replace('zcat dump.gz | ', '').split(/ +/);
    expect([program, name], line).toEqual(['npx', 'longhaul']);
    const given = args.flatMap((arg) => (arg === '*.csv' ? ['first.csv', 'second.csv'] : [arg]));
    const result = await longhaul(given, { cwd: folder.path, ...(isPiped ? { stdin: dump } : {}) });
    expect({ line, status: result.status, stderr: result.stderr }).toEqual({ line, status: 0, stderr: '' });
    expect(result.stdout, line).not.toBe('');
  }
});
