import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { Kernel } from '../../kernel/kernel.ts';
import type { Dataset } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import type { TrialDatabase, TrialView } from '../trial-store.ts';
import { compareRows, type DifferenceSink } from './compare-rows.ts';
import { openReader } from './connection.ts';
import { hasEdits } from './edit-reader.ts';
import { translated } from './errors.ts';
import { existingRows } from './existing-rows.ts';
import { Ledger } from './ledger.ts';
import { StandingEdits } from './meetings.ts';
import { checkVersion } from './schema.ts';

const nothing: DifferenceSink = { compared: () => undefined, met: () => undefined };

/** A SQLite file to be read by a trial. It need not be there. */
export class SqliteTrialDatabase implements TrialDatabase {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async reading<Result>(work: (view: TrialView | null) => Promise<Result>): Promise<Result> {
    const path = this.#path;
    if (!existsSync(path)) return work(null);
    try {
      using db = openReader(path);
      if (!checkVersion(db, path)) return await work(null);
      db.exec('BEGIN');
      return await work(viewOf(db));
    } catch (error) {
      throw translated(error, path);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function viewOf(db: DatabaseSync): TrialView {
  const ledger = new Ledger(db);
  const rowsOf = ({ name }: Dataset): number => (ledger.knows(name) ? ledger.table(name).rows : 0);
  return {
    async dataset(name) {
      const dataset = ledger.dataset(name);
      return dataset === null ? null : { dataset, published: ledger.table(name).publishNumber > 0 };
    },
    publishedFile: async ({ name }, file) => ledger.publishedFile(name, file),
    rows: async (dataset) => rowsOf(dataset),
    async rowsOfRun({ name }, run) {
      const counted = db.prepare(`SELECT count(*) AS n FROM ${identifier(name)} WHERE _run = ?`);
      return (counted.get(run) as { n: number }).n;
    },
    async compare({ dataset, file }, rows, stagedRows, control) {
      const existing = existingRows(db, { dataset, rows: rowsOf(dataset), path: null }, stagedRows);
      const edits = hasEdits(db)
        ? new StandingEdits(db, dataset, file)
        : { meet: () => null, mayMeet: () => false };
      return compareRows(new Kernel(), rows, { existing, edits }, control, nothing).sums;
    },
  };
}
