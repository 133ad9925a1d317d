import { expect, test } from 'vitest';
import { type Chain, extended, knownRows, newChain, pageOf } from './page-chain.ts';

const page = (next: string | null, rows = 2) => ({ items: new Array<number>(rows).fill(0), next });

test('each page says where the next begins, the last one how long the list is', () => {
  const two = extended(newChain, 0, [page('b')]);
  expect(two).toEqual({ starts: [undefined, 'b'], offsets: [0, 2], lastRows: null });
  expect(knownRows(two)).toBe(2);
  const three = extended(two, 0, [page('b'), page('c')]);
  expect(three).toEqual({ starts: [undefined, 'b', 'c'], offsets: [0, 2, 4], lastRows: null });
  const whole = extended(three, 2, [page(null, 1)]);
  expect(whole).toEqual({ starts: [undefined, 'b', 'c'], offsets: [0, 2, 4], lastRows: 1 });
  expect(knownRows(whole)).toBe(5);
});

test('what says nothing new changes nothing', () => {
  const whole: Chain = { starts: [undefined, 'b'], offsets: [0, 2], lastRows: 1 };
  expect(extended(whole, 0, [page('b'), page(null, 1)])).toBe(whole);
  expect(extended(whole, 1, [undefined])).toBe(whole);
});

test('a page that ends elsewhere than before moves all behind it', () => {
  const known: Chain = { starts: [undefined, 'b', 'c', 'd'], offsets: [0, 2, 4, 6], lastRows: 2 };
  expect(extended(known, 1, [page('c2')])).toEqual({
    ...{ starts: [undefined, 'b', 'c2'], offsets: [0, 2, 4], lastRows: null },
  });
  expect(extended(known, 1, [page('c', 1)])).toEqual({
    ...{ starts: [undefined, 'b', 'c'], offsets: [0, 2, 3], lastRows: null },
  });
  expect(extended(known, 1, [page(null, 0)])).toEqual({
    ...{ starts: [undefined, 'b'], offsets: [0, 2], lastRows: 0 },
  });
});

test('pages of different sizes: each row is on the page that holds it', () => {
  const chain = extended(newChain, 0, [page('b', 3)]);
  const longer = extended(chain, 1, [page('c', 1)]);
  expect([0, 2, 3, 4, 5, 1000].map((row) => pageOf(longer, row))).toEqual([0, 0, 1, 2, 2, 2]);
});
