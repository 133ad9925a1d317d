import { test } from 'vitest';
import { sqliteEngine } from './helpers/engines.ts';
import { compareEdits } from './properties/edits.ts';

test('files, edits and edits taken back, in any order', () => compareEdits([sqliteEngine], 6));
