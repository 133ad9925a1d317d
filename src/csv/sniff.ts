/**
 * Guesses how a file is written from its first block. Advice, with its reasons in words: an import takes what it is told, and
 * this tells what to tell it. Linear in time: a bounded sample is parsed once for each delimiter that may be.
 */
import { CR, LF } from './bytes.ts';
import { type Dialect, defaultDialect } from './dialect.ts';
import { parseHeader } from './header.ts';
import { withParser } from './parser.ts';

export interface Sniffed {
  readonly dialect: Dialect;
  /** As TextDecoder names it. */
  readonly encoding: string;
  readonly reasons: {
    readonly delimiter: string;
    readonly quote: string;
    readonly header: string;
    readonly encoding: string;
  };
}

const sampleBytes = 128 * 1024;
const sampleRecords = 1000;

/** The usual one first: it is taken when nothing speaks for another. */
const delimiters: readonly (readonly [byte: number, name: string])[] = [
  [0x2c, 'commas'],
  [0x3b, 'semicolons'],
  [0x09, 'tabs'],
  [0x7c, 'bars'],
];
const doubleQuote = 0x22;
const apostrophe = 0x27;

/** `isWhole`: the block is all there is. `known`: names that a header may hold. The block is UTF-8. */
export function sniff(block: Uint8Array, isWhole: boolean, known: readonly string[]): Sniffed {
  const sample = block.subarray(0, sampleBytes);
  const isCut = !isWhole || sample.length < block.length;
  const quote = sniffQuote(sample);
  const delimiter = sniffDelimiter(sample, isCut, quote.byte, known);
  const dialect = { ...defaultDialect, quote: quote.byte, delimiter: delimiter.byte };
  const header = sniffHeader(sample, dialect, known);
  const encoding = sniffEncoding(sample);
  return {
    dialect: { ...dialect, header: header.isThere },
    encoding: encoding.name,
    reasons: {
      delimiter: delimiter.reason,
      quote: quote.reason,
      header: header.reason,
      encoding: encoding.reason,
    },
  };
}

function sniffEncoding(sample: Uint8Array): { name: string; reason: string } {
  const nul = sample.indexOf(0);
  if (nul !== -1 && sample.length > 1) {
    const name = nul % 2 === 0 ? 'utf-16be' : 'utf-16le';
    return { name, reason: `byte ${nul} is NUL, as in ${name}: add --encoding ${name} if this is text` };
  }
  try {
    // As a stream: the sample may end within a character.
    new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: true });
    return { name: 'utf-8', reason: 'all that was looked at is valid' };
  } catch {
    const reason =
      'some bytes are not valid in it: if they should be, add --encoding windows-1252 or another one';
    return { name: 'windows-1252', reason };
  }
}

/** Never none: a file without quotes now may have one tomorrow. */
function sniffQuote(sample: Uint8Array): { byte: number; reason: string } {
  const [double, single] = [quotedFields(sample, doubleQuote), quotedFields(sample, apostrophe)];
  if (double > 0) return { byte: doubleQuote, reason: 'fields begin and end with "' };
  if (single > 1) return { byte: apostrophe, reason: `fields begin and end with ' and none with "` };
  return { byte: doubleQuote, reason: 'nothing is quoted, so it is the usual one' };
}

/** How often the quote stands where a field may begin, and where one may end; the smaller of the two. */
function quotedFields(sample: Uint8Array, quote: number): number {
  let begins = 0;
  let ends = 0;
  for (let at = sample.indexOf(quote); at !== -1; at = sample.indexOf(quote, at + 1)) {
    if (isBorder(sample[at - 1])) begins++;
    if (isBorder(sample[at + 1])) ends++;
  }
  return Math.min(begins, ends);
}

function isBorder(byte: number | undefined): boolean {
  return (
    byte === undefined || byte === LF || byte === CR || delimiters.some(([delimiter]) => delimiter === byte)
  );
}

