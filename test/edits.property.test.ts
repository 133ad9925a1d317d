import { test } from 'vitest';
import { sqliteEngine } from './helpers/engines.ts';
import { compareEdits } from './properties/edits.ts';

test.each([
  ['in place', false],
  ['through successor tables', true],
])('files, edits and edits taken back, in any order, published %s', (_, bySuccessors) =>
  compareEdits([sqliteEngine], { least: 100, seconds: 6 }, { bySuccessors, inTheMiddle: true }),
);
