/** Brings files into tables, one after the other: owns the store with its import lock, and the threads that stage. */
import { databaseName, type DatabaseUrl } from '../config/database-url.ts';
import type { Dialect } from '../csv/dialect.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { checkPlan, completed, datasetOf } from '../run/dataset.ts';
import { type ImportOutcome, type ImportParts, type ImportSettings, importFile } from '../run/import-file.ts';
import { type ColumnMapping, mapColumns } from '../schema/columns.ts';
import { type DatasetOrPlan, type DatasetPlan, isDataset, planConflict } from '../schema/dataset-plan.ts';
import type { RejectLimit } from '../schema/reject-limit.ts';
import type { SourceFile } from '../source/source-file.ts';
import type { Store } from '../store/store.ts';
import { MasterWorkers } from './master-workers.ts';
import type { SharedEngine } from './shared-database.ts';
import { openSharedStore, openStore } from './stores.ts';
import { ThreadedStagePool } from './threaded-stage-pool.ts';

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
    const { database, stagingMemoryBytes, threads } = options;
    const writer = { warn, stagingMemoryBytes };
    if (shared === null) {
      const store = await openStore(database, writer);
      return withLock(store, program, async () => {
        return new Importer(store, new ThreadedStagePool(threads), options, null);
      });
    }
    const store = await openSharedStore(shared.database.url, shared.term, writer);
    return withLock(store, program, async () => {
      const pool = new ThreadedStagePool(threads);
      return new Importer(store, pool, options, await MasterWorkers.open(store, pool, shared));
    });
  }

  /**
   * As `importFile`. Throws what is wrong with the table as well.
   *
   * @param check called with the table before anything is done
   */
  async import(
    file: SourceFile,
    table: TableOptions,
    control: Pick<ImportParts, 'onProgress' | 'signal'>,
    check: (dataset: DatasetOrPlan) => void = () => undefined,
  ): Promise<ImportOutcome> {
    const { chunkBytes, maxRecordBytes, database } = this.#options;
    // Anew for each: the first file of a new table may have made it.
    const dataset = await datasetToFill(this.store, table, databaseName(database));
    check(dataset);
    const settings: ImportSettings = {
      ...{ dataset, chunkBytes, maxRecordBytes },
      ...{ dialect: table.dialect, encoding: table.encoding, rejectLimit: table.rejectLimit },
      mapping: headlessMapping(table, dataset),
    };
    const staging = this.#workers?.staging;
    return importFile({ store: this.store, pool: this.#pool, staging, ...control }, file, settings);
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

/** Whoever opens a store and does not get its lock closes it. */
async function withLock(store: Store, program: string, then: () => Promise<Importer>): Promise<Importer> {
  try {
    await store.lockImports(program);
    return await then();
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
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
