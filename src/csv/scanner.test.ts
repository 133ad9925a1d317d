import { describe, expect, test } from 'vitest';
import { cutCsv, readCsv } from '../reference/csv.ts';
import { bytesOf, cases, dialectOf } from './cases.ts';
import { defaultDialect } from './dialect.ts';
import { RecordScanner } from './scanner.ts';
import { asSeen, everyPath, type Path, runFast } from './testing.ts';

const noLimit = 1 << 20;

describe('scanner and parser agree with the reference on every path', () => {
  test.each(cases)('$name', (given) => {
    const bytes = bytesOf(given.input);
    const dialect = dialectOf(given);
    const maxRecordBytes = given.maxRecordBytes ?? noLimit;
    const csv = readCsv(bytes, dialect, maxRecordBytes);
    for (const { name, path } of everyPath(bytes.length, dialect, maxRecordBytes)) {
      const seen = runFast(bytes, path);
      if (csv.headerTooLarge) expect(seen).toMatchObject({ headerTooLarge: true, cuts: [] });
      else expect(seen, name).toEqual(asSeen(csv, cutCsv(bytes, csv, path.chunkBytes)));
    }
  });
});

describe('what the caller has to hold', () => {
  test('an oversized record is known as soon as it is too long, long before it ends', () => {
    const scanner = new RecordScanner({ dialect: defaultDialect, chunkBytes: 100, maxRecordBytes: 10 });
    const at = scanner.scan(bytesOf('a,b\n1,2\n'), 0);
    expect([at, scanner.outcome, scanner.headerBytes, scanner.columns]).toEqual([4, 'header_end', 4, 2]);
    scanner.scan(bytesOf('a,b\n1,2\n'), at);
    expect(scanner.outcome).toBe('need_block');

    const block = bytesOf('"234567890');
    scanner.scan(block, 0);
    expect([scanner.outcome, scanner.chunkKind, scanner.chunkOffset]).toEqual(['need_block', 'records', 0]);
    expect(scanner.scan(bytesOf('1'), 0)).toBe(1);
    expect([scanner.outcome, scanner.chunkKind, scanner.chunkOffset]).toEqual(['chunk_end', 'oversized', 8]);
    expect(scanner.cut).toEqual({
      index: 0,
      kind: 'records',
      offset: 0,
      length: 8,
      skip: 4,
      line: 1,
      records: 1,
      blankLines: 0,
    });

    for (let blocks = 0; blocks < 1000; blocks++) scanner.scan(bytesOf('\r\n'), 0);
    expect([scanner.outcome, scanner.chunkOffset, scanner.records]).toEqual(['need_block', 8, 1]);
    expect(scanner.scan(bytesOf('",2\n3,4\n'), 0)).toBe(4);
    expect([scanner.outcome, scanner.chunkKind]).toEqual(['chunk_end', 'records']);
    const cut = {
      index: 1,
      kind: 'oversized',
      offset: 8,
      length: 2015,
      skip: 0,
      line: 3,
      records: 1,
      blankLines: 0,
    };
    expect(scanner.cut).toEqual(cut);
  });

  test('a header that is too large is refused before it ends', () => {
    const scanner = new RecordScanner({ dialect: defaultDialect, chunkBytes: 100, maxRecordBytes: 10 });
    scanner.scan(bytesOf('"234567890'), 0);
    expect(scanner.outcome).toBe('need_block');
    scanner.scan(bytesOf('1'), 0);
    expect(scanner.outcome).toBe('header_too_large');
    expect(scanner.scan(bytesOf('"\n'), 0)).toBe(0);
    expect(scanner.outcome).toBe('header_too_large');
    scanner.finish();
    expect(scanner.outcome).toBe('header_too_large');
  });
});

test('limits without sense are refused', () => {
  const options = { dialect: defaultDialect, chunkBytes: 1, maxRecordBytes: 3 };
  expect(() => new RecordScanner({ ...options, chunkBytes: 0 })).toThrow('chunkBytes');
  expect(() => new RecordScanner({ ...options, maxRecordBytes: Number.NaN })).toThrow('maxRecordBytes');
});

test('the end is told once and stays', () => {
  const scanner = new RecordScanner({ dialect: defaultDialect, chunkBytes: 100, maxRecordBytes: 10 });
  scanner.finish();
  expect(scanner.outcome).toBe('end');
  scanner.finish();
  expect(scanner.outcome).toBe('end');
  expect(() => scanner.cut).toThrow('no chunk');
});

test('more marks than fit in one window, and records over many', () => {
  // Quotes, delimiters and line ends: more than three windows of 64 KiB in which each byte is a mark.
  const pieces = [
    'a,b\n',
    '"'.repeat(80_000),
    ',x\n',
    ',\n'.repeat(40_000),
    '"',
    '\n'.repeat(70_000),
    '",1\n',
  ];
  const bytes = bytesOf(pieces.join(''));
  const csv = readCsv(bytes, defaultDialect);
  expect(csv.records.length).toBe(40_002);
  for (const chunkBytes of [50_000, noLimit]) {
    const path: Path = {
      dialect: defaultDialect,
      chunkBytes,
      maxRecordBytes: noLimit,
      blockEnds: [],
      capacity: 4096,
    };
    expect(runFast(bytes, path)).toEqual(asSeen(csv, cutCsv(bytes, csv, chunkBytes)));
  }
});
