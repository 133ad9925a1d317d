/** What becomes of runs that a process has not brought to their end. */
import type { ChunkRef, ChunkSums } from '../store.ts';
import type { Ledger } from './ledger.ts';
import type { Session } from './session.ts';
import { currentEpoch, isStaging } from './staging.ts';

/** Chunks of an earlier process whose rows the server still has; of others the ledger forgets. */
export async function wholeChunks(
  ledger: Ledger,
  session: Session,
  run: number,
): Promise<{ readonly staged: (ChunkRef & ChunkSums)[]; readonly epoch: string | null }> {
  const epoch = (await isStaging(session, run)) ? await currentEpoch(session) : null;
  const staged = [];
  for (const { epoch: stagedIn, ...chunk } of await ledger.chunks(run)) {
    if (epoch !== null && stagedIn === epoch) staged.push(chunk);
    else await ledger.removeChunk(run, chunk.index);
  }
  return { staged, epoch };
}
