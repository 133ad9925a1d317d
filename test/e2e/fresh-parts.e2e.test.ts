/** A new table of some size is built by several threads at once: the same pages' rows, whoever made them. */
import { expect, test } from 'vitest';
import { type CliOptions, longhaul } from '../helpers/cli.ts';
import { integrity, tableDigest } from '../helpers/dump.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

test('one thread, three threads and staging in files make the same table', async () => {
  using folder = new TempFolder();
  const run = async (...args: string[]): Promise<string> => {
    const { status, stdout, stderr } = await longhaul(args, { cwd: folder.path });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout;
  };
  // 10 MB of text, 13 of rows: enough for three parts.
  await run('generate', 'products.csv', '--records', '70000', '--quiet');
  const ways = {
    'one.db': ['--threads', '1'],
    'three.db': ['--threads', '3', '--chunk-size', '1MiB'],
    'files.db': ['--staging-memory', '0'],
  };
  const digests: string[] = [];
  for (const [name, options] of Object.entries(ways)) {
    await run('import', 'products.csv', '--db', `sqlite:${name}`, '--quiet', ...options);
    expect(integrity(folder.file(name))).toBe('ok');
    expect(await run('verify', '--db', `sqlite:${name}`)).toContain('everything agrees');
    digests.push(tableDigest(folder.file(name), { provenance: true }));
  }
  expect(new Set(digests).size).toBe(1);
});

test.skipIf(process.platform === 'win32')(
  'of more chunks than the system lets a process have files open, new and into a table that is there',
  async () => {
    using folder = new TempFolder();
    const within = ['sh', '-c', 'ulimit -n 64 && exec "$@"', 'sh'];
    const run = async (args: readonly string[], options: CliOptions = {}): Promise<void> => {
      const { status, stderr } = await longhaul(args, { cwd: folder.path, ...options });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    };
    const make = ['generate', '--records', '35000', '--quiet'];
    await run([...make, 'products.csv']);
    await run([...make, 'changed.csv', '--changed', '10%']);
    // 77 of them, each a file that two threads read at once.
    const inFiles = ['--chunk-size', '64KiB', '--staging-memory', '0', '--threads', '2'];
    const digests: string[] = [];
    for (const [name, options, limits] of [
      ['files.db', inFiles, { within }],
      ['memory.db', [], {}],
    ] as const) {
      for (const file of ['products.csv', 'changed.csv'])
        await run(['import', file, '--db', `sqlite:${name}`, '--quiet', ...options], limits);
      digests.push(tableDigest(folder.file(name), { provenance: true }));
    }
    expect(new Set(digests).size).toBe(1);
  },
);

test.skipIf(process.platform === 'win32')(
  'a process that may have 1,024 files open merges more chunks than are merged at once, by two threads',
  async () => {
    using folder = new TempFolder();
    const within = ['sh', '-c', 'ulimit -n 1024 && exec "$@"', 'sh'];
    const run = async (...args: string[]): Promise<string> => {
      const { status, stdout, stderr } = await longhaul(args, { cwd: folder.path, within });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      return stdout;
    };
    await run('generate', 'products.csv', '--records', '250000', '--quiet');
    const options = ['--chunk-size', '64KiB', '--staging-memory', '0', '--threads', '2', '--quiet'];
    expect(await run('import', 'products.csv', '--db', 'sqlite:few.db', ...options)).toMatch(/5\d\d chunks/);
    expect(await run('verify', '--db', 'sqlite:few.db')).toContain('everything agrees');
  },
);
