/**
 * A browser's element cannot be higher than some 17 million pixels (Firefox; Chromium 33), less than half a million rows. So of a longer list a
 * window lies in the scrolled element, and moves on by half of itself when somebody comes near its end.
 */
export const windowRows = 300_000;
const step = windowRows / 2;
/** How near, in rows. */
const margin = 20_000;

/**
 * @param base the list's row that is the first of the window
 * @param seen the list's row that is seen first
 * @returns the base that the window should have
 */
export function windowBase(base: number, seen: number, count: number): number {
  if (seen - base > windowRows - margin && count > base + windowRows) return base + step;
  if (base > 0 && seen - base < margin) return Math.max(0, base - step);
  return base;
}
