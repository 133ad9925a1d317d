import { databaseName } from '../config/database-url.ts';
import type { NamedSource } from '../config/source-names.ts';
import { type ImportOutcome, wasReadAs } from '../run/import-file.ts';
import { type ErrorCode, LonghaulError } from '../runtime/errors.ts';
import { namedPlan, planConflict } from '../schema/dataset-plan.ts';
import type { FileRef } from '../schema/file-ref.ts';
import type { SourceFile } from '../source/source-file.ts';
import type { UploadSettings } from '../source/upload-record.ts';
import type { PublishedFile, StoredSource, StoreReader } from '../store/store.ts';
import type { ImportControl, Importing, SourceToWatch } from '../watch/importing.ts';
import { type EngineOptions, headlessMapping, Importer, type TableOptions } from './importer.ts';
import type { SharedEngine } from './shared-database.ts';
import { identityOf, openReaderIfThere } from './stores.ts';

export interface WatchedDatabaseOptions extends EngineOptions {
  /** What is said of tables, that of `--table` among them. */
  readonly tables: readonly TableOptions[];
  /** What holds for tables of which nothing is said. */
  readonly otherTables: Omit<TableOptions, 'plan'>;
}

/** Wrong with what is said of one table, or with its rows: no other table has to wait until somebody has mended it. */
const ofOneTable: ReadonlySet<ErrorCode> = new Set([
  'bad_option',
  'counts_drifted',
  'dataset_conflict',
  'dataset_impossible',
  'dataset_undescribed',
  'server_name_refused',
  'sums_do_not_meet',
  'table_mismatch',
  'table_refuses',
  'value_too_long',
]);

function isOfOneTable(error: unknown): error is LonghaulError {
  return error instanceof LonghaulError && ofOneTable.has(error.code);
}

/** The database that a master keeps: written to by its importer alone, read through a connection that never waits for that. */
export class WatchedDatabase implements Importing, AsyncDisposable {
  readonly #options: WatchedDatabaseOptions;
  readonly #warn: (message: string) => void;
  readonly #giveWay: () => Promise<Disposable>;
  readonly #onLocked: (table: string, ms: number) => void;
  /** Of a database that several machines reach, once this master leads. */
  shared: SharedEngine | null = null;
  #importer: Promise<Importer> | null = null;
  #reader: Promise<StoreReader | null> | null = null;
  /** Of the database that is in use; `null`: there was none yet. */
  #identity: string | null = null;

  /**
   * @param giveWay until what it returns is disposed of, the making of search indexes gives way
   * @param onLocked told of each publish, for how long at a time edits of the table had to wait for it
   */
  constructor(
    options: WatchedDatabaseOptions,
    warn: (message: string) => void,
    giveWay: () => Promise<Disposable>,
    onLocked: (table: string, ms: number) => void,
  ) {
    this.#onLocked = onLocked;
    this.#options = options;
    this.#giveWay = giveWay;
    this.#warn = warn;
  }

  /** Takes the right to import, until it is disposed. Throws `import_running` and what is wrong with the database. */
  async open(): Promise<void> {
    await this.#imports();
  }

