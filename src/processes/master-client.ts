/** A master that is running, asked by its address. */
import { ApiClient, ApiProblem } from '../api/client.ts';
import type { Run } from '../api/wire/runs.ts';
import { LonghaulError } from '../runtime/errors.ts';

export interface MasterAddress {
  /** Such as `http://127.0.0.1:5000`. */
  readonly url: string;
  readonly token: string | null;
}

/**
 * Cancels a run under way, or has one that has failed or was cancelled tried once more. Throws `master_silent` and `master_refused`.
 *
 * @returns the run as it was when the master was told
 */
export async function changeRun(
  { url, token }: MasterAddress,
  change: 'cancel' | 'retry',
  run: number,
): Promise<Run> {
  const client = new ApiClient({ base: url.replace(/\/+$/, ''), token });
  try {
    return await client.call(`${change}Run`, { params: { run } });
  } catch (error) {
    if (error instanceof ApiProblem) {
      const { code, detail: reason, hint } = error.problem;
      throw LonghaulError.of('master_refused', { master: url, code, reason, hint }, { cause: error });
    }
    const { message, cause } = error as Error;
    const reason = cause instanceof Error && cause.message !== '' ? cause.message : message;
    throw LonghaulError.of('master_silent', { master: url, reason }, { cause: error });
  }
}
