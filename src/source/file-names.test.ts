import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLeftOut, nameText } from './file-names.ts';

test.for([
  ...['.hidden', '.a.csv.swp', '.#a.csv', 'a.csv~', '#a.csv#', '~$a.xlsx', 'a.csv.swp', 'a.csv.swx', '4913'],
  ...['a.csv.tmp', 'A.TMP', 'a.part', 'a.csv.crdownload', 'a.filepart', '.'],
])('%s is left out', (name) => {
  expect(isLeftOut(name)).toBe(true);
});

test.for([
  'a.csv',
  'a~b.csv',
  '~a.csv',
  '#a.csv',
  'a#',
  'tmp',
  'tmp.csv',
  'part',
  '4913.csv',
  ' .csv',
  'a.swpx',
])('%s is hosted', (name) => {
  expect(isLeftOut(name)).toBe(false);
});

test('bytes that are no UTF-8 are told apart from all that are', () => {
  expect(nameText(Buffer.from('caf\xe9.csv', 'latin1'))).toBe('caf//E9.csv');
  expect(nameText(Buffer.from('café.csv'))).toBe('café.csv');
  const part = fc
    .uint8Array({ minLength: 1, maxLength: 6 })
    .map((bytes) => bytes.map((byte) => (byte === 0x2f || byte === 0 ? 0xe9 : byte)));
  fc.assert(
    fc.property(part, part, (one, other) => {
      const [text, otherText] = [nameText(one), nameText(other)];
      expect(text === otherText).toBe(Buffer.compare(one, other) === 0);
      expect(JSON.parse(JSON.stringify(text))).toBe(text);
      expect(decodeURIComponent(encodeURIComponent(text))).toBe(text);
    }),
    { numRuns: 2000 },
  );
});
