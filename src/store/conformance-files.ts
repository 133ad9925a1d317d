/** For tests of stores: files as chunks of packed rows, made without the code that stages real ones. */
import { createHash } from 'node:crypto';
import type { Dataset } from '../schema/dataset.ts';
import { products } from '../schema/dataset.ts';
import { hashHighAt, hashLowAt, hashRow, lineAt, packValues, rowLayout } from '../schema/packed-rows.ts';
import type { Reject, RejectCounts } from '../schema/rejects.ts';
import type { RunPlan, SnapshotTotals, StagedChunk } from './store.ts';

/** A good record as its canonical values in layout order (key first; of other types than text '' is NULL), or the code of a refused one. Each is one line. */
export type TestRecord = readonly string[] | keyof RejectCounts;

export interface TestFile {
  readonly chunks: readonly StagedChunk[];
  readonly totals: SnapshotTotals;
}

/** A file with these records in these chunks, as staging would hand it over. Line 1 is its header. */
export function testFile(
  chunksOfRecords: readonly (readonly TestRecord[])[],
  dataset: Dataset = products,
): TestFile {
  let offset = 0;
  let line = 1;
  const texts: string[] = [];
  const chunks = chunksOfRecords.map((records, index) => {
    const header = index === 0 ? 'header\n' : '';
    const lines = records.map((record) => `${typeof record === 'string' ? record : record.join(',')}\n`);
    const text = header + lines.join('');
    const place = { index, offset, line, length: Buffer.byteLength(text), sha256: sha256(text) };
    const chunk = stagedChunk(dataset, place, records, lines, header.length);
    offset += place.length;
    line += lines.length + (index === 0 ? 1 : 0);
    texts.push(text);
    return chunk;
  });
  const content = texts.join('');
  const records = chunksOfRecords.reduce((sum, chunk) => sum + chunk.length, 0);
  return {
    chunks,
    totals: {
      version: sha256(content),
      fingerprint: null,
      bytes: offset,
      contentBytes: offset,
      chunks: chunks.length,
      chunksTakenOver: 0,
      records,
    },
  };
}

/** One chunk of many rows for when only their number counts: keys `from` on, all with the same other values. */
export function numberedRecords(from: number, count: number, rest: readonly string[]): TestRecord[] {
  return Array.from({ length: count }, (_, number) => [String(from + number).padStart(8, '0'), ...rest]);
}

export function planOf(name = 'a.csv', changes: Partial<RunPlan> = {}): RunPlan {
  return {
    dataset: products,
    file: { source: 'local', name },
    fingerprint: `${name} as it is`,
    settings: 'settings',
    ignoredColumns: [],
    ...changes,
  };
}

function stagedChunk(
  dataset: Dataset,
  place: Pick<StagedChunk, 'index' | 'offset' | 'line' | 'length' | 'sha256'>,
  records: readonly TestRecord[],
  lines: readonly string[],
  headerBytes: number,
): StagedChunk {
  const layout = rowLayout(dataset);
  const lineOffset = headerBytes === 0 ? 0 : 1;
  const winners = new Map<string, { readonly values: readonly string[]; readonly line: number }>();
  const rejects: Reject[] = [];
  const rejected: RejectCounts = {};
  let byteOffset = place.offset + headerBytes;
  for (const [number, record] of records.entries()) {
    const line = number + lineOffset;
    if (typeof record === 'string') {
      rejected[record] = (rejected[record] ?? 0) + 1;
      const byteLength = record.length;
      rejects.push({
        code: record,
        line: place.line + line,
        byteOffset,
        byteLength,
        raw: new Uint8Array(Buffer.from(record)),
        column: null,
        value: null,
      });
    } else {
      const key =
        layout.keyColumns === 0 ? [String(number).padStart(8, '0')] : record.slice(0, layout.keyColumns);
      winners.set(key.join('\0'), { values: record, line });
    }
    byteOffset += Buffer.byteLength(lines[number]!);
  }
  const keys = [...winners.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const rows = keys.map((key) => {
    const { values, line } = winners.get(key)!;
    const words = packValues(layout, values);
    const hash = new Uint32Array(2);
    hashRow(layout, words, 0, hash);
    words[lineAt] = line;
    words[hashLowAt] = hash[0]!;
    words[hashHighAt] = hash[1]!;
    return words;
  });
  const words = new Uint32Array(rows.reduce((sum, row) => sum + row.length, 0));
  let at = 0;
  const starts = rows.map((row) => {
    words.set(row, at);
    at += row.length;
    return at - row.length;
  });
  return {
    ...place,
    records: records.length,
    blankLines: 0,
    superseded: records.length - rejects.length - rows.length,
    rejected,
    rows: rows.length,
    packed: { words, rows: rows.length, starts },
    rejects,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
