import { test } from 'vitest';
import { indexedSqliteEngine, sqliteEngine } from './helpers/engines.ts';
import { compareSearches } from './properties/search.ts';

test('searches find what the slow way finds, with indexes and without', () =>
  compareSearches([sqliteEngine, indexedSqliteEngine], { least: 20, seconds: 4 }));
