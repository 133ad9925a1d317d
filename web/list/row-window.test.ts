import { expect, test } from 'vitest';
import { moved, placeOf, rowAt, wholeWindow, windowOf, windowRows } from './row-window.ts';

const count = 5_000_000;

test('a list that fits has one window', () => {
  expect(moved(wholeWindow, windowRows, 0, 20)).toEqual(wholeWindow);
  expect(rowAt(wholeWindow, windowRows, windowRows - 1)).toBe(windowRows - 1);
  expect(placeOf(wholeWindow, windowRows, 5)).toBe(5);
});

test('of a longer one the first place is the first row and the last place the last', () => {
  expect(rowAt(wholeWindow, count, 0)).toBe(0);
  expect(rowAt(wholeWindow, count, windowRows - 1)).toBe(count - 1);
  expect(placeOf(wholeWindow, count, count - 1)).toBe(windowRows - 1);
  expect(placeOf(wholeWindow, count, count / 2)).toBeNull();
});

test.each([
  ['the first row to the last', 0, 1],
  ['the last row to the first', count - 1, -1],
])('from %s and back, what is seen is always in a window, and never at its end', (_, begin, direction) => {
  let window = wholeWindow;
  let moves = 0;
  const visit = (seen: number): void => {
    const next = moved(window, count, seen, seen);
    if (next !== window) moves++;
    window = next;
    const place = placeOf(window, count, seen) ?? -1;
    expect(rowAt(window, count, place)).toBe(seen);
    // Moved once, it stays where it is.
    expect(moved(window, count, seen, seen)).toBe(window);
  };
  for (let way = 0; way < count; way += 5000) visit(begin + direction * way);
  for (let way = count - 5000; way >= 0; way -= 5000) visit(begin + direction * way);
  expect(direction > 0 ? window.above : window.below).toBe(0);
  expect(moves).toBeGreaterThan(50);
});

test('every row has windows in which it is', () => {
  for (let row = 0; row < count; row += 9973)
    expect(rowAt(windowOf(count, row), count, placeOf(windowOf(count, row), count, row) ?? -1)).toBe(row);
  expect(windowOf(count, count - 1)).toEqual(wholeWindow);
});

test('a list that has become shorter is still in its windows', () => {
  const window = { above: 1_000_000, below: 2_000_000 };
  const fewer = moved(window, 400_000, 0, 20);
  expect(fewer.above + fewer.below).toBeLessThanOrEqual(400_000 - windowRows);
});