  async published(source: SourceToWatch): Promise<ReadonlyMap<string, PublishedFile>> {
    const table = this.table(source.table);
    try {
      const files = await this.#reading(async (reader) => {
        const dataset = await reader.dataset(source.table);
        if (dataset === null || planConflict(table.plan, dataset) !== null) return [];
        const settings = { ...table, mapping: headlessMapping(table, dataset) };
        const all = await reader.publishedFiles(dataset, source.name);
        return all.filter((file) => wasReadAs(file, settings));
      });
      return new Map((files ?? []).map((file) => [file.name, file]));
    } catch (error) {
      if (!isOfOneTable(error)) throw error;
      // Nothing counts as published then, and its import says why it cannot be.
      return new Map();
    }
  }

  async cancelledFiles(source: SourceToWatch): Promise<ReadonlyMap<string, string>> {
    const files = await this.#reading(async (reader) => {
      const dataset = await reader.dataset(source.table);
      return dataset === null ? [] : await reader.cancelledFiles(dataset, source.name);
    });
    return new Map((files ?? []).map(({ name, fingerprint }) => [name, fingerprint]));
  }

  async import(
    source: SourceToWatch,
    file: SourceFile,
    control: ImportControl,
    settings?: UploadSettings,
  ): Promise<ImportOutcome> {
    await this.#checkThere();
    const importer = await this.#imports();
    using _ = await this.#giveWay();
    try {
      return await importer.import(
        file,
        { ...this.table(source.table), ...settings },
        {
          ...control,
          onLocked: (ms) => this.#onLocked(source.table, ms),
        },
      );
    } catch (error) {
      if (!isOfOneTable(error)) throw error;
      return { kind: 'failed', error, record: null };
    }
  }

  async endRuns(table: string, file: FileRef, state: 'cancelled' | 'outdated'): Promise<void> {
    const { store } = await this.#imports();
    const kept = await store.findDataset(table);
    if (kept !== null) await store.endRuns(kept.dataset, file, state);
  }

  /** What the database remembers; nothing while there is no database. */
  async sources(): Promise<readonly StoredSource[]> {
    return (await this.#reading((reader) => reader.sources())) ?? [];
  }

  async reopen(): Promise<void> {
    const [importer, reader] = [this.#importer, this.#reader];
    this.#importer = null;
    this.#reader = null;
    // What is broken may not be closed in order; what counts is in the ledger.
    await importer?.then((opened) => opened[Symbol.asyncDispose]()).catch(() => undefined);
    await reader?.then((opened) => opened?.[Symbol.asyncDispose]()).catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const importer = await this.#importer?.catch(() => null);
    const reader = await this.#reader?.catch(() => null);
    await reader?.[Symbol.asyncDispose]();
    await importer?.[Symbol.asyncDispose]();
  }

  /** What is said of a table. */
  table(name: string): TableOptions {
    return saidOfTable(this.#options, name);
  }

  /**
   * Throws `database_gone` while the database that was there is not: edits and sources were in it, so it is not made anew behind
   * anybody's back. Another one in its place is for the next process: opened beside the one that is still open here, both would
   * share what SQLite keeps beside a database, and it says that this can destroy them.
   */
  async #checkThere(): Promise<void> {
    const { database } = this.#options;
    const identity = identityOf(database);
    if (identity === this.#identity) return;
    if (this.#identity === null) {
      this.#identity = identity;
      return;
    }
    await this.reopen();
    throw LonghaulError.of('database_gone', { database: databaseName(database) });
  }

  #imports(): Promise<Importer> {
    this.#importer ??= Importer.open(this.#options, 'longhaul master', this.#warn, this.shared).catch(
      (error: unknown) => {
        this.#importer = null;
        throw error;
      },
    );
    return this.#importer;
  }

  /** @returns what `read` does; `null` where there is nothing to read yet */
  async #reading<Result>(read: (reader: StoreReader) => Promise<Result>): Promise<Result | null> {
    await this.#checkThere();
    const opening = (this.#reader ??= openReaderIfThere(this.#options.database));
    try {
      const reader = await opening;
      if (reader !== null) return await read(reader);
      this.#reader = null;
      return null;
    } catch (error) {
      // The next one asks through another connection.
      if (this.#reader === opening) this.#reader = null;
      await opening.then((opened) => opened?.[Symbol.asyncDispose]()).catch(() => undefined);
      throw error;
    }
  }
}

/** What is said of a table. */
export function saidOfTable(
  { tables, otherTables }: Pick<WatchedDatabaseOptions, 'tables' | 'otherTables'>,
  name: string,
): TableOptions {
  return tables.find(({ plan }) => plan.name === name) ?? { ...otherTables, plan: namedPlan(name) };
}

/** Those that were given, then those that the database remembers under other names. What is paused there is paused, whoever says what it is. */
export function sourcesToWatch(
  given: readonly NamedSource[],
  stored: readonly StoredSource[],
  usualTable: string,
): SourceToWatch[] {
  const names = new Set(given.map(({ name }) => name));
  const others = stored.filter(({ name, url }) => !names.has(name) && url !== '');
  const paused = new Set(stored.filter((source) => source.paused).map(({ name }) => name));
  // What is said on this machine is said by whoever runs the master.
  const trusted = given.map((source) => ({ ...source, guarded: false }));
  return [...trusted, ...others.map((source) => ({ ...source, patience: {} }))].map(
    ({ name, url, kind, table, tokenFile, guarded, patience, ...source }) => ({
      ...{ name, url, tokenFile, guarded, patience },
      paused: source.paused || paused.has(name),
      kind: kind as SourceToWatch['kind'],
      table: table ?? usualTable,
    }),
  );
}
