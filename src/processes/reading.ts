/** Reading a database: what commands ask of it, each from one committed state. */
import { databaseUrl } from '../config/database-url.ts';
import { type Receipt, receiptOf } from '../run/receipt.ts';
import { type Verdict, verifyDataset } from '../run/verify.ts';
import type { Dataset } from '../schema/dataset.ts';
import type { SearchingReader } from '../store/search.ts';
import type { StoreReader } from '../store/store.ts';
import { openReader as open } from './stores.ts';

/** Opens a database to read it. Throws `database_missing` or `tables_missing` when there is nothing to read. */
export async function openReader(url: string): Promise<SearchingReader> {
  return open(databaseUrl(url));
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
