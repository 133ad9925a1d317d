import { expect, test } from 'vitest';
import { hasAlready, ifMatchHolds, ifRangeHolds } from './conditions.ts';

/** Header, and what it means to If-Match, If-None-Match and If-Range when the version is v1. */
test.for([
  [undefined, true, false, true],
  ['"v1"', true, true, true],
  [' "v1" ', true, true, true],
  ['"v2"', false, false, false],
  ['"v2", "v1"', true, true, false],
  ['"v2","v1"', true, true, false],
  ['*', true, true, false],
  ['W/"v1"', false, true, false],
  ['v1', false, false, false],
  ['"v1', false, false, false],
  ['"xv1"', false, false, false],
  ['"a, "v1"', false, false, false],
  ['', false, false, false],
  ['Sun, 22 Nov 2026 10:00:00 GMT', false, false, false],
] as const)('%s', ([header, matches, already, range]) => {
  expect([ifMatchHolds(header, 'v1'), hasAlready(header, 'v1'), ifRangeHolds(header, 'v1')]).toEqual([
    matches,
    already,
    range,
  ]);
});
