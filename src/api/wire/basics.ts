/** What all answers have in common. Every schema of this folder is the wire format: handlers, the OpenAPI document and clients are made from it. */
import { z } from 'zod';

/** The error table's entry, as RFC 9457 has it. */
export const problem = z.object({
  /** `urn:longhaul:problem:CODE` */
  type: z.string(),
  title: z.string(),
  status: z.int(),
  /** Of docs/reference/errors.md; stable. */
  code: z.string(),
  detail: z.string(),
  /** What to do about it. */
  hint: z.string(),
  /** Whether the same request can succeed later without anybody changing anything. */
  retryable: z.boolean(),
});
export type Problem = z.infer<typeof problem>;

/** Why something is not as it should be. */
export const trouble = z.object({ code: z.string(), reason: z.string() });

/** Milliseconds since 1970. */
export const timeMs = z.int().nonnegative();

/** A page of a list. `next` is what `after` has to be for the page behind it; `null`: this was the last. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

/** Where a page begins: `next` of the page before, to be handed back as it is. */
const after = z.string().max(16_384).optional();
const mostPerPage = 1000;
const limit = z.coerce.number().int().min(1).max(mostPerPage).default(100);
export const paging = { after, limit };

/** `desc`: the same list from its end to its beginning, and `next` is the page before. Of a list in one order no page can follow one in the other. */
export const order = z.enum(['asc', 'desc']).default('asc');

/** What a database can hold as text. */
export const storable = z.string().regex(/^[^\0]*$/, 'it holds a NUL character');
export const datasetName = storable.min(1).max(200);
export const runNumber = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
export const sourceName = storable.min(1).max(63);
