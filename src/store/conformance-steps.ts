/** What the conformance tests have in common. */
import { expect } from 'vitest';
import { LonghaulError } from '../runtime/errors.ts';
import { type Dataset, products } from '../schema/dataset.ts';
import { planOf, type TestFile } from './conformance-files.ts';
import type { SearchingReader } from './search.ts';
import type {
  PublishControl,
  RowEditor,
  RunPlan,
  RunRecord,
  SourceRegister,
  Store,
  StoredRow,
  StoreReader,
  TableTotals,
} from './store.ts';

/** One empty database, with what a test needs to know of it beyond the interface. */
export interface StoreUnderTest extends AsyncDisposable {
  /** Whether a chunk survives its process once `stageChunk` has returned. */
  readonly isDurable: boolean;
  /** Whether two tables cannot have names that differ only in case. */
  readonly foldsNames: boolean;
  /** Whether search indexes are made after each publish. */
  readonly isIndexed: boolean;
  /** Opens the database for writing, as another process each time. */
  open(): Promise<Store>;
  /** Throws one of `notThere` as long as a database that is to be made is not there. */
  reader(): Promise<SearchingReader>;
  /** Opens the database to change single rows, as another process each time. */
  editor(): Promise<RowEditor>;
  /** Opens the database to change the sources that it remembers, as another process each time. */
  register(): Promise<SourceRegister>;
  /** Counts the rows that are inserted, updated or deleted in a table from now on. */
  watchWrites(table: string): Promise<() => Promise<number>>;
  /** Makes a table as another program would. */
  createForeignTable(name: string): Promise<void>;
}

export type StoreFactory = () => Promise<StoreUnderTest>;

/** A store that may import, with the dataset's tables. */
export async function openImporter(database: StoreUnderTest, dataset: Dataset = products): Promise<Store> {
  const store = await database.open();
  try {
    await store.lockImports();
    await store.ensureDataset(dataset);
    return store;
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

export const neverStopped: PublishControl = {
  signal: new AbortController().signal,
  progress: () => undefined,
};

/** A control that stops the publish once so many rows were merged. */
export function stopAfter(rows: number): PublishControl {
  const abort = new AbortController();
  const progress = (merged: number): void => {
    if (merged >= rows) abort.abort();
  };
  return { signal: abort.signal, progress };
}

/** Opens a run and stages what it lacks of the file, in the order given by chunk numbers. @returns the run */
export async function stageFile(
  store: Store,
  file: TestFile,
  plan: RunPlan = planOf(),
  order: readonly number[] = file.chunks.keys().toArray(),
): Promise<number> {
  const { run, staged } = await store.openRun(plan);
  for (const index of order) {
    if (staged.some((chunk) => chunk.index === index)) continue;
    await store.stageChunk(run, copyOf(file.chunks[index]!));
  }
  return run;
}

/** Stores may move a chunk's buffer to another thread. */
export function copyOf(chunk: TestFile['chunks'][number]): TestFile['chunks'][number] {
  return { ...chunk, packed: { ...chunk.packed, words: chunk.packed.words.slice() } };
}

/** One whole import. */
export async function importTestFile(
  store: Store,
  file: TestFile,
  plan: RunPlan = planOf(),
): Promise<RunRecord> {
  const run = await stageFile(store, file, plan);
  return await store.publish(run, file.totals, neverStopped);
}

/** All that readers can see of a dataset's rows. */
export interface SeenTable {
  /** `value|value|… #run:line`, in key order. */
  readonly rows: readonly string[];
  /** For each count table `value=number`, the most frequent first. */
  readonly counts: readonly (readonly string[])[];
  readonly totals: TableTotals;
}

/** Reads all, and checks what must hold at every commit: counts, number of rows and checksum agree with the rows. */
export async function seeTable(reader: StoreReader, dataset: Dataset = products): Promise<SeenTable> {
  return await reader.consistently(async () => {
    const rows: StoredRow[] = [];
    for await (const batch of reader.scan(dataset)) rows.push(...batch);
    const totals = await reader.totals(dataset);
    expect(await reader.countDifferences(dataset, 10)).toEqual([]);
    const counts = await Promise.all(
      dataset.counts.map(async ({ column }) => {
        const all = await reader.topCounts(dataset, column, 1e9);
        const at = dataset.columns.findIndex(({ name }) => name === column);
        const counted = rows.filter((row) => row.values[at] !== null);
        const groups = Map.groupBy(counted, (row) => row.values[at]);
        expect(new Map(all.map(({ value, number }) => [value, number]))).toEqual(
          new Map([...groups].map(([value, group]) => [value, group.length])),
        );
        return all.map(({ value, number }) => `${value}=${number}`);
      }),
    );
    expect(totals).toEqual({
      rows: rows.length,
      groups: counts[0]?.length ?? 0,
      checksum: BigInt.asIntN(
        64,
        rows.reduce((sum, row) => sum + row.hash, 0n),
      ),
    });
    return {
      rows: rows.map(({ values, run, line }) => `${values.join('|')} #${run}:${line}`),
      counts,
      totals,
    };
  });
}

const notThere: ReadonlySet<string> = new Set([
  'database_missing',
  'database_not_published',
  'tables_missing',
]);

/** As `seeTable`, with a reader of its own; where there is no database yet, there are no rows. */
export async function seeNow(database: StoreUnderTest, dataset: Dataset = products): Promise<SeenTable> {
  let reader: StoreReader;
  try {
    reader = await database.reader();
  } catch (error) {
    if (error instanceof LonghaulError && notThere.has(error.code)) return emptyTable(dataset);
    throw error;
  }
  try {
    return await seeTable(reader, dataset);
  } finally {
    await reader[Symbol.asyncDispose]();
  }
}

export function emptyTable(dataset: Dataset = products): SeenTable {
  return { rows: [], counts: dataset.counts.map(() => []), totals: { rows: 0, groups: 0, checksum: 0n } };
}
