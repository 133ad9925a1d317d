/** The sources that a database remembers: for databases that are named by their URL. */
import { databaseName, databaseUrl } from '../config/database-url.ts';
import type { NamedSource } from '../config/source-names.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { SourceRegister, StoredSource, StoreReader } from '../store/store.ts';
import { openReader } from './reading.ts';
import { openRegister } from './stores.ts';

export interface SourceSummary extends Omit<StoredSource, 'url' | 'table' | 'addedMs'> {
  /** `null`: it is known by name only, to have been paused. */
  readonly url: string | null;
  readonly table: string;
  /** Where it is said what it is: `elsewhere` is the command line of a master, or a config that is not known here. */
  readonly saidIn: 'config' | 'database' | 'elsewhere';
  /** `null`: it is not the database that remembers it. */
  readonly addedMs: number | null;
  /** Files of which a version is published. */
  readonly files: number;
  /** When one was published last, in milliseconds since 1970. */
  readonly publishedMs: number | null;
}

/** What is known of a source of some name. */
interface Known {
  readonly stored: StoredSource | null;
  readonly hasFiles: boolean;
}

/** Throws `database_missing` or `tables_missing`, and `source_there`. */
export async function addSource(
  url: string,
  source: Omit<StoredSource, 'paused' | 'addedMs'>,
): Promise<void> {
  await using register = await openRegister(databaseUrl(url));
  await register.addSource(source);
}

/**
 * Pauses or resumes a source, wherever it is said what it is: of one that is not said in the database, the pause is remembered by
 * its name. Throws `source_unknown`, and as `addSource`.
 *
 * @param said those of the config
 */
export async function pauseSource(
  url: string,
  name: string,
  paused: boolean,
  said: readonly NamedSource[],
): Promise<void> {
  await using register = await openRegister(databaseUrl(url));
  const { stored, hasFiles } = await knownOf(url, name);
  const configured = said.find((source) => source.name === name);
  if (!paused && configured?.paused === true) {
    const message = `"${name}" is paused by longhaul.yaml: it is resumed there`;
    throw LonghaulError.of('bad_usage', { message, command: 'sources ' });
  }
  if (stored === null && (configured !== undefined || hasFiles)) {
    if (paused) await pauseByName(register, name);
    return;
  }
  await register.pauseSource(name, paused);
}

/** Throws `source_unknown`, and as `addSource`. */
export async function removeSource(url: string, name: string): Promise<void> {
  await using register = await openRegister(databaseUrl(url));
  const { stored } = await knownOf(url, name);
  // It would come back, and be sensed again.
  if (stored?.url === '')
    throw LonghaulError.of('source_unknown', { database: databaseName(url), source: name });
  await register.removeSource(name);
}

async function pauseByName(register: SourceRegister, name: string): Promise<void> {
  await register.addSource({ name, url: '', kind: null, table: '', tokenFile: null, guarded: false });
  await register.pauseSource(name, true);
}

async function knownOf(url: string, name: string): Promise<Known> {
  await using reader = await openReader(url);
  const stored = (await reader.sources()).find((source) => source.name === name) ?? null;
  for (const table of await reader.datasets()) {
    if ((await publishedOf(reader, table, name)).length > 0) return { stored, hasFiles: true };
  }
  return { stored, hasFiles: false };
}

async function publishedOf(reader: StoreReader, table: string, source: string) {
  const dataset = await reader.dataset(table);
  return dataset === null ? [] : await reader.publishedFiles(dataset, source);
}

/**
 * What is said in the config and what is remembered, in the order of their names, and what was published of each.
 *
 * @param usualTable of those that name none
 */
export async function sourceSummaries(
  url: string,
  said: readonly NamedSource[],
  usualTable: string,
): Promise<SourceSummary[]> {
  await using reader = await openReader(url);
  return await reader.consistently(async () => {
    const stored = new Map((await reader.sources()).map((source) => [source.name, source]));
    const configured = said.map(({ name, url: where, kind, table, tokenFile, paused }) => ({
      ...{ name, url: where, kind, tokenFile, guarded: false, saidIn: 'config' as const, addedMs: null },
      ...{ table: table ?? usualTable, paused: paused || stored.get(name)?.paused === true },
    }));
    for (const { name } of said) stored.delete(name);
    const others = Array.from(stored.values(), (source) =>
      source.url === ''
        ? { ...source, url: null, table: usualTable, addedMs: null, saidIn: 'elsewhere' as const }
        : { ...source, saidIn: 'database' as const },
    );
    const summaries: SourceSummary[] = [];
    for (const source of [...configured, ...others].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const files = await publishedOf(reader, source.table, source.name);
      const [last] = files.toSorted((a, b) => b.publishNumber - a.publishNumber);
      const run = last === undefined ? null : await reader.run(last.run);
      summaries.push({ ...source, files: files.length, publishedMs: run?.endedMs ?? null });
    }
    return summaries;
  });
}
