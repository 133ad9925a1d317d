import { expect, test } from 'vitest';
import type { RunRecord } from '../store/store.ts';
import { receiptOf, receiptOfNothing } from './receipt.ts';

const record: RunRecord = {
  ...{
    run: 7,
    dataset: 'products',
    source: 'local',
    name: 'a.csv',
    state: 'done',
    publishNumber: 3,
    partitions: null,
    version: 'v',
  },
  ...{
    bytes: 10,
    contentBytes: 20,
    chunks: 2,
    chunksTakenOver: 1,
    peakRssBytes: 5,
    startedMs: 1000,
    endedMs: 3000,
  },
  ...{
    records: 21,
    blankLines: 9,
    inserted: 1,
    updated: 2,
    unchanged: 3,
    superseded: 4,
    kept: 5,
    rejected: 6,
    removed: 0,
  },
  ...{
    rejectedBy: { empty_key: 6 },
    ignoredColumns: ['x'],
    table: { rows: 8, groups: 2, checksum: -1n },
    failure: null,
  },
};

test('a receipt tells the run in the words of the interface', () => {
  const { state, name, table, startedMs, endedMs, contentBytes, failure, ...same } = record;
  expect(receiptOf(record)).toEqual({
    ...same,
    ...{
      status: state,
      file: name,
      rows: table?.rows,
      groups: 2,
      checksum: 'ffffffffffffffff',
      error: failure,
    },
    ...{ seconds: 2, recordsPerSecond: 11, reconciled: true },
  });
  expect([startedMs, endedMs, contentBytes]).toEqual([1000, 3000, 20]);
});

test.each(['inserted', 'updated', 'unchanged', 'superseded', 'kept', 'rejected'] as const)(
  'one %s too many does not reconcile',
  (number) => {
    expect(receiptOf({ ...record, [number]: record[number] + 1 }).reconciled).toBe(false);
  },
);

test('of a run that is not published there is no table', () => {
  const failure = { code: 'reject_limit', message: 'too many' };
  const receipt = receiptOf({
    ...record,
    state: 'failed',
    table: null,
    publishNumber: null,
    endedMs: null,
    failure,
  });
  expect(receipt).toMatchObject({
    status: 'failed',
    rows: null,
    checksum: null,
    seconds: 0,
    recordsPerSecond: 21,
    error: failure,
  });
});

test('of no work it names the run that has published the version', () => {
  const published = { run: 4, publishNumber: 2, version: 'v', bytes: 12, fingerprint: null, settings: '' };
  const receipt = receiptOfNothing('products', { source: 'local', name: 'a.csv' }, published, {
    rows: 1,
    groups: 1,
    checksum: 255n,
  });
  expect(receipt).toMatchObject({
    status: 'already_published',
    run: 4,
    publishNumber: 2,
    records: 0,
    rows: 1,
    checksum: '00000000000000ff',
    reconciled: true,
  });
});
