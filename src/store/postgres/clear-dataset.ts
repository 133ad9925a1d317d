import { type Dataset, tableNames } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import { searchIndexes } from '../search-indexes.ts';
import type { Ledger } from './ledger.ts';
import type { Session } from './session.ts';

/** Empties a dataset's tables and what the ledger knows of it, in the caller's transaction. */
export async function clearDataset(session: Session, ledger: Ledger, dataset: Dataset): Promise<void> {
  await ledger.table(dataset.name, true);
  for (const name of tableNames(dataset)) await session.run(`DELETE FROM ${identifier(name)}`);
  // What comes next does so much quicker without. Who reads waits for the rest of the transaction, which is little.
  const indexes = searchIndexes(dataset).map(({ name }) => identifier(name));
  if (indexes.length > 0) await session.run(`DROP INDEX IF EXISTS ${indexes.join(', ')}`);
  await ledger.clear(dataset);
}
