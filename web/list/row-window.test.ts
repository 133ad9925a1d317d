import { expect, test } from 'vitest';
import { windowBase, windowRows } from './row-window.ts';

test('a list that fits has one window', () => {
  expect(windowBase(0, windowRows - 1, windowRows)).toBe(0);
});

test('from the first row to the last and back, what is seen is always in the window, and never at its end', () => {
  const count = 5_000_000;
  let base = 0;
  let moves = 0;
  const visit = (seen: number): void => {
    const next = windowBase(base, seen, count);
    if (next !== base) moves++;
    base = next;
    expect(seen - base).toBeGreaterThanOrEqual(0);
    expect(seen - base).toBeLessThan(windowRows);
    // Moved once, it stays where it is.
    expect(windowBase(base, seen, count)).toBe(base);
  };
  for (let seen = 0; seen < count; seen += 5000) visit(seen);
  for (let seen = count - 1; seen >= 0; seen -= 5000) visit(seen);
  expect(base).toBe(0);
  expect(moves).toBeGreaterThan(50);
});
