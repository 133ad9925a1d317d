/** How many records may be refused before the run fails. */
export type RejectLimit =
  /** More than this part of all records (0 to 1) and more than `atLeast` of them. */
  | { readonly kind: 'part'; readonly part: number; readonly atLeast: number }
  | { readonly kind: 'number'; readonly number: number };

/** More is a wrong file or a wrong dialect, not a few bad records. */
export const defaultRejectLimit: RejectLimit = { kind: 'part', part: 0.1, atLeast: 100 };

export function exceeds(limit: RejectLimit, rejected: number, records: number): boolean {
  if (limit.kind === 'number') return rejected > limit.number;
  // Divided, not multiplied: 29 of 100 are not more than 29 %, but 100 * 0.29 is a little less than 29.
  return rejected > limit.atLeast && rejected / records > limit.part;
}

export function limitText(limit: RejectLimit): string {
  if (limit.kind === 'number') return String(limit.number);
  const percent = `${Number((limit.part * 100).toFixed(6))} %`;
  return limit.atLeast === 0 ? percent : `${percent} and ${limit.atLeast} records`;
}
