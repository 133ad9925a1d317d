import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { LonghaulError } from '../runtime/errors.ts';
import { writeSample } from '../sample/write-sample.ts';
import { type CommandSpec, exitStatus, type Invocation } from './command.ts';
import { byteText, grouped, plural, printLine } from './terminal.ts';

/** Where samples lie unless told otherwise; ignored by git. */
export const samplePath = 'data/products.csv.gz';

export const generateCommand: CommandSpec = {
  name: 'generate',
  args: '[file]',
  summary: 'write a sample file of products',
  description: `Writes a CSV file of made-up products: name, sku, description; some skus come more than once, almost half of the
descriptions hold line breaks. The same seed always gives the same bytes. A file name that ends in .gz is compressed.`,
  examples: [
    ['longhaul generate', `half a million products in ${samplePath}`],
    ['longhaul generate big.csv --records 20000000', 'as many as you like'],
    ['longhaul generate next.csv --changed 1%', 'the same file with 1 % of the records changed'],
  ],
  options: ['records', 'seed', 'changed'],
  async run([path = samplePath], given, invocation) {
    const [records, seed, fraction] = [given.value('records'), given.value('seed'), given.value('changed')];
    const sample = await generate(path, records, seed, fraction, invocation);
    const { stdout } = invocation.terminal;
    if (given.has('json')) printLine(stdout, JSON.stringify({ path, ...sample }));
    else printLine(stdout, `${path}: ${sampleText(sample)}`);
    return exitStatus.done;
  },
};

interface Sample {
  readonly records: number;
  readonly bytes: number;
  readonly distinctSkus: number;
}

export function sampleText({ records, bytes, distinctSkus }: Sample): string {
  return `${plural(records, 'record')}, ${grouped(distinctSkus)} distinct skus, ${byteText(bytes)}`;
}

export async function generate(
  path: string,
  records: number,
  seed: number,
  fraction: number,
  { signal }: Invocation,
): Promise<Sample> {
  // The finished file takes the place of what has its name, and a device or a pipe must keep its place.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
    throw LonghaulError.of('file_not_writable', { file: path, reason: 'it is there and is no file' });
  }
  try {
    mkdirSync(dirname(path), { recursive: true });
    const changed = fraction === 0 ? {} : { changed: { fraction, seed } };
    return await writeSample({ path, records, seed, signal, ...changed });
  } catch (error) {
    if (signal.aborted) {
      throw LonghaulError.of(
        'interrupted',
        { advice: 'run the same command again; it starts over' },
        { cause: error },
      );
    }
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || code.startsWith('ERR_')) throw error;
    throw LonghaulError.of('file_not_writable', { file: path, reason: code }, { cause: error });
  }
}
