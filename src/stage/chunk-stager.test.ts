import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomContent } from '../../test/helpers/random-files.ts';
import { bytesOf } from '../csv/cases.ts';
import { type Dialect, defaultDialect } from '../csv/dialect.ts';
import { readCsv } from '../reference/csv.ts';
import { ReferenceTable } from '../reference/replay.ts';
import { type ColumnMapping, mapColumns } from '../schema/columns.ts';
import { type Dataset, products } from '../schema/dataset.ts';
import { hashRow, lineAt, packValues, type PackedRows, rowLayout } from '../schema/packed-rows.ts';
import { maxRejectRawBytes } from '../schema/rejects.ts';
import { type ChunkRows, ChunkStager } from './chunk-stager.ts';
import { SharedRowMemory } from './row-memory.ts';

/** Rows as `value|value #line`, in layout order; each must lie in memory as `packValues` would have packed it. */
function shown(packed: PackedRows, dataset: Dataset): string[] {
  const layout = rowLayout(dataset);
  const bytes = Buffer.from(packed.words.buffer, packed.words.byteOffset, packed.words.byteLength);
  const rows: string[] = [];
  for (let at = 0; at < packed.words.length; at += packed.words[at]!) {
    const values: string[] = [];
    let from = (at + layout.headWords) * 4;
    for (let column = 0; column < layout.columns; column++) {
      const length = packed.words[at + 4 + column]!;
      values.push(bytes.toString('utf8', from, from + length));
      from += length + (column < layout.keyColumns - 1 ? 1 : 0);
    }
    const expected = packValues(layout, values);
    const hash = new Uint32Array(2);
    hashRow(layout, expected, 0, hash);
    expected.set([packed.words[at + lineAt]!, ...hash], lineAt);
    expect(packed.words.slice(at, at + packed.words[at]!)).toEqual(expected);
    rows.push(`${values.join('|')} #${packed.words[at + lineAt]!}`);
  }
  expect(packed.rows).toBe(rows.length);
  return rows;
}

function mappingOf(header: readonly string[], dataset: Dataset): ColumnMapping {
  const result = mapColumns(dataset, header);
  if (result.kind !== 'mapping') throw new Error(result.kind);
  return result.mapping;
}

/** Stages the records of a text without a header, as the chunk that begins at byte 1000, line 50. */
function stageText(
  text: string,
  header = 'name,sku,description',
  dataset: Dataset = products,
  dialect: Dialect = defaultDialect,
): ChunkRows {
  const stager = new ChunkStager(dialect, mappingOf(header.split(','), dataset), rowLayout(dataset));
  return stager.stage(bytesOf(text), { offset: 1000, line: 50, skip: 0 });
}

