import { test } from 'vitest';
import { indexedSqliteEngine, sqliteEngine } from './helpers/engines.ts';
import { compareTables } from './properties/any-table.ts';

test.each([sqliteEngine, indexedSqliteEngine])(
  'files and edits of any table end in what the reference makes of them: $name',
  (engine) => compareTables([engine], { least: 60, seconds: 5 }),
);