interface DelimiterGuess {
  readonly byte: number;
  readonly score: number;
  readonly fields: number;
  readonly reason: string;
}

function sniffDelimiter(
  sample: Uint8Array,
  isCut: boolean,
  quote: number,
  known: readonly string[],
): DelimiterGuess {
  const guesses = delimiters.map(([byte, name]) =>
    guessDelimiter(sample, isCut, { ...defaultDialect, quote, delimiter: byte }, name, known),
  );
  const best = guesses.reduce((first, second) => (isBetter(second, first) ? second : first));
  if (best.score > 0) return best;
  return {
    ...best,
    byte: defaultDialect.delimiter,
    reason: 'nothing divides the records, so it is the usual one',
  };
}

/** At a tie the later one: records with one decimal comma each look divided by commas too. */
function isBetter(one: DelimiterGuess, other: DelimiterGuess): boolean {
  return one.score > other.score || (one.score === other.score && one.fields >= other.fields);
}

/** Names that are found count most; then how many records have as many fields as most, the first one twice. */
function guessDelimiter(
  sample: Uint8Array,
  isCut: boolean,
  dialect: Dialect,
  name: string,
  known: readonly string[],
): DelimiterGuess {
  const byte = dialect.delimiter;
  const counts = fieldCounts(sample, isCut, dialect);
  const often = new Map<number, number>();
  for (const count of counts) often.set(count, (often.get(count) ?? 0) + 1);
  const [fields, records] = [...often].reduce((most, entry) => (entry[1] > most[1] ? entry : most), [0, 0]);
  if (fields < 2) return { byte, score: 0, fields, reason: '' };
  const header = parseHeader(sample, dialect);
  const found = header.kind === 'header' ? known.filter((column) => header.names.includes(column)) : [];
  const share = records / counts.length;
  const score = found.length * 2 + share * (counts[0] === fields ? 1 : 0.5);
  const among = counts.length === records ? `all ${records}` : `${records} of ${counts.length}`;
  const names = found.length === 0 ? '' : `, and the first one names ${found.join(', ')}`;
  return {
    byte,
    score,
    fields,
    reason: `${name} divide ${among} records of the sample into ${fields} fields${names}`,
  };
}

/** Of each record of the sample, but not of one that the sample cuts off. */
function fieldCounts(sample: Uint8Array, isCut: boolean, dialect: Dialect): number[] {
  const options = { dialect, columns: 2, keptColumns: 0, capacity: sampleRecords };
  return withParser(options, (parser) => {
    const end = parser.parse(parser.start(sample, bomBytes(sample)));
    const { recordCount, fieldCount } = parser.batch;
    const last = isCut && end === sample.length ? recordCount - 1 : recordCount;
    return Array.from(fieldCount.subarray(0, Math.max(0, last)));
  });
}

function bomBytes(sample: Uint8Array): number {
  return sample[0] === 0xef && sample[1] === 0xbb && sample[2] === 0xbf ? 3 : 0;
}

function sniffHeader(
  sample: Uint8Array,
  dialect: Dialect,
  known: readonly string[],
): { isThere: boolean; reason: string } {
  const first = parseHeader(sample, dialect);
  if (first.kind !== 'header') return { isThere: true, reason: 'the first record cannot be read' };
  const { names } = first;
  const found = known.filter((column) => names.includes(column));
  if (found.length > 0) return { isThere: true, reason: `the first record names ${found.join(', ')}` };
  if (names.includes('')) return { isThere: false, reason: 'a field of the first record is empty' };
  if (new Set(names).size < names.length)
    return { isThere: false, reason: 'two fields of the first record are equal' };
  const number = names.find((name) => /^\s*[-+]?[\d.,\s]*\d\s*$/.test(name.slice(0, 100)));
  if (number !== undefined)
    return { isThere: false, reason: `the first record holds a number, ${number.trim().slice(0, 20)}` };
  return { isThere: true, reason: 'the first record holds different words, as names of columns are' };
}
