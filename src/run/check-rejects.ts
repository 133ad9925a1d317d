import { LonghaulError } from '../runtime/errors.ts';
import { exceeds, limitText, type RejectLimit } from '../schema/reject-limit.ts';
import type { RejectCode, RejectCounts } from '../schema/rejects.ts';

/** Reasons that a whole file may share, and what it then was to be read with. */
const advices: Partial<Record<RejectCode, string>> = {
  bad_encoding: '--encoding windows-1252 reads many files that are not UTF-8',
  stray_quote: '--quote none reads quotes as data',
  too_few_fields: 'see whether --delimiter and --quote are those of the file',
  too_many_fields: 'see whether --delimiter and --quote are those of the file',
};

export interface CheckedRun {
  /** What to call it in errors. */
  readonly file: string;
  /** 0: a dry run, which has no number. */
  readonly run: number;
  readonly records: number;
}

/** Throws `reject_limit` if more of a run's records were refused than may be. */
export function checkRejects(
  limit: RejectLimit,
  counts: RejectCounts,
  { file, run, records }: CheckedRun,
): void {
  const reasons = (Object.entries(counts) as [RejectCode, number][]).sort(([, a], [, b]) => b - a);
  const rejected = reasons.reduce((sum, [, number]) => sum + number, 0);
  if (!exceeds(limit, rejected, records)) return;
  const most = reasons
    .slice(0, 3)
    .map(([code, number]) => `${code} (${number})`)
    .join(', ');
  const [[mostOften]] = reasons as [[RejectCode, number]];
  const advice = [
    advices[mostOften],
    run === 0 ? undefined : `"longhaul show rejects ${run}" lists them`,
    '--max-rejects raises the limit',
  ].filter((each) => each !== undefined);
  throw LonghaulError.of('reject_limit', {
    ...{ file, rejected, records, limit: limitText(limit), most, advice: advice.join('; ') },
  });
}
