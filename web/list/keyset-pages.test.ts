import { expect, test } from 'vitest';
import { extended } from './keyset-pages.ts';

const page = (next: string | null, rows = 2) => ({ items: new Array<number>(rows).fill(0), next });
const beginning = { starts: [undefined], lastRows: null };

test('each page says where the next begins, the last one how long the list is', () => {
  const two = extended(beginning, 0, [page('b')]);
  expect(two).toEqual({ starts: [undefined, 'b'], lastRows: null });
  const three = extended(two, 0, [page('b'), page('c')]);
  expect(three).toEqual({ starts: [undefined, 'b', 'c'], lastRows: null });
  expect(extended(three, 2, [page(null, 1)])).toEqual({ starts: [undefined, 'b', 'c'], lastRows: 1 });
});

test('what says nothing new changes nothing', () => {
  const whole = { starts: [undefined, 'b'], lastRows: 1 };
  expect(extended(whole, 0, [page('b'), page(null, 1)])).toBe(whole);
  expect(extended(whole, 1, [undefined])).toBe(whole);
});

test('a page that ends elsewhere than before moves all behind it', () => {
  const known = { starts: [undefined, 'b', 'c', 'd'], lastRows: 2 };
  expect(extended(known, 1, [page('c2')])).toEqual({ starts: [undefined, 'b', 'c2'], lastRows: null });
  expect(extended(known, 1, [page(null, 0)])).toEqual({ starts: [undefined, 'b'], lastRows: 0 });
});