describe('a chunk', () => {
  test('gives its good records sorted by key, the last one of each key', () => {
    const { packed, ...rest } = stageText('Ann,b,1\nBob,\u{10000},2\n\nCid,b,"3\n"\nDan,\uffee,4\nEve,a,5');
    expect(shown(packed, products)).toEqual([
      'a|Eve|5 #6',
      'b|Cid|3\n #3',
      '\uffee|Dan|4 #5',
      '\u{10000}|Bob|2 #1',
    ]);
    expect(rest).toEqual({ records: 5, blankLines: 1, superseded: 1, rejected: {}, rejects: [] });
  });

  test('refuses with the first reason that fits, and tells where', () => {
    const { packed, records, superseded, rejected, rejects } = stageText(
      'n,s,d\n"n"x,\u00ff\nn,\u00ff\0\nn,\0\nn\nn,,d,e\nn,"",d\n',
    );
    expect(shown(packed, products)).toEqual(['s|n|d #0']);
    expect([records, superseded]).toEqual([7, 0]);
    expect(rejected).toEqual({
      stray_quote: 1,
      bad_encoding: 1,
      nul_byte: 1,
      too_few_fields: 1,
      too_many_fields: 1,
      empty_key: 1,
    });
    expect(
      rejects.map(({ code, line, byteOffset, byteLength, raw }) => [
        code,
        line,
        byteOffset,
        byteLength,
        Buffer.from(raw).toString('latin1'),
      ]),
    ).toEqual([
      ['stray_quote', 51, 1006, 6, '"n"x,\xff'],
      ['bad_encoding', 52, 1013, 4, 'n,\xff\0'],
      ['nul_byte', 53, 1018, 3, 'n,\0'],
      ['too_few_fields', 54, 1022, 1, 'n'],
      ['too_many_fields', 55, 1024, 6, 'n,,d,e'],
      ['empty_key', 56, 1031, 6, 'n,"",d'],
    ]);
  });

  test('keeps the beginning of a long reject only, and its length', () => {
    const { rejects } = stageText(`${'x'.repeat(10_000)}\n`);
    expect(rejects).toMatchObject([
      { byteLength: 10_000, raw: new Uint8Array(maxRejectRawBytes).fill(0x78) },
    ]);
  });

  test('has keys of several parts, in key order', () => {
    const dataset = { ...products, key: ['description', 'name'] };
    const { packed } = stageText('b,1,a\n"a""b",2,a\na,3,ab\nb,4,a\n', 'name,sku,description', dataset);
    expect(shown(packed, dataset)).toEqual(['a|a"b|2 #1', 'a|b|4 #3', 'ab|a|3 #2']);
  });

  test('unescapes as its dialect says', () => {
    const dialect = { ...defaultDialect, escape: 0x5c, delimiter: 0x3b };
    const { packed } = stageText('"a\\"b\\\\";s;"\\;"\n', 'name,sku,description', products, dialect);
    expect(shown(packed, products)).toEqual(['s|a"b\\|; #0']);
  });

  test('may be larger than was expected, and its stager serves the next one', () => {
    const stager = new ChunkStager(
      defaultDialect,
      mappingOf(['name', 'sku', 'description'], products),
      rowLayout(products),
    );
    const text = Array.from(
      { length: 9000 },
      (_, index) => `n,${String(index).padStart(5, '0')},${'d'.repeat(index % 300)}\n`,
    );
    const first = stager.stage(bytesOf(text.join('')), { offset: 0, line: 1, skip: 0 });
    expect(first.packed.rows).toBe(9000);
    expect(shown(first.packed, products)[8999]).toBe(`08999|n|${'d'.repeat(299)} #8999`);
    const second = stager.stage(bytesOf('header\nn,s,d\n'), { offset: 0, line: 1, skip: 7 });
    expect(shown(second.packed, products)).toEqual(['s|n|d #1']);
    expect(second).toMatchObject({ records: 1, superseded: 0, rejected: {} });
    expect(stager.stage(new Uint8Array(0), { offset: 0, line: 1, skip: 0 }).packed).toEqual({
      words: new Uint32Array(0),
      rows: 0,
      starts: [],
    });
    const { words, starts = [] } = first.packed;
    const begins = new Set<number>();
    for (let at = 0; at < words.length; at += words[at]!) begins.add(at);
    expect(starts.length).toBeGreaterThan(4);
    expect(starts[0]).toBe(0);
    expect(starts.every((start) => begins.has(start))).toBe(true);
  });

  test('may be put into memory that threads share, as long as there is room', () => {
    const mapping = mappingOf(['name', 'sku', 'description'], products);
    const stager = new ChunkStager(defaultDialect, mapping, rowLayout(products));
    const memory = new SharedRowMemory(100);
    const other = new SharedRowMemory(memory.buffer);
    const stage = (text: string, into: SharedRowMemory) =>
      stager.stage(bytesOf(text), { offset: 0, line: 1, skip: 0 }, into).packed;
    const packed = [stage('n,a,d\n', memory), stage('n,b,d\n', other), stage('n,c,d\nn,d,d\n', memory)];
    expect(packed.flatMap((rows) => shown(rows, products))).toEqual([
      'a|n|d #0',
      'b|n|d #0',
      'c|n|d #0',
      'd|n|d #1',
    ]);
    expect(packed.map(({ words }) => words.buffer === memory.buffer)).toEqual([true, true, false]);
    expect(memory.isFull).toBe(true);
    memory.clear();
    expect(other.isFull).toBe(false);
    expect(stage('n,e,d\n', other).words.byteOffset).toBe(packed[0]!.words.byteOffset);
  });
});

test('a whole file as one chunk is what the reference makes of it', () => {
  let compared = 0;
  fc.assert(
    fc.property(randomContent, ({ bytes, dialect }) => {
      const reference = new ReferenceTable(products);
      const file = {
        name: 'a',
        content: bytes,
        dialect,
        columns: null,
        maxRecordBytes: 1e9,
        rejectLimit: { kind: 'number', number: 1e9 },
      } as const;
      const outcome = reference.importFile(file);
      if (outcome.kind !== 'published') return;
      compared++;
      const { headerBytes, header } = readCsv(bytes, dialect);
      const names = header!.fields.map((field) => Buffer.from(field).toString());
      const stager = new ChunkStager(dialect, mappingOf(names, products), rowLayout(products));
      const { packed, ...rest } = stager.stage(bytes, { offset: 0, line: 1, skip: headerBytes });
      expect(shown(packed, products)).toEqual(
        reference.rows.map(
          ({ values: [name, sku, description], line }) => `${sku}|${name}|${description} #${line - 1}`,
        ),
      );
      const { records, blankLines, superseded, rejectedBy: rejected } = outcome.sums;
      expect(rest).toEqual({ records, blankLines, superseded, rejected, rejects: outcome.rejects });
    }),
    { numRuns: 1000 },
  );
  expect(compared).toBeGreaterThan(500);
});
