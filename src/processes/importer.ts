/** Brings files into tables, one after the other: owns the store with its import lock, and the threads that stage. */
import { databaseName, type DatabaseUrl } from '../config/database-url.ts';
import type { Dialect } from '../csv/dialect.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { checkPlan, completed, datasetOf } from '../run/dataset.ts';
import type { BegunReading } from '../run/begun-reading.ts';
import { type ImportOutcome, type ImportParts, type ImportSettings, importFile } from '../run/import-file.ts';
import { type ColumnMapping, mapColumns } from '../schema/columns.ts';
import { type DatasetOrPlan, type DatasetPlan, isDataset, planConflict } from '../schema/dataset-plan.ts';
import type { RejectLimit } from '../schema/reject-limit.ts';
import type { SourceFile } from '../source/source-file.ts';
import type { Store } from '../store/store.ts';
import { SharedRowMemory } from '../stage/row-memory.ts';
import { MasterWorkers } from './master-workers.ts';
import type { SharedEngine } from './shared-database.ts';
import { mayBeThere, openSharedStore, openStore } from './stores.ts';
import { ThreadedStagePool } from './threaded-stage-pool.ts';

/** More than that of staged rows is seldom allowed, and addresses of a process are not endless. */
const mostSharedBytes = 2 ** 30;

/** A table, and how the files are written that go into it. */
export interface TableOptions {
  readonly plan: DatasetPlan;
  readonly dialect: Dialect;
  /** Of a dialect without header: what the fields are. `null`: the columns of the dataset. */
  readonly columns: readonly string[] | null;
  /** As TextDecoder names it. */
  readonly encoding: string;
  readonly rejectLimit: RejectLimit;
}

/** The database, and what an import may use. */
export interface EngineOptions {
  readonly database: DatabaseUrl;
  readonly threads: number;
  readonly chunkBytes: number;
  readonly maxRecordBytes: number;
  readonly stagingMemoryBytes: number;
  /** Whether the calling thread may be busy for 0.1 s at a time: for a command that does nothing else. */
  readonly thisThreadHelps?: boolean;
  /** Key ranges that a large run is published in, one by one; 1: in one step. */
  readonly publishPartitions: number;
}

export class Importer implements AsyncDisposable {
  readonly store: Store;
  readonly #pool: ThreadedStagePool;
  readonly #options: EngineOptions;
  readonly #workers: MasterWorkers | null;

  private constructor(
    store: Store,
    pool: ThreadedStagePool,
    options: EngineOptions,
    workers: MasterWorkers | null,
  ) {
    this.store = store;
    this.#pool = pool;
    this.#options = options;
    this.#workers = workers;
  }

  /**
   * Throws `import_running` while another process imports into this database.
   *
   * @param program what whoever wants to meanwhile is told
   * @param shared of a master of a database that several machines reach
   */
  static async open(
    options: EngineOptions,
    program: string,
    warn: (message: string) => void,
    shared: SharedEngine | null = null,
  ): Promise<Importer> {
    const { database, stagingMemoryBytes, publishPartitions, threads } = options;
    await using opened = new AsyncDisposableStack();
    const pool = opened.use(new ThreadedStagePool(threads, { thisHelps: options.thisThreadHelps === true }));
    const writer = { warn, stagingMemoryBytes, publishPartitions, onThread: pool.workWith.bind(pool) };
    if (shared !== null) {
      const store = opened.use(await openSharedStore(shared.database.url, shared.term, writer));
      await store.lockImports(program);
      const workers = await MasterWorkers.open(store, pool, shared);
      opened.move();
      return new Importer(store, pool, options, workers);
    }
    const opening = openStore(database, writer);
    try {
      if (!mayBeThere(database)) {
        // It is certain that there is work, and which: threads start beside each other.
        pool.prepare();
        pool.memory = new SharedRowMemory(Math.min(stagingMemoryBytes, mostSharedBytes));
      }
    } catch (error) {
      // The system gives no more threads, or not that much memory. A store that nobody closes would keep the process from ending.
      await opening.then(
        (store) => store[Symbol.asyncDispose](),
        () => undefined,
      );
      throw error;
    }
    const store = opened.use(await opening);
    if (publishPartitions > 1 && !store.capabilities.publishesByPartitions) {
      const expected = 'it must be 1 for this database: only PostgreSQL publishes by ranges of keys';
      throw LonghaulError.of('bad_option', {
        ...{ option: '--publish-partitions', value: String(publishPartitions), expected },
      });
    }
    await store.lockImports(program);
    opened.move();
    return new Importer(store, pool, options, null);
  }

