/** Where a page of a list ends, as a text that nobody has to understand. */
import { z } from 'zod';
import { LonghaulError } from '../../runtime/errors.ts';
import { type ApiAnswer, answer } from '../answer.ts';

/** @returns null at the beginning. Throws `cursor_wrong`. */
export function readCursor<Place>(after: string | undefined, place: z.ZodType<Place>): Place | null {
  if (after === undefined) return null;
  const read = z.safeParse(place, parsed(after));
  if (!read.success) throw LonghaulError.of('cursor_wrong', {});
  return read.data;
}

function parsed(after: string): unknown {
  try {
    return JSON.parse(Buffer.from(after, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/**
 * A page of what was found.
 *
 * @param found one more than fit on the page, where there are more
 * @param place what tells where the page ends, as JSON
 */
export function pageAnswer<Item, Shown>(
  found: readonly Item[],
  limit: number,
  shown: (item: Item) => Shown,
  place: (last: Item) => unknown,
): ApiAnswer {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const isMore = found.length > limit && last !== undefined;
  return answer({
    items: items.map(shown),
    next: isMore ? Buffer.from(JSON.stringify(place(last))).toString('base64url') : null,
  });
}
