/** For tests: runs scanner and parser as an import would, and says what they saw in the words of the reference. */
import type { ChunkCut } from './cut.ts';
import type { Dialect } from './dialect.ts';
import { fieldBytes } from './field.ts';
import type { FieldBatch } from './field-batch.ts';
import { type ChunkParser, withParser } from './parser.ts';
import type { Position } from './position.ts';
import { RecordScanner, type ScanOutcome } from './scanner.ts';

/** One way through the fast code. */
export interface Path {
  readonly dialect: Dialect;
  readonly chunkBytes: number;
  readonly maxRecordBytes: number;
  /** Where the file is cut into blocks, ascending. */
  readonly blockEnds: readonly number[];
  /** Records a batch holds. */
  readonly capacity: number;
}

/** The ways to cut a file of `length` bytes into blocks. */
function* blockings(
  length: number,
): Generator<{ readonly name: string; readonly blockEnds: readonly number[] }> {
  yield { name: 'whole', blockEnds: [] };
  yield { name: 'byte by byte', blockEnds: Array.from({ length }, (_, index) => index) };
  for (let at = 0; at <= length; at++) yield { name: `two blocks, cut at ${at}`, blockEnds: [at] };
  yield {
    name: 'empty blocks between',
    blockEnds: Array.from({ length: 3 * length }, (_, index) => Math.floor(index / 3)),
  };
}

/** A file of `length` bytes whole, cut at every byte, in small and in large chunks, in full and in roomy batches. */
export function* everyPath(
  length: number,
  dialect: Dialect,
  maxRecordBytes: number,
): Generator<{ readonly name: string; readonly path: Path }> {
  for (const chunkBytes of [1, 2, 7, 64, 1 << 20]) {
    for (const { name, blockEnds } of blockings(length)) {
      for (const capacity of [1, 100]) {
        const path = { dialect, chunkBytes, maxRecordBytes, blockEnds, capacity };
        yield { name: `${name}, chunkBytes ${chunkBytes}, capacity ${capacity}`, path };
      }
    }
  }
}

/** A record with its place in the file; `src/reference/csv.ts` says what each property means. */
interface SeenRecord {
  readonly fields: readonly Uint8Array[];
  readonly line: number;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly stray: boolean;
  readonly oversized: boolean;
}

export interface Seen {
  readonly headerBytes: number;
  readonly headerTooLarge: boolean;
  readonly columns: number;
  /** Of the chunks that ended; fields beyond `columns` are empty here. */
  readonly records: readonly SeenRecord[];
  readonly blankLines: number;
  readonly lines: number;
  readonly openQuote: Position | null;
  readonly cuts: readonly ChunkCut[];
  readonly headerEnds: number;
  /** Of the whole file, also where its end is missing. */
  readonly recordsScanned: number;
}

/** Everything the scanner tells over these blocks, then every chunk parsed. */
export function runFast(bytes: Uint8Array, path: Path): Seen {
  const scanner = new RecordScanner(path);
  const cuts: ChunkCut[] = [];
  let headerEnds = 0;
  const hear = (outcome: ScanOutcome): void => {
    if (outcome === 'header_end') headerEnds++;
    if (outcome === 'chunk_end') cuts.push(scanner.cut);
    if (scanner.chunkOffset !== cuts.reduce((sum, cut) => sum + cut.length, 0))
      throw new Error('chunks do not tile');
  };
  let start = 0;
  for (const end of [...path.blockEnds, bytes.length]) {
    // A copy: whoever reads beyond the block reads nothing.
    const block = bytes.slice(start, end);
    let at = 0;
    do {
      at = scanner.scan(block, at);
      hear(scanner.outcome);
    } while (scanner.outcome !== 'need_block' && !isTerminal(scanner.outcome));
    if (isTerminal(scanner.outcome)) break;
    if (at !== block.length) throw new Error(`need_block at ${at} of ${block.length}`);
    start = end;
  }
  while (!isTerminal(scanner.outcome)) {
    scanner.finish();
    hear(scanner.outcome);
  }
  const records = cuts.flatMap((cut) => parseCut(bytes, cut, scanner.columns, path));
  return {
    cuts,
    headerEnds,
    recordsScanned: scanner.records,
    headerBytes: scanner.headerBytes,
    headerTooLarge: scanner.outcome === 'header_too_large',
    columns: scanner.columns,
    records,
    blankLines: scanner.blankLines,
    lines: scanner.lines,
    openQuote: scanner.openQuote,
  };
}

