/** The sources that a database remembers: for databases that are named by their URL. */
import { databaseUrl } from '../config/database-url.ts';
import type { SourceRegister, StoredSource } from '../store/store.ts';
import { openReader } from './reading.ts';
import { openRegister } from './stores.ts';

export interface SourceSummary extends StoredSource {
  /** Files of which a version is published. */
  readonly files: number;
  /** When one was published last, in milliseconds since 1970. */
  readonly publishedMs: number | null;
}

/** Throws `database_missing` or `tables_missing`. */
export async function changeSources(
  url: string,
  change: (register: SourceRegister) => Promise<void>,
): Promise<void> {
  await using register = await openRegister(databaseUrl(url));
  await change(register);
}

/** What is remembered, and what was published of it. */
export async function sourceSummaries(url: string): Promise<SourceSummary[]> {
  await using reader = await openReader(url);
  return await reader.consistently(async () => {
    const summaries: SourceSummary[] = [];
    for (const source of await reader.sources()) {
      const dataset = await reader.dataset(source.table);
      const files = dataset === null ? [] : await reader.publishedFiles(dataset, source.name);
      const [last] = files.toSorted((a, b) => b.publishNumber - a.publishNumber);
      const run = last === undefined ? null : await reader.run(last.run);
      summaries.push({ ...source, files: files.length, publishedMs: run?.endedMs ?? null });
    }
    return summaries;
  });
}
