import { describe, expect, test } from 'vitest';
import { defaultRejectLimit, exceeds, limitText } from './reject-limit.ts';

describe('the reject limit', () => {
  test('of a number is exceeded by one more', () => {
    expect(exceeds({ kind: 'number', number: 0 }, 0, 10)).toBe(false);
    expect(exceeds({ kind: 'number', number: 0 }, 1, 10)).toBe(true);
    expect(exceeds({ kind: 'number', number: 5 }, 5, 5)).toBe(false);
  });

  test('of a part needs both, the part and the least number', () => {
    expect(exceeds(defaultRejectLimit, 100, 100)).toBe(false);
    expect(exceeds(defaultRejectLimit, 101, 1010)).toBe(false);
    expect(exceeds(defaultRejectLimit, 101, 1009)).toBe(true);
    expect(exceeds({ kind: 'part', part: 0, atLeast: 0 }, 0, 0)).toBe(false);
    expect(exceeds({ kind: 'part', part: 0, atLeast: 0 }, 1, 1_000_000)).toBe(true);
    expect(exceeds({ kind: 'part', part: 1, atLeast: 0 }, 7, 7)).toBe(false);
  });

  test('of each whole percentage allows exactly that many of a hundred', () => {
    for (let percent = 0; percent <= 100; percent++) {
      const limit = { kind: 'part', part: percent / 100, atLeast: 0 } as const;
      expect(exceeds(limit, percent, 100)).toBe(false);
      expect(exceeds(limit, percent * 7, 700)).toBe(false);
      expect(exceeds(limit, percent + 1, 100)).toBe(true);
    }
  });

  test('is shown as it is given', () => {
    expect(limitText({ kind: 'number', number: 7 })).toBe('7');
    expect(limitText({ kind: 'part', part: 0.29, atLeast: 0 })).toBe('29 %');
    expect(limitText(defaultRejectLimit)).toBe('10 % and 100 records');
  });
});
