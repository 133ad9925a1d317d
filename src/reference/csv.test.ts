import { describe, expect, test } from 'vitest';
import { bytesOf, cases, dialectOf, textOf } from '../csv/cases.ts';
import { defaultDialect } from '../csv/dialect.ts';
import { cutCsv, type ReferenceRecord, readCsv } from './csv.ts';

/** A record as `cases.ts` writes it. */
function written(record: ReferenceRecord): string {
  const flag = record.oversized ? ' !oversized' : record.stray ? ' !stray' : '';
  return `${record.line} ${record.fields.map(textOf).join('|')}${flag}`;
}

describe('the reference reads every case as written by hand', () => {
  test.each(cases)('$name', (given) => {
    const bytes = bytesOf(given.input);
    const csv = readCsv(bytes, dialectOf(given), given.maxRecordBytes);

    expect(csv.headerTooLarge).toBe(given.headerTooLarge ?? false);
    expect(csv.header?.fields.map(textOf) ?? null).toEqual(given.header ?? null);
    expect(csv.records.map(written)).toEqual(given.records ?? []);
    expect(csv.blankLines).toBe(given.blankLines ?? 0);
    const { openQuote } = csv;
    expect(openQuote === null ? undefined : `${openQuote.line}:${openQuote.byteOffset}`).toBe(
      given.openQuote,
    );
  });

  test('the names of the cases differ', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });
});

test('positions are bytes from 0 and lines from 1, of the whole file', () => {
  const csv = readCsv(bytesOf('\uFEFFn,d\r\né,"x\ny"\r\n\r\n1,2'), defaultDialect);

  expect(csv).toMatchObject({ headerBytes: 8, columns: 2, blankLines: 1, lines: 4, openQuote: null });
  expect(csv.records).toMatchObject([
    { line: 2, byteOffset: 8, byteLength: 8 },
    { line: 5, byteOffset: 20, byteLength: 3 },
  ]);
});

describe('cutting', () => {
  const cuts = (input: string, chunkBytes: number, maxRecordBytes?: number): string[] => {
    const bytes = bytesOf(input);
    return cutCsv(bytes, readCsv(bytes, defaultDialect, maxRecordBytes), chunkBytes).map(
      ({ index, kind, offset, length, skip, line, records, blankLines }) =>
        `${index} ${kind} ${offset}+${length} skip ${skip} line ${line}: ${records} records, ${blankLines} blank`,
    );
  };

  test('at the first record end, header end or blank line at or after chunkBytes', () => {
    expect(cuts('a,b\n1,2\n\n3,4\n', 5)).toEqual([
      '0 records 0+8 skip 4 line 1: 1 records, 0 blank',
      '1 records 8+5 skip 0 line 3: 1 records, 1 blank',
    ]);
    expect(cuts('a,b\r\n1,2\r\n\r\n3,4', 1)).toEqual([
      '0 records 0+5 skip 5 line 1: 0 records, 0 blank',
      '1 records 5+5 skip 0 line 2: 1 records, 0 blank',
      '2 records 10+2 skip 0 line 3: 0 records, 1 blank',
      '3 records 12+3 skip 0 line 4: 1 records, 0 blank',
    ]);
  });

  test('what is left is the last chunk', () => {
    expect(cuts('a,b\n1,2\n3,4', 8)).toEqual([
      '0 records 0+8 skip 4 line 1: 1 records, 0 blank',
      '1 records 8+3 skip 0 line 3: 1 records, 0 blank',
    ]);
    expect(cuts('\uFEFF', 8)).toEqual(['0 records 0+3 skip 3 line 1: 0 records, 0 blank']);
    expect(cuts('', 8)).toEqual([]);
  });

  test('an oversized record is a chunk of its own', () => {
    expect(cuts('a,b\n1,2\n1234,"\n"\n3,4\n', 100, 6)).toEqual([
      '0 records 0+8 skip 4 line 1: 1 records, 0 blank',
      '1 oversized 8+9 skip 0 line 3: 1 records, 0 blank',
      '2 records 17+4 skip 0 line 5: 1 records, 0 blank',
    ]);
  });

  test('before an open quote only what had to be cut', () => {
    expect(cuts('a,b\n1,2\n3,4\n5,"', 8)).toEqual(['0 records 0+8 skip 4 line 1: 1 records, 0 blank']);
    expect(cuts('a,b\n1,"345678', 100, 6)).toEqual(['0 records 0+4 skip 4 line 1: 0 records, 0 blank']);
  });
});
