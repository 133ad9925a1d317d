/** What a command loads that needs nobody else's machine: each package more is milliseconds at every start, zod and pino were 48. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { longhaul } from '../helpers/cli.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

/** Writes the address of each module that is loaded to the file that LOADED names; in all threads. */
const listLoads = `
  import { appendFileSync } from 'node:fs';
  import { registerHooks } from 'node:module';
  registerHooks({
    load(url, context, next) {
      appendFileSync(process.env.LOADED, url + '\\n');
      return next(url, context);
    },
  });
`;

test('a file of this machine is imported with no other package than that for the command line', async () => {
  using folder = new TempFolder();
  const loaded = folder.file('loaded.txt');
  const preload = `--import=data:text/javascript,${encodeURIComponent(listLoads)}`;
  folder.write('products.csv', 'name,sku,description\nAnn,a-1,text\n');
  const { status, stderr } = await longhaul(['import', 'products.csv', '--quiet'], {
    cwd: folder.path,
    env: { NODE_OPTIONS: preload, LOADED: loaded },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const urls = readFileSync(loaded, 'utf8').split('\n');
  const packages = urls.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
  expect(Array.from(new Set(packages))).toEqual(['commander']);
  expect(urls.some((url) => /store-thread\.[jt]s$/.test(url))).toBe(true);
});