function isTerminal(outcome: ScanOutcome): boolean {
  return outcome === 'end' || outcome === 'header_too_large' || outcome === 'unterminated_quote';
}

function parseCut(bytes: Uint8Array, cut: ChunkCut, columns: number, path: Path): SeenRecord[] {
  const chunk = bytes.slice(cut.offset, cut.offset + cut.length);
  if (cut.kind === 'oversized') {
    if (cut.skip !== 0 || cut.records !== 1 || cut.blankLines !== 0)
      throw new Error('an oversized chunk is one record');
    const byteLength = chunk.length - terminatorLength(chunk);
    return [
      { fields: [], line: cut.line, byteOffset: cut.offset, byteLength, stray: false, oversized: true },
    ];
  }
  const keptColumns = Math.max(columns, 1);
  return withParser({ dialect: path.dialect, columns, keptColumns, capacity: path.capacity }, (parser) =>
    recordsOf(parser, chunk, cut, path.dialect),
  );
}

function recordsOf(parser: ChunkParser, chunk: Uint8Array, cut: ChunkCut, dialect: Dialect): SeenRecord[] {
  const records: SeenRecord[] = [];
  const { batch } = parser;
  let at = parser.start(chunk, cut.skip);
  while (at < chunk.length) {
    at = parser.parse(at);
    for (let record = 0; record < batch.recordCount; record++) {
      const start = batch.recordStart[record]!;
      records.push({
        fields: keptFields(chunk, batch, record, dialect),
        line: cut.line + batch.recordLine[record]!,
        byteOffset: cut.offset + start,
        byteLength: batch.recordEnd[record]! - start,
        stray: batch.stray[record] === 1,
        oversized: false,
      });
    }
  }
  if (parser.openQuoteAt !== -1) throw new Error('the scanner cut inside quotes');
  if (parser.records !== cut.records || records.length !== cut.records) {
    throw new Error(
      `chunk ${cut.index}: the scanner counted ${cut.records} records, the parser ${parser.records}`,
    );
  }
  if (parser.blankLines !== cut.blankLines) throw new Error(`chunk ${cut.index}: blank lines differ`);
  return records;
}

/** The kept fields; for those beyond the batch's columns an empty array each, so that the count shows. */
function keptFields(chunk: Uint8Array, batch: FieldBatch, record: number, dialect: Dialect): Uint8Array[] {
  return Array.from({ length: batch.fieldCount[record]! }, (_, column) =>
    column < batch.columns ? fieldBytes(chunk, batch, record, column, dialect).slice() : new Uint8Array(),
  );
}

function terminatorLength(chunk: Uint8Array): number {
  const last = chunk.at(-1);
  if (last === 0x0d) return 1;
  if (last !== 0x0a) return 0;
  return chunk.at(-2) === 0x0d ? 2 : 1;
}

/** What the reference saw, as `runFast` would say it. */
export function asSeen(
  csv: Omit<Seen, 'cuts' | 'headerEnds' | 'recordsScanned'> & { readonly header: object | null },
  cuts: readonly ChunkCut[],
): Seen {
  const { headerBytes, headerTooLarge, columns, blankLines, lines, openQuote } = csv;
  const last = cuts.at(-1);
  const cutBytes = last === undefined ? 0 : last.offset + last.length;
  const records = csv.records
    .filter((record) => record.byteOffset < cutBytes)
    .map((record) => {
      const fields = record.fields.map((value, column) => (column < columns ? value : new Uint8Array()));
      return { ...record, fields };
    });
  const headerEnds = csv.header === null ? 0 : 1;
  const recordsScanned = csv.records.length;
  return {
    headerBytes,
    headerTooLarge,
    columns,
    records,
    blankLines,
    lines,
    openQuote,
    cuts,
    headerEnds,
    recordsScanned,
  };
}
