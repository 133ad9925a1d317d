/**
 * A browser's element cannot be higher than some 17 million pixels (Firefox; Chromium 33), less than half a million rows. So of a longer list two
 * windows lie in the scrolled element, one behind the other: the upper half of it shows rows at the list's beginning, the lower half rows at its
 * end, and who drags the scroll bar down to its end is at the list's end. Each moves on when somebody comes near its inner end, until they meet.
 */
export const windowRows = 300_000;
const half = windowRows / 2;
const step = half / 2;
/** How near, in rows. */
const margin = 20_000;

export interface RowWindow {
  /** Rows above the upper half. */
  readonly above: number;
  /** Rows below the lower half. */
  readonly below: number;
}

export const wholeWindow: RowWindow = { above: 0, below: 0 };

/** Which of `count` rows is at a place of the scrolled element. Both from 0. */
export function rowAt({ above, below }: RowWindow, count: number, place: number): number {
  if (count <= windowRows) return place;
  return place < half ? above + place : count - below - windowRows + place;
}

/** The other way round; `null`: it is in no window. */
export function placeOf({ above, below }: RowWindow, count: number, row: number): number | null {
  if (count <= windowRows) return row;
  if (row >= above && row < above + half) return row - above;
  const place = row - (count - below - windowRows);
  return place >= half && place < windowRows ? place : null;
}

/** Windows of which one has this row. */
export function windowOf(count: number, row: number): RowWindow {
  if (count <= windowRows || row >= count - half) return wholeWindow;
  return { above: Math.min(Math.max(0, row - step), count - windowRows), below: 0 };
}

/** The windows that there should be where these rows are seen; `given` itself where they are those. */
export function moved(given: RowWindow, count: number, first: number, last: number): RowWindow {
  if (count <= windowRows) return wholeWindow;
  // Fewer rows than there were.
  let above = Math.min(given.above, count - windowRows);
  let below = Math.min(given.below, count - windowRows - above);
  const room = count - windowRows - above - below;
  if (first < above + half) above = shifted(above, first, room);
  else below = shifted(below, count - 1 - last, room);
  return above === given.above && below === given.below ? given : { above, below };
}

/** @param outside rows on the outer side of a half; `seen` the row that is seen, counted from that side; `room` rows between the halves */
function shifted(outside: number, seen: number, room: number): number {
  if (seen - outside > half - margin) return outside + Math.min(step, room);
  if (outside > 0 && seen - outside < margin) return Math.max(0, outside - step);
  return outside;
}
