import { expect, test } from 'vitest';
import type { Dataset } from '../schema/dataset.ts';
import type { StoredRow } from '../store/store.ts';
import { keyOfId, rowId } from './row-id.ts';

const of = (key: readonly string[]): Dataset => ({
  ...{ name: 't', key, counts: [] },
  columns: ['v', 'a', 'b'].map((name) => ({ name, type: 'text' })),
});
const row = (a: string, b: string): StoredRow => ({ values: ['v', a, b], run: 7, line: 12, hash: 0n });

test.each(['x', 'a/b', 'a,b', '%2C', '100 %', '..', '\u{1f4a9}', ' '])(
  '%j is itself where it is the whole key',
  (key) => {
    expect(rowId(of(['a']), row(key, ''))).toBe(key);
    expect(keyOfId(of(['a']), key)).toEqual([key]);
  },
);

test.each([
  ['x', 'y', 'x,y'],
  ['a,b', '%', 'a%2Cb,%25'],
  ['', '/', ',%2F'],
])('%j and %j are %j', (a, b, id) => {
  expect(rowId(of(['a', 'b']), row(a, b))).toBe(id);
  expect(keyOfId(of(['a', 'b']), id)).toEqual([a, b]);
});

test('without a key it is run and line', () => {
  expect(rowId(of([]), row('x', 'y'))).toBe('7,12');
  expect(keyOfId(of([]), '7,12')).toEqual(['7', '12']);
});

test.each([
  [['a', 'b'], 'x'],
  [['a', 'b'], 'x,y,z'],
  [['a', 'b'], '%,y'],
  [['a', 'b'], '%ff,y'],
  [[], '7'],
  [[], '7,x'],
  [[], '-7,1'],
  [[], `7,${'9'.repeat(16)}`],
])('nothing with the key %j is called %j', (key, id) => {
  expect(keyOfId(of(key), id)).toBeNull();
});
