import { peakRssBytes } from '../../runtime/memory.ts';
import { totalOfChunks } from '../chunk-totals.ts';
import type { EndedAccount } from '../ended-account.ts';
import type { Ledger } from './ledger.ts';

/** Ends a run that will not be published: its account is of what was staged of it, and its rows go. */
export function saveEnd(
  ledger: Ledger,
  run: number,
  state: 'failed' | 'cancelled' | 'outdated',
  { totals, inMemory, endedMs }: EndedAccount,
): void {
  for (const chunk of inMemory) ledger.saveChunk(run, chunk, null);
  const read = totals?.chunks ?? Number.POSITIVE_INFINITY;
  const chunks = totalOfChunks(ledger.chunks(run).filter((chunk) => chunk.index < read));
  ledger.saveTotals(run, chunks, totals, endedMs, peakRssBytes());
  ledger.trimRejects(run);
  ledger.forgetStaged(run);
  ledger.setState(run, state);
}
