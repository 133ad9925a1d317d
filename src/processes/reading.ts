/** Reading a database: what commands ask of it, each from one committed state. */
import { sqlitePath } from '../config/options.ts';
import { type Receipt, receiptOf } from '../run/receipt.ts';
import { type Verdict, verifyDataset } from '../run/verify.ts';
import type { Dataset } from '../schema/dataset.ts';
import { SqliteReader } from '../store/sqlite/reader.ts';
import type { StoreReader } from '../store/store.ts';

/** Opens a database to read it. Throws `database_missing` when there is none. */
export function openReader(url: string): StoreReader {
  return new SqliteReader(sqlitePath(url));
}

/** The receipts of the newest runs, the newest first. */
export async function newestReceipts(
  reader: StoreReader,
  dataset: Dataset,
  limit: number,
): Promise<Receipt[]> {
  return (await reader.runs(dataset, limit)).map(receiptOf);
}

/** Recounts everything; the accounts of all runs, or of one. */
export function verify(reader: StoreReader, dataset: Dataset, run: number | null): Promise<Verdict> {
  return verifyDataset(reader, dataset, run);
}
