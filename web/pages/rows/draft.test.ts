import { expect, test } from 'vitest';
import type { DatasetAnswer } from '../../../src/api/wire/datasets.ts';
import type { Row } from '../../../src/api/wire/rows.ts';
import { changedMeanwhile, changesOf, rebased } from './draft.ts';

const dataset: DatasetAnswer = {
  name: 'orders',
  columns: [
    { name: 'id', type: 'text' },
    { name: 'amount', type: 'integer' },
    { name: 'note', type: 'text' },
  ],
  ...{ key: ['id'], countBy: [], searchBy: ['id'], rows: 1, groups: 0, checksum: '0' },
};
const base: Row = { id: 'a', values: { id: 'a', amount: 5, note: 'x' }, run: 1, line: 2, hash: '1' };

test('only what differs is a change; an empty field is NULL where the column is no text', () => {
  expect(changesOf(dataset, { base, texts: {} })).toEqual([]);
  expect(changesOf(dataset, { base, texts: { amount: '5', note: 'x' } })).toEqual([]);
  expect(changesOf(dataset, { base, texts: { amount: '', note: '' } })).toEqual([
    { column: 'amount', from: 5, to: null },
    { column: 'note', from: 'x', to: '' },
  ]);
  expect(changesOf(dataset, { base, texts: { id: 'b' } })).toEqual([]);
});

test('what others have changed is taken over, unless the person wants to keep the own text', () => {
  const now: Row = { ...base, values: { ...base.values, note: 'theirs' }, hash: '2' };
  const draft = { base, texts: { note: 'mine', amount: '6' } };
  const theirs = changedMeanwhile(dataset, draft, now);
  expect(theirs).toEqual(['note']);
  expect(rebased(draft, now, theirs, new Set())).toEqual({ base: now, texts: { amount: '6' } });
  expect(rebased(draft, now, theirs, new Set(['note']))).toEqual({
    base: now,
    texts: { amount: '6', note: 'mine' },
  });
});
