/**
 * `npm run soak -- NAME [--seeds N] [--seed N] [--records N]`: what is too long for every run of the tests. Each seed in a process of its own;
 * a failure names the seed that repeats it.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

interface Soak {
  readonly text: string;
  /** Beside this one. */
  readonly file: string;
  readonly args?: readonly string[];
}

const soaks: Readonly<Record<string, Soak>> = {
  workers: {
    text: 'five workers, 2,000,000 records from two sources, while workers, server and master die and freeze',
    file: 'workers.ts',
  },
  partitions: {
    text: 'the same, published by ranges of keys',
    file: 'workers.ts',
    args: ['--partitions=8'],
  },
  network: {
    text: 'workers on links of their own, one of which is cut in the middle of a COPY (Linux, root)',
    file: 'network.ts',
  },
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    records: { type: 'string', default: '2000000' },
  },
});
const [name = ''] = positionals;
if (!Object.hasOwn(soaks, name)) {
  console.error('Name one of these:');
  for (const [known, { text }] of Object.entries(soaks)) console.error(`  ${known.padEnd(10)} ${text}`);
  process.exitCode = 2;
} else {
  const first = Number(values.seed);
  const failed: number[] = [];
  for (let seed = first; seed < first + Number(values.seeds); seed++) {
    const { file, args: own = [] } = soaks[name]!;
    const path = fileURLToPath(new URL(file, import.meta.url));
    const args = [path, `--seed=${seed}`, `--records=${values.records}`, ...own];
    const env = { ...process.env, LONGHAUL_SRC: '1' };
    if (spawnSync(process.execPath, args, { stdio: 'inherit', env }).status !== 0) failed.push(seed);
  }
  console.log(
    failed.length === 0 ? `${name}: all seeds passed` : `${name}: failed with seed ${failed.join(', ')}`,
  );
  process.exitCode = failed.length === 0 ? 0 : 1;
}
