import { test } from 'vitest';
import { indexedSqliteEngine, sqliteEngine } from './helpers/engines.ts';
import { compareEdits } from './properties/edits.ts';

test.each([
  ['in place', sqliteEngine, false],
  ['through successor tables', sqliteEngine, true],
  ['in place, with search indexes', indexedSqliteEngine, false],
  ['through successor tables, with search indexes', indexedSqliteEngine, true],
])('files, edits and edits taken back, in any order, published %s', (_, engine, bySuccessors) =>
  compareEdits([engine], { least: 100, seconds: 5 }, { bySuccessors, inTheMiddle: true }),
);
