import type { WorkerStatus } from '../chunk-jobs.ts';
import { Connection } from './connection.ts';
import { requireOurs } from './schema.ts';
import type { PostgresTarget } from './target.ts';

/** A worker tells that it is there every 3 s. */
const lostSeconds = 15;

/** All workers that are or were there of late, the newest first. Throws `tables_missing`. */
export async function readWorkers(target: PostgresTarget): Promise<WorkerStatus[]> {
  await using connection = await Connection.open({ target, readOnly: true });
  return await connection.translating(async () => {
    const { session } = connection;
    await requireOurs(connection);
    const there = await session.one("SELECT 1 FROM pg_class WHERE oid = to_regclass('_longhaul_workers')");
    if (there === undefined) return [];
    const rows = await session.rows(
      `SELECT worker, host, process, threads, in_hand, chunks, rows, bytes,
         CASE WHEN state <> 'ended' AND seen < clock_timestamp() - interval '${lostSeconds} seconds' THEN 'lost' ELSE state END AS state,
         (extract(epoch FROM started) * 1000)::bigint AS started_ms, (extract(epoch FROM seen) * 1000)::bigint AS seen_ms
       FROM _longhaul_workers ORDER BY started DESC, worker`,
    );
    return rows.map((row) => ({
      worker: row['worker'] as string,
      host: row['host'] as string,
      process: Number(row['process']),
      threads: Number(row['threads']),
      state: row['state'] as WorkerStatus['state'],
      startedMs: Number(row['started_ms']),
      seenMs: Number(row['seen_ms']),
      inHand: (JSON.parse(row['in_hand'] as string) as [number, number][]).map(([run, chunk]) => ({
        run,
        chunk,
      })),
      chunks: Number(row['chunks']),
      rows: Number(row['rows']),
      bytes: Number(row['bytes']),
    }));
  });
}
