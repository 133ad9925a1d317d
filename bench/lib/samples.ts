/** Sample files and the databases made of them, in a cache below the system's folder for temporary files. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { writeSample } from '../../src/sample/write-sample.ts';

const seed = 1;
const cache = join(tmpdir(), 'longhaul-bench');

export interface SampleFile {
  readonly path: string;
  readonly bytes: number;
  readonly records: number;
}

interface Wish {
  readonly records: number;
  readonly gzip?: boolean;
  /** Share of the records with another description: the next version of the same file. */
  readonly changed?: number;
}

/** A sample file, made the first time it is asked for. */
export async function sampleFile({ records, gzip = false, changed = 0 }: Wish): Promise<SampleFile> {
  mkdirSync(cache, { recursive: true });
  const change = changed === 0 ? '' : `-changed-${changed}`;
  const name = `sample-${generatorVersion()}-seed-${seed}-${records}${change}.csv${gzip ? '.gz' : ''}`;
  const path = join(cache, name);
  if (!existsSync(path)) {
    await writeSample({
      path,
      records,
      seed,
      changed: changed === 0 ? undefined : { fraction: changed, seed },
    });
  }
  return { path, bytes: statSync(path).size, records };
}

/** An empty folder, removed when the scope that opened it ends. */
export class WorkFolder {
  readonly #path = join(cache, `work-${process.pid}`);

  constructor() {
    mkdirSync(this.#path, { recursive: true });
  }

  file(name: string): string {
    return join(this.#path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.#path, { recursive: true, force: true });
  }
}

/** Files of a generator that has changed since are not taken for its own. */
function generatorVersion(): string {
  const hash = createHash('sha256');
  for (const block of sampleBlocks({ records: 2000, seed, changed: { fraction: 0.5, seed } }))
    hash.update(block);
  return hash.digest('hex').slice(0, 8);
}
