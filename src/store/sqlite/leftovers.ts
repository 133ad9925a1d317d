import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from './connection.ts';
import { removeIndexing } from './indexing.ts';
import { removeSorted, sortedPath } from './sorted-entries.ts';
import { removeSuccessors } from './successor.ts';

/** Removes what killed processes have left of publishes and of search indexes. For who has the right to import. */
export function removeUnfinished(db: DatabaseSync, path: string, waitSeconds: number | undefined): void {
  const briefly = (work: () => void): void => inTransaction(db, work, waitSeconds);
  removeSuccessors(db, briefly);
  removeIndexing(db, briefly);
  removeSorted(sortedPath(path));
}
