import { expect, test } from 'vitest';
import { bytesText, counted, durationText, numberText, partitionsText, relativeTime } from './format.ts';

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [1023, '1,023 bytes'],
  [1024, '1.0 KiB'],
  [72_425_517, '69.1 MiB'],
  [512 * 2 ** 30, '512 GiB'],
  [3 * 2 ** 60, '3,072 PiB'],
])('%d bytes: %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test.each([
  [0, '0 s'],
  [0.0456, '46 ms'],
  [1.25, '1.3 s'],
  [59.94, '59.9 s'],
  [61, '1 min 1 s'],
  [7261, '2 h 1 min'],
])('%d seconds: %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

test.each([
  [0, 'now'],
  [3000, '3 s ago'],
  [119_000, '1 min ago'],
  [7_200_000, '2 h ago'],
  [86_400_000, '1 day ago'],
  [-1500, 'now'],
  [-5000, 'in 5 s'],
])('%d ms before now: %s', (ms, text) => {
  expect(relativeTime(1e12 - ms, 1e12)).toBe(text);
});

test('numbers have separators, and their noun its number', () => {
  expect([numberText(5_000_000), counted(1, 'row'), counted(1234, 'row')]).toEqual([
    '5,000,000',
    '1 row',
    '1,234 rows',
  ]);
});

test('partitions', () => {
  expect(partitionsText({ published: 3, of: 16 })).toBe('3 of 16 partitions');
});
