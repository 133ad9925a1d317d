import type { ImportProgress } from '../../run/import-file.ts';
import type { ImportProgressAnswer } from '../wire/sources.ts';

/** How far an import is. What a master imports it has read before: of that a file tells by itself. */
export function progressAnswer(progress: ImportProgress | null): ImportProgressAnswer | null {
  return progress === null || progress.phase === 'reading' ? null : progress;
}
