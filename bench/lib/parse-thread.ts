/** A thread of `bench/parse.ts`: parses chunks of the same bytes as others, the next one as soon as it has done one. */
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { ChunkCut } from '../../src/csv/cut.ts';
import { defaultDialect } from '../../src/csv/dialect.ts';
import { ChunkParser } from '../../src/csv/parser.ts';
import { Kernel } from '../../src/kernel/kernel.ts';

export interface ParseThreadData {
  readonly bytes: Uint8Array;
  readonly columns: number;
  readonly cuts: readonly ChunkCut[];
  /** Shared: the next chunk to be parsed. */
  readonly next: Int32Array;
}

/** What is asked of it: to parse, and whether to tell a digest of what it has found. */
export interface ParseRequest {
  readonly digests: boolean;
}

export interface ParsedChunk {
  readonly index: number;
  readonly records: number;
  /** Of the places of all fields; '' unless it was asked for. */
  readonly digest: string;
}

const { bytes, columns, cuts, next } = workerData as ParseThreadData;
const parser = new ChunkParser(new Kernel(), { dialect: defaultDialect, columns });
const { batch } = parser;

parentPort?.on('message', ({ digests }: ParseRequest) => {
  const parsed: ParsedChunk[] = [];
  for (let index = Atomics.add(next, 0, 1); index < cuts.length; index = Atomics.add(next, 0, 1)) {
    parsed.push(parse(cuts[index]!, digests));
  }
  parentPort?.postMessage(parsed);
});

function parse({ index, offset, length, skip }: ChunkCut, digests: boolean): ParsedChunk {
  const chunk = bytes.subarray(offset, offset + length);
  const hash = digests ? createHash('sha256') : null;
  for (let at = parser.start(chunk, skip); at < chunk.length; ) {
    at = parser.parse(at);
    const fields = batch.recordCount * columns;
    hash?.update(batch.fieldStart.subarray(0, fields)).update(batch.fieldEnd.subarray(0, fields));
  }
  return { index, records: parser.records, digest: hash?.digest('hex') ?? '' };
}
