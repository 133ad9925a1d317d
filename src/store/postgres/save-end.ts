import { peakRssBytes } from '../../runtime/memory.ts';
import { totalOfChunks } from '../chunk-totals.ts';
import type { EndedAccount } from '../ended-account.ts';
import type { Ledger } from './ledger.ts';

/** Ends a run that will not be published: its account is of what was staged of it, and its rows go. */
export async function saveEnd(
  ledger: Ledger,
  run: number,
  state: 'failed' | 'cancelled' | 'outdated',
  { totals, inMemory, endedMs }: EndedAccount,
): Promise<void> {
  for (const chunk of inMemory) await ledger.saveChunk(run, chunk);
  const read = totals?.chunks ?? Number.POSITIVE_INFINITY;
  const chunks = totalOfChunks((await ledger.chunks(run)).filter((chunk) => chunk.index < read));
  await ledger.saveTotals(run, chunks, totals, endedMs, peakRssBytes());
  await ledger.trimRejects(run);
  await ledger.forgetStaged(run);
  await ledger.setState(run, state);
}
