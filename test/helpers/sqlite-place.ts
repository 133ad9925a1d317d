/** An SQLite database that is there already, and what tests of publishing into it need. */
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'vitest';
import { type Dataset, products } from '../../src/schema/dataset.ts';
import type { TestFile } from '../../src/store/conformance-files.ts';
import { neverStopped, seeTable, stageFile } from '../../src/store/conformance-steps.ts';
import type { PublishTuning } from '../../src/store/sqlite/publish-into-table.ts';
import { SqliteReader } from '../../src/store/sqlite/reader.ts';
import { SqliteStore, type SqliteStoreOptions } from '../../src/store/sqlite/store.ts';
import type { PublishControl, RunRecord } from '../../src/store/store.ts';
import { integrity } from './dump.ts';
import { ManualClock } from './manual-clock.ts';
import { memoryDisk, TempFolder } from './temp-folder.ts';

/** A database with a table that others use as well. */
export class Place extends TempFolder {
  readonly database = this.file('test.db');

  constructor() {
    super(memoryDisk);
    this.change('CREATE TABLE theirs (x)');
  }

  change(sql: string): void {
    using database = new DatabaseSync(this.database);
    database.exec(sql);
  }

  all(sql: string): unknown[] {
    using database = new DatabaseSync(this.database, { readOnly: true });
    return database
      .prepare(sql)
      .all()
      .map((row) => Object.values(row).join('|'));
  }

  get leftovers(): unknown[] {
    return this.all("SELECT name FROM sqlite_schema WHERE name GLOB '_longhaul_[ntw]*_*product*'");
  }

  async importer(
    publishTuning: PublishTuning,
    dataset: Dataset = products,
    options: Partial<SqliteStoreOptions> = {},
  ): Promise<SqliteStore> {
    const store = new SqliteStore({
      path: this.database,
      clock: new ManualClock(),
      stagingMemoryBytes: 1e9,
      stagingMemoryMs: 5000,
      warn: (message) => expect.fail(message),
      publishTuning,
      ...options,
    });
    await store.lockImports();
    await store.ensureDataset(dataset);
    return store;
  }

  async see(dataset: Dataset = products) {
    expect(integrity(this.database)).toBe('ok');
    await using reader = new SqliteReader(this.database);
    return await seeTable(reader, dataset);
  }
}

/** A control that calls `work` once, at a moment at which others get at the lock: 0 is the one after the comparison. */
export function meanwhile(moment: number, work: () => void): PublishControl {
  let now = 0;
  return { ...neverStopped, progress: () => now++ === moment && work() };
}

export async function publish(
  store: SqliteStore,
  file: TestFile,
  control: PublishControl = neverStopped,
): Promise<RunRecord> {
  const run = await stageFile(store, file);
  return store.publish(run, file.totals, control);
}
