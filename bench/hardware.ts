/**
 * What this machine does at most with the bytes of an import: what `docs/performance.md` compares its stages with. One thread, everything in the page cache.
 */
import { createHash, hash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { build, longhaulImport } from './lib/longhaul.ts';
import { load } from './lib/machine.ts';
import { type Contender, inTurns, once, timed } from './lib/measure.ts';
import { benchOptions } from './lib/options.ts';
import { report } from './lib/report.ts';
import { sampleFile, WorkFolder } from './lib/samples.ts';

/** As an import reads and writes. */
const blockBytes = 512 * 1024;
const writeBytes = 256 * 1024;

const { records, runs } = benchOptions({ records: 500_000, runs: 7 });
build();
const sample = await sampleFile({ records });
const zipped = readFileSync((await sampleFile({ records, gzip: true })).path);
const content = readFileSync(sample.path);
using folder = new WorkFolder();
const database = folder.file('longhaul.db');
await longhaulImport(database, sample.path);
const pages = readFileSync(database);
const target = folder.file('written');
const used = Buffer.alloc(content.length);
let touched = Buffer.alloc(0);

function read(each: (block: Buffer) => void): void {
  const block = Buffer.alloc(blockBytes);
  const fd = openSync(sample.path, 'r');
  for (let bytes = readSync(fd, block); bytes > 0; bytes = readSync(fd, block))
    each(block.subarray(0, bytes));
  closeSync(fd);
}

function write(): void {
  const fd = openSync(target, 'w');
  for (let at = 0; at < pages.length; )
    at += writeSync(fd, pages, at, Math.min(writeBytes, pages.length - at));
  fsyncSync(fd);
  closeSync(fd);
}

const ofContent = { bytes: content.length, records };
const contender = (what: string, work: () => unknown, more: Partial<Contender> = {}): Contender => ({
  what,
  ...ofContent,
  run: () => timed(work),
  ...more,
});
const contenders = [
  contender('copy of the file, into memory that was used before', () => content.copy(used)),
  contender('copy of the file, into memory that nobody has touched', () => content.copy(touched), {
    // As large as this they are mapped anew, and given back when they are collected.
    prepare: () => {
      touched = Buffer.allocUnsafeSlow(content.length);
    },
  }),
  contender('read of the file from the page cache', () => read(() => undefined)),
  contender('SHA-256 of the file', () => hash('sha256', content)),
  contender('inflating of the file', () => gunzipSync(zipped)),
  contender('sequential write of the database, and fsync', write, {
    bytes: pages.length,
    prepare: () => rmSync(target, { force: true }),
  }),
];

for (const each of contenders) await once(each);
const digest = hash('sha256', content);
const readAgain = createHash('sha256');
read((block) => readAgain.update(block));
for (const other of [
  hash('sha256', used),
  hash('sha256', touched),
  readAgain.digest('hex'),
  hash('sha256', gunzipSync(zipped)),
])
  if (other !== digest) throw new Error('what was copied, read or inflated is not the file');
if (!readFileSync(target).equals(pages)) throw new Error('what was written is not the database');
const before = load();
const outcomes = await inTurns(contenders, runs);
report({ name: 'hardware', runs, load: before, records, bytes: content.length, digest, outcomes });
