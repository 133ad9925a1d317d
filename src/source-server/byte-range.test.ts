import { expect, test } from 'vitest';
import { byteRange } from './byte-range.ts';

test.for([
  [undefined, 10, 'whole'],
  ['bytes=0-0', 10, [0, 1]],
  ['bytes=0-9', 10, [0, 10]],
  ['bytes=0-', 10, [0, 10]],
  ['bytes=3-', 10, [3, 10]],
  ['BYTES= 3-4 ', 10, [3, 5]],
  ['bytes=3-99', 10, [3, 10]],
  ['bytes=3-99999999999999999999999', 10, [3, 10]],
  ['bytes=-3', 10, [7, 10]],
  ['bytes=-99', 10, [0, 10]],
  ['bytes=-0', 10, 'outside'],
  ['bytes=10-', 10, 'outside'],
  ['bytes=10-20', 10, 'outside'],
  ['bytes=99999999999999999999999-', 10, 'outside'],
  ['bytes=0-', 0, 'outside'],
  ['bytes=-1', 0, 'outside'],
  ['bytes=4-3', 10, 'whole'],
  ['bytes=-', 10, 'whole'],
  ['bytes=', 10, 'whole'],
  ['bytes=a-b', 10, 'whole'],
  ['bytes=1-2-3', 10, 'whole'],
  ['bytes=1.5-2', 10, 'whole'],
  ['bytes=0-1,3-4', 10, 'whole'],
  ['lines=1-2', 10, 'whole'],
  ['', 10, 'whole'],
] as const)('%s of %i bytes: %j', ([header, size, expected]) => {
  const range = byteRange(header, size);
  expect(typeof range === 'object' ? [range.from, range.to] : range).toEqual(expected);
});
