import { test } from 'vitest';
import { sqliteEngine } from './helpers/engines.ts';
import { compareTables } from './properties/any-table.ts';

test('files and edits of any table end in what the reference makes of them', () =>
  compareTables([sqliteEngine], { least: 100, seconds: 8 }));
