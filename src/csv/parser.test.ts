import { describe, expect, test } from 'vitest';
import { Kernel } from '../kernel/kernel.ts';
import { bytesOf } from './cases.ts';
import { defaultDialect, specialBytes } from './dialect.ts';
import { fieldText } from './field.ts';
import { parseHeader } from './header.ts';
import { ChunkParser } from './parser.ts';
import { unescapeInto } from './unescape.ts';

// Every case of `cases.ts` runs through the parser in `scanner.test.ts`. Here: what only its caller sees.

const newParser = (columns: number, capacity: number): ChunkParser =>
  new ChunkParser(new Kernel(), { dialect: defaultDialect, columns, capacity });

test('positions are indexes into the bytes, inside the quotes', () => {
  const bytes = bytesOf('a,"b""c","d"\r\n\r\ne');
  const parser = newParser(2, 4);
  const { batch } = parser;

  expect(parser.parse(parser.start(bytes, 0))).toBe(bytes.length);

  expect(batch.recordCount).toBe(2);
  expect([...batch.recordStart.subarray(0, 2)]).toEqual([0, 16]);
  expect([...batch.recordEnd.subarray(0, 2)]).toEqual([12, 17]);
  expect([...batch.recordLine.subarray(0, 2)]).toEqual([0, 2]);
  expect([...batch.fieldCount.subarray(0, 2)]).toEqual([3, 1]);
  expect([...batch.fieldStart.subarray(0, 3)]).toEqual([0, 3, 16]);
  expect([...batch.fieldEnd.subarray(0, 3)]).toEqual([1, 7, 17]);
  expect([...batch.escaped.subarray(0, 3)]).toEqual([0, 1, 0]);
  expect(fieldText(bytes, batch, 0, 1, defaultDialect)).toBe('b"c');
  expect(parser).toMatchObject({ records: 2, blankLines: 1, lines: 2, openQuoteAt: -1 });
});

test('a full batch is left and taken up again; totals go on', () => {
  const bytes = bytesOf('1,2\r\n\n3,4\n5,6');
  const parser = newParser(2, 1);
  const { batch } = parser;
  const seen: unknown[] = [];
  for (let at = parser.start(bytes, 0); at < bytes.length; ) {
    at = parser.parse(at);
    seen.push([
      at,
      batch.recordCount,
      batch.recordStart[0],
      batch.recordLine[0],
      parser.records,
      parser.blankLines,
      parser.lines,
    ]);
  }
  expect(seen).toEqual([
    [5, 1, 0, 0, 1, 0, 1],
    [10, 1, 6, 2, 2, 1, 3],
    [13, 1, 10, 3, 3, 1, 3],
  ]);
});

test('start counts the lines of the skipped header and forgets the chunk before', () => {
  const bytes = bytesOf('"a\r\n\rA",b\r\n1,2\n');
  const parser = newParser(2, 4);
  const { batch } = parser;
  for (let again = 0; again < 2; again++) {
    parser.parse(parser.start(bytes, 11));
    expect([parser.lines, parser.records, batch.recordLine[0]]).toEqual([4, 1, 3]);
  }
});

test('fields beyond the columns are counted and not kept', () => {
  const parser = newParser(1, 4);
  const { batch } = parser;
  parser.parse(parser.start(bytesOf('a,b,c'), 0));
  expect(batch.fieldCount[0]).toBe(3);
  expect([...batch.fieldEnd]).toEqual([1, 0, 0, 0]);
});

test('an open quote is told, and its record is not', () => {
  const bytes = bytesOf('1,2\n3,"4\n5,6\n');
  const parser = newParser(2, 4);
  const { batch } = parser;
  expect(parser.parse(parser.start(bytes, 0))).toBe(bytes.length);
  expect([parser.openQuoteAt, batch.recordCount]).toEqual([6, 1]);
});

test('unescapeInto writes where it is told and returns the end', () => {
  const target = bytesOf('..........');
  const source = bytesOf('x""y""z');
  expect(unescapeInto(source, 1, 6, defaultDialect, target, 2)).toBe(5);
  expect(Buffer.from(target).toString()).toBe('.."y".....');
  expect(unescapeInto(bytesOf('\\\\a\\"'), 0, 5, { ...defaultDialect, escape: 0x5c }, target, 0)).toBe(3);
  expect(Buffer.from(target).toString()).toBe('\\a"y".....');
});

describe('parseHeader', () => {
  const header = (text: string, escape: number | null = null) =>
    parseHeader(bytesOf(text), { ...defaultDialect, escape });

  test('names', () => {
    expect(header('\uFEFF\r\n\n"a ""1""",é\n,"b\r\nc",""\n')).toEqual({
      kind: 'header',
      names: ['a "1"', 'é'],
    });
    expect(header('"\uFEFF",__proto__,')).toEqual({ kind: 'header', names: ['\uFEFF', '__proto__', ''] });
    expect(header('"\\"a"\nx', 0x5c)).toEqual({ kind: 'header', names: ['"a'] });
    expect(header('""\n')).toEqual({ kind: 'header', names: [''] });
  });

  test('what can be wrong', () => {
    expect(header('')).toEqual({ kind: 'no_header' });
    expect(header('\uFEFF\r\n\n')).toEqual({ kind: 'no_header' });
    expect(header('a,""x,b\n')).toEqual({ kind: 'stray_quote', column: 1 });
    expect(header('"""a","",c"d"e,"b" \n')).toEqual({ kind: 'stray_quote', column: 3 });
    expect(header('a,"\u00ff"\n')).toEqual({ kind: 'bad_encoding', column: 1 });
    expect(header('\na,"b\n')).toEqual({ kind: 'unterminated_quote', byteOffset: 3 });
  });
});

test('a dialect whose bytes cannot be told apart is refused', () => {
  expect(() => specialBytes({ ...defaultDialect, delimiter: 0x22 })).toThrow('different bytes');
  expect(() => specialBytes({ ...defaultDialect, escape: 0x2c })).toThrow('different bytes');
  for (const byte of [0x0a, 0x0d, 0x80, -1, 1.5]) {
    expect(() => specialBytes({ ...defaultDialect, delimiter: byte })).toThrow(RangeError);
    expect(() => specialBytes({ ...defaultDialect, quote: byte })).toThrow(RangeError);
    expect(() => specialBytes({ ...defaultDialect, escape: byte })).toThrow(RangeError);
  }
});
