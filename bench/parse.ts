/**
 * How fast CSV is cut and parsed, next to uDSV, the fastest parser for JavaScript we know of:
 *
 *     npm run bench parse -- [--records N] [--runs N]
 *
 * Everything in memory; one thread, and then one thread and two that parse chunks as the stagers of an import do. First it
 * checks that all of them read the same fields.
 */
import { createHash } from 'node:crypto';
import { inferSchema, initParser } from 'udsv';
import type { ChunkCut } from '../src/csv/cut.ts';
import { defaultDialect } from '../src/csv/dialect.ts';
import { fieldText } from '../src/csv/field.ts';
import { ChunkParser } from '../src/csv/parser.ts';
import { RecordScanner } from '../src/csv/scanner.ts';
import { Kernel } from '../src/kernel/kernel.ts';
import { load } from './lib/machine.ts';
import { type Contender, inTurns, timed } from './lib/measure.ts';
import { ParseThreads } from './lib/parse-threads.ts';
import { benchOptions } from './lib/options.ts';
import { report } from './lib/report.ts';

const { records, runs } = benchOptions({ records: 500_000, runs: 7 });
const blockBytes = 1 << 20;

const data = generate(records);
const columns = 3;
const parser = new ChunkParser(new Kernel(), { dialect: defaultDialect, columns });
const { batch } = parser;
const headerBytes = data.indexOf(0x0a) + 1;
const text = data.toString();
const schema = inferSchema(text, { col: ',', row: '\n', encl: '"' });

/** Blocks of 1 MiB; chunks of 8 MiB, as an import does it, if nobody wants others. Returns the number of records. */
function scan(chunkBytes = 8 << 20, onCut: (cut: ChunkCut) => void = () => {}): number {
  const scanner = new RecordScanner({ dialect: defaultDialect, chunkBytes, maxRecordBytes: 8 << 20 });
  for (let start = 0; start < data.length; start += blockBytes) {
    const block = data.subarray(start, start + blockBytes);
    let at = 0;
    do {
      at = scanner.scan(block, at);
      if (scanner.outcome === 'chunk_end') onCut(scanner.cut);
    } while (scanner.outcome !== 'need_block');
  }
  do {
    scanner.finish();
    if (scanner.outcome === 'chunk_end') onCut(scanner.cut);
  } while (scanner.outcome !== 'end' && scanner.outcome !== 'unterminated_quote');
  return scanner.records;
}

function parse(eachBatch: () => void): number {
  for (let at = parser.start(data, headerBytes); at < data.length; eachBatch()) at = parser.parse(at);
  return parser.records;
}

const readWithUdsv = (csv: string): string[][] => initParser(schema).stringArrs(csv);

/** A digest over all values: equal only if every field of every record is. */
function digest(eachRecord: (tell: (values: readonly string[]) => void) => void): string {
  const hash = createHash('sha256');
  eachRecord((values) => hash.update(`${values.length}\x1f${values.join('\x1f')}\x1e`));
  return hash.digest('hex');
}

/** Throws unless all have read the same. @returns the digest of what they have read */
function check(): string {
  const ours = digest((tell) => {
    parse(() => {
      for (let record = 0; record < batch.recordCount; record++) {
        const fields = Array.from({ length: batch.fieldCount[record]! }, (_, column) =>
          fieldText(data, batch, record, column, defaultDialect),
        );
        tell(fields);
      }
    });
  });
  const theirs = digest((tell) => readWithUdsv(text).forEach(tell));
  if (ours !== theirs) throw new Error(`the fields differ: ours ${ours}, uDSV ${theirs}`);
  if (scan() !== records || parser.records !== records) throw new Error('records are missing');
  return ours;
}

function generate(count: number): Buffer {
  // A linear congruential generator (Numerical Recipes): the same bytes on every machine.
  let state = 42;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const words =
    'lay raise best end time year people way day man thing woman life child world school state'.split(' ');
  const firsts = 'Bryce Ana Chloé Dwight Emma Farid Grace Hugo Iris Jun'.split(' ');
  const lasts = 'Jones Smith Lee Brown Garcia Novak Silva Khan Moreau Ito'.split(' ');
  const pick = (list: readonly string[]): string => list[below(list.length)]!;
  const sentence = (): string => `${Array.from({ length: 3 + below(6) }, () => pick(words)).join(' ')}.`;
  const lines = ['name,sku,description\n'];
  for (let record = 0; record < count; record++) {
    const sentences = Array.from({ length: 1 + below(5) }, sentence);
    const quoted = below(2) === 0;
    const description = quoted
      ? `"${sentences.join('\n')}${below(50) === 0 ? ' ""Yes.""' : ''}"`
      : sentences.join(' ');
    lines.push(
      `${pick(firsts)} ${pick(lasts)},${pick(words)}-${pick(words)}-${pick(words)}-${record},${description}\n`,
    );
  }
  return Buffer.from(lines.join(''));
}

const digestOfAll = check();
/** Small enough that two threads end at about the same time. */
const cuts: ChunkCut[] = [];
scan(1 << 20, (cut) => cuts.push(cut));
await using one = new ParseThreads(1, data, columns, cuts);
await using two = new ParseThreads(2, data, columns, cuts);
const [byOne, byTwo] = [await one.parse(true), await two.parse(true)];
if (JSON.stringify(byOne) !== JSON.stringify(byTwo)) throw new Error('one thread and two find other fields');
if (byOne.reduce((sum, chunk) => sum + chunk.records, 0) !== records) throw new Error('records are missing');
const before = load();
const oneThread = 'ChunkParser, chunks in a thread';
const udsv = 'uDSV, from a string to arrays of strings';
const contenders = (
  [
    [udsv, () => readWithUdsv(text)],
    ['uDSV, from bytes: toString first', () => readWithUdsv(data.toString())],
    ['ChunkParser, bytes to field positions', () => parse(() => {})],
    ['RecordScanner, bytes to chunks', () => scan()],
    [oneThread, () => one.parse(false)],
    ['ChunkParser, chunks in two threads', () => two.parse(false), oneThread],
  ] as const
).map(
  ([what, work, baseline = udsv]): Contender => ({
    what,
    baseline,
    bytes: data.length,
    records,
    run: () => timed(work),
  }),
);
const outcomes = await inTurns(contenders, runs);
report({ name: 'parse', runs, load: before, records, bytes: data.length, digest: digestOfAll, outcomes });
