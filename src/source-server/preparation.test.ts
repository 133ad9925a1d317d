import { expect, test } from 'vitest';
import { eventually } from '../../test/helpers/eventually.ts';
import { ManualClock } from '../../test/helpers/manual-clock.ts';
import { TempFolder } from '../../test/helpers/temp-folder.ts';
import { openLog } from '../runtime/log.ts';
import { type FileFacts, lookAgain } from '../source/folder-scan.ts';
import { HostedFile } from './hosted-file.ts';
import { ManifestCache } from './manifest-cache.ts';
import { SourceMetrics } from './metrics.ts';
import { type FileToDescribe, type ManifestMaker, Preparation } from './preparation.ts';

/** Hashes a file when it is told to. */
class HeldMaker implements ManifestMaker {
  readonly asked: string[] = [];
  #finish: (() => void) | null = null;

  async describe({ name }: FileToDescribe) {
    this.asked.push(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#finish = resolve;
    await promise;
    return { kind: 'ready', version: name, compression: null, manifest: new Uint8Array(0) } as const;
  }

  finish(): void {
    this.#finish?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.finish();
  }
}

test('one at a time, small ones first, and a large one gets its turn', async () => {
  using folder = new TempFolder();
  const clock = new ManualClock();
  const log = openLog('test', 'silent', process.stderr);
  const maker = new HeldMaker();
  const preparation = new Preparation({
    maker,
    cache: new ManifestCache({ folder: folder.file('none'), maxBytes: 0, settings: '' }, clock, log),
    clock,
    log,
    metrics: new SourceMetrics({ files: () => ({ preparing: 0, ready: 0, refused: 0 }), reads: () => 0 }),
    quietMs: 2000,
    onChange: () => undefined,
    onLost: () => undefined,
  });
  const facts = await lookAgain(Buffer.from(folder.write('a.csv', 'a')), 'a.csv');
  const mebibyte = 2 ** 20;
  const begin = (name: string, mebibytes: number): Promise<void> => {
    // Left alone since long.
    const known: FileFacts = { ...facts, bytes: mebibytes * mebibyte, changedMs: 0 };
    return preparation.begin(new HostedFile(name, known));
  };
  await begin('first', 1);
  await eventually('it is hashed', () => maker.asked.length === 1);
  for (const [name, size] of [
    ['huge', 10_000],
    ['large', 100],
    ['small', 1],
    ['smaller', 0.5],
  ] as const) {
    await begin(name, size);
  }
  await eventually('all wait', () => preparation.waiting === 4);
  const next = async (): Promise<void> => {
    const before = maker.asked.length;
    maker.finish();
    await eventually('the next one is hashed', () => maker.asked.length > before);
  };
  await next();
  await next();
  expect(maker.asked).toEqual(['first', 'smaller', 'small']);
  clock.advance(300_000);
  await begin('late', 1);
  await eventually('all wait', () => preparation.waiting === 3);
  await next();
  await next();
  await next();
  expect(maker.asked.slice(3)).toEqual(['large', 'huge', 'late']);
  await preparation.stop();
});
