import { expect, test } from 'vitest';
import type { LonghaulError } from '../runtime/errors.ts';
import type { RejectCounts } from '../schema/rejects.ts';
import { checkRejects } from './check-rejects.ts';

function refused(counts: RejectCounts, run = 7): { readonly message: string; readonly hint: string } | null {
  try {
    checkRejects({ kind: 'number', number: 2 }, counts, { file: 'a.csv', run, records: 10 });
    return null;
  } catch (error) {
    return error as LonghaulError;
  }
}

test('as many as the limit says are no reason to fail', () => {
  expect(refused({})).toBeNull();
  expect(refused({ bad_value: 1, empty_key: 1 })).toBeNull();
});

test.each<[RejectCounts, string]>([
  [{ bad_encoding: 3 }, '--encoding windows-1252 reads many files that are not UTF-8; '],
  [{ bad_value: 1, stray_quote: 2 }, '--quote none reads quotes as data; '],
  [{ too_few_fields: 3 }, 'see whether --delimiter and --quote are those of the file; '],
  [{ stray_quote: 1, empty_key: 2 }, ''],
])('more are, and what they share may be mended by an option: %o', (counts, advice) => {
  expect(refused(counts)?.hint).toBe(
    `${advice}"longhaul show rejects 7" lists them; --max-rejects raises the limit`,
  );
});

test('the most frequent reasons are told, the first one first', () => {
  const counts = { nul_byte: 1, bad_value: 4, empty_key: 2, stray_quote: 3 };
  expect(refused(counts)?.message).toContain(
    '10 of 10 records were rejected, more than the limit of 2; nothing was published. Most often: bad_value (4), stray_quote (3), empty_key (2)',
  );
  expect(refused({ bad_value: 3 }, 0)?.hint).toBe('--max-rejects raises the limit');
});
