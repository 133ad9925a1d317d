/** The workers of a database that is named by its URL. */
import { databaseUrl } from '../config/database-url.ts';
import type { WorkerStatus } from '../store/chunk-jobs.ts';
import { sharedDatabase } from './shared-database.ts';
import { postgresTarget } from '../store/postgres/target.ts';

/** All that are there or were there of late, the newest first. Throws `workers_need_server`, `tables_missing`. */
export async function workerSummaries(url: string): Promise<WorkerStatus[]> {
  const shared = sharedDatabase(databaseUrl(url), null);
  const { readWorkers } = await import('../store/postgres/read-workers.ts');
  return readWorkers(postgresTarget(shared.url));
}
