import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { LonghaulError } from '../runtime/errors.ts';
import type { SampleOptions } from '../sample/blocks.ts';
import { type CommandSpec, exitStatus, type Invocation } from './command.ts';
import { byteText, grouped, plural, printLine } from './terminal.ts';

// The generator is loaded when something is to be generated: its tables take 3 ms, which every other command would pay.

/** Where samples lie unless told otherwise; ignored by git. */
export const samplePath = 'data/products.csv.gz';

export const generateCommand: CommandSpec = {
  name: 'generate',
  args: '[file]',
  summary: 'write a sample file of products',
  description: `Writes a CSV file of made-up products: name, sku, description; some skus come more than once, almost half of the
descriptions hold line breaks. The same seed always gives the same bytes. A file name that ends in .gz is compressed; a file
that is there already is replaced. - writes to standard output.`,
  examples: [
    ['longhaul generate', `half a million products in ${samplePath}`],
    ['longhaul generate big.csv --records 20000000', 'as many as you like'],
    ['longhaul generate next.csv --changed 1%', 'the same file with 1 % of the records changed'],
  ],
  options: ['records', 'seed', 'changed'],
  async run([path = samplePath], given, invocation) {
    const [records, seed, fraction] = [given.value('records'), given.value('seed'), given.value('changed')];
    const { stdout } = invocation.terminal;
    if (path === '-') {
      await printSample(sampleOptions(records, seed, fraction), stdout, invocation.signal);
      return exitStatus.done;
    }
    const sample = await generate(path, records, seed, fraction, invocation);
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

function sampleOptions(records: number, seed: number, fraction: number): SampleOptions {
  return { records, seed, ...(fraction === 0 ? {} : { changed: { fraction, seed } }) };
}

export async function generate(
  path: string,
  records: number,
  seed: number,
  fraction: number,
  { signal }: Invocation,
): Promise<Sample> {
  if (/\.(br|zst|zip|bz2|xz|7z|z)$/i.test(path)) {
    throw LonghaulError.of('bad_usage', {
      message: `${path}: of the names that compressed files have only .gz is understood`,
      command: 'generate ',
    });
  }
  // The finished file takes the place of what has its name, and a device or a pipe must keep its place.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
    throw LonghaulError.of('file_not_writable', { file: path, reason: 'it is there and is no file' });
  }
  try {
    // Of other paths the folder is somebody's, who may have mistyped it.
    if (path === samplePath) mkdirSync(dirname(path), { recursive: true });
    const { writeSample } = await import('../sample/write-sample.ts');
    return await writeSample({ ...sampleOptions(records, seed, fraction), path, signal });
  } catch (error) {
    throwIfInterrupted(signal, error);
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || code.startsWith('ERR_')) throw error;
    throw LonghaulError.of('file_not_writable', { file: path, reason: code }, { cause: error });
  }
}

/** What goes wrong with the output is told by whoever watches it; a reader that has enough is no error. */
async function printSample(
  options: SampleOptions,
  stdout: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<void> {
  const { sampleBlocks } = await import('../sample/blocks.ts');
  async function* blocks(): AsyncGenerator<Uint8Array> {
    for (const block of sampleBlocks(options)) {
      yield block;
      // A file takes blocks at once: a signal would not be heard before the last one, nor end what goes on taking them.
      await setImmediate();
      signal.throwIfAborted();
    }
  }
  try {
    await pipeline(blocks(), stdout, { signal, end: false });
  } catch (error) {
    throwIfInterrupted(signal, error);
  }
}

function throwIfInterrupted({ aborted }: AbortSignal, cause: unknown): void {
  const advice = 'run the same command again; it starts over';
  if (aborted) throw LonghaulError.of('interrupted', { advice }, { cause });
}
