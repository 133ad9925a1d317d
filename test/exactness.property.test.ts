import { test } from 'vitest';
import { sqliteEngine } from './helpers/engines.ts';
import { compareImports } from './properties/exactness.ts';

test('the table is the replay of its imports, then the edits', () =>
  compareImports([sqliteEngine], { least: 100, seconds: 10 }));
