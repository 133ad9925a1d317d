import { z } from 'zod';
import { order, page, paging } from './basics.ts';
import { values } from './rows.ts';

/** A value of a counted column and how many rows have it. */
export const count = z.object({ value: values.valueType, number: z.int() });
export type Count = z.infer<typeof count>;
export const counts = page(count);

export const countsQuery = z.strictObject({
  /** The counted column; the first one unless told. */
  by: z.string().max(1000).optional(),
  /** `-number`: the most frequent first. Within equal numbers, and with `value`, by the bytes of the value. */
  sort: z.enum(['-number', 'number', 'value']).default('-number'),
  /** Only values that begin so, or are this; sorted by value. */
  q: z.string().max(8192).optional(),
  match: z.enum(['prefix', 'exact']).default('prefix'),
  /** Only values that this many rows have. */
  number: z.coerce.number().int().min(1).optional(),
  /** Of whatever `sort` says. */
  order,
  ...paging,
});

/** How many values are had by how many rows: powers of two. */
export const distribution = z.object({
  by: z.string(),
  /** `from` ≤ rows of a value ≤ `to`. */
  buckets: z.array(z.object({ from: z.int(), to: z.int(), groups: z.int(), rows: z.int() })),
});
export type Distribution = z.infer<typeof distribution>;