  /**
   * As `importFile`. Throws what is wrong with the table as well.
   *
   * @param check called with the table before anything is done
   * @param ahead of this file, if it is being read already
   */
  async import(
    file: SourceFile,
    table: TableOptions,
    control: Pick<ImportParts, 'onProgress' | 'onLocked' | 'signal'>,
    check: (dataset: DatasetOrPlan) => void = () => undefined,
    ahead: BegunReading | null = null,
  ): Promise<ImportOutcome> {
    const { chunkBytes, maxRecordBytes, database } = this.#options;
    this.#pool.memory?.clear();
    // Anew for each: the first file of a new table may have made it.
    const dataset = await datasetToFill(this.store, table, databaseName(database));
    check(dataset);
    const settings: ImportSettings = {
      ...{ dataset, chunkBytes, maxRecordBytes },
      ...{ dialect: table.dialect, encoding: table.encoding, rejectLimit: table.rejectLimit },
      mapping: headlessMapping(table, dataset),
    };
    const parts = { store: this.store, pool: this.#pool, staging: this.#workers?.staging, ...control };
    const outcome = await importFile(parts, file, settings, ahead);
    // From now on there is a table, whose rows one thread compares.
    if (outcome.kind === 'published') this.#pool.memory = null;
    return outcome;
  }

  /** Ends everything even if something fails. */
  async [Symbol.asyncDispose](): Promise<void> {
    const workers = await Promise.allSettled([this.#workers?.[Symbol.asyncDispose]()]);
    // Side by side: a thread takes some 10 ms to end.
    const threads = await Promise.allSettled([
      this.store[Symbol.asyncDispose](),
      this.#pool[Symbol.asyncDispose](),
    ]);
    for (const ended of [...workers, ...threads]) if (ended.status === 'rejected') throw ended.reason;
  }
}

/** The dataset that files go into, its tables made; or the plan of one, whose columns the first file has to name. */
async function datasetToFill(store: Store, table: NewDataset, database: string): Promise<DatasetOrPlan> {
  const { plan } = table;
  const kept = await store.findDataset(plan.name);
  let dataset: DatasetOrPlan;
  if (kept !== null && (kept.published || planConflict(plan, kept.dataset) === null)) {
    checkPlan(plan, kept.dataset, database);
    dataset = kept.dataset;
  } else {
    // A table that nothing was published into can be described anew.
    dataset = newDataset(table);
    if (kept !== null) await store.dropDataset(kept.dataset);
  }
  if (isDataset(dataset)) await store.ensureDataset(dataset);
  return dataset;
}

export type NewDataset = Pick<TableOptions, 'plan' | 'columns'>;

/** A dataset that is not there yet, as far as options describe it. Throws `dataset_impossible`. */
export function newDataset({ plan, columns }: NewDataset): DatasetOrPlan {
  const dataset = completed(plan);
  return isDataset(dataset) || columns === null ? dataset : datasetOf(plan, columns);
}

export function checkColumns({ dialect, columns }: Pick<TableOptions, 'dialect' | 'columns'>): void {
  if (dialect.header && columns !== null)
    refuseColumns(columns, 'it must stand beside --no-header: a header names the columns itself');
}

function refuseColumns(columns: readonly string[], expected: string): never {
  throw LonghaulError.of('bad_option', { option: '--columns', value: columns.join(), expected });
}

/** Which fields fill which columns where no header says so; `null` where one does. */
export function headlessMapping(
  { dialect, columns, plan }: Pick<TableOptions, 'dialect' | 'columns' | 'plan'>,
  dataset: DatasetOrPlan,
): ColumnMapping | null {
  const refuse = refuseColumns;
  checkColumns({ dialect, columns });
  if (dialect.header) return null;
  if (!isDataset(dataset)) throw LonghaulError.of('dataset_undescribed', { table: plan.name });
  const own = dataset.columns.map((column) => column.name);
  const mapped = mapColumns(dataset, columns ?? own);
  switch (mapped.kind) {
    case 'mapping':
      return mapped.mapping;
    case 'repeated':
      return refuse(columns ?? own, `it must name each column once, and names "${mapped.column}" twice`);
    case 'missing':
      return refuse(columns ?? own, `it must name ${own.join(', ')}, in the order of the fields`);
  }
}
