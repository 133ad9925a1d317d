import { expect, test } from 'vitest';
import {
  distinctSkusAmong,
  maxSampleRecords,
  type SampleContent,
  type SampleRecord,
  SampleRecords,
} from './records.ts';
import { skusOf } from './sku.ts';
import { skuWords } from './words.ts';

function take(content: SampleContent, from: number, to: number) {
  const records = new SampleRecords(content);
  return Array.from({ length: to - from }, (_, offset) => records.at(from + offset));
}

test('a record depends on its seed and place alone, not on the records drawn before it', () => {
  const inOrder = take({ seed: 7 }, 0, 300);
  const records = new SampleRecords({ seed: 7 });
  const backwards = inOrder.map((_, index) => records.at(299 - index)).reverse();
  expect(backwards).toEqual(inOrder);
});

test('another seed gives other records, also when only its upper bits differ', () => {
  for (const other of [8, 7 + 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    const texts = new Set(take({ seed: 7 }, 0, 1_000).map((record) => record.description));
    const shared = take({ seed: other }, 0, 1_000).filter((record) => texts.has(record.description));
    expect(shared, `seed ${other}`).toEqual([]);
  }
});

test('the first record has the sku lay-raise-best-end whatever the seed', () => {
  for (const seed of [0, 1, 2, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    expect(new SampleRecords({ seed }).at(0).sku).toBe('lay-raise-best-end');
  }
});

test('distinct skus: the share of the catalogue, rounded', () => {
  expect([0, 1, 7, 8, 22, 23, 500_000].map(distinctSkusAmong)).toEqual([0, 1, 7, 7, 21, 21, 466_693]);
  // Against whole numbers of any size: round half up.
  for (const records of [12_345, 999_999_937, maxSampleRecords - 1, maxSampleRecords]) {
    const exact = (2n * 466_693n * BigInt(records) + 500_000n) / 1_000_000n;
    expect(BigInt(distinctSkusAmong(records))).toBe(exact);
  }
});

test('the records say what the arithmetic says, at any length', () => {
  const skus = new Set<string>();
  const wrongAt = take({ seed: 3 }, 0, 10_000).flatMap((record, index) => {
    skus.add(record.sku);
    return skus.size === distinctSkusAmong(index + 1) ? [] : [index];
  });
  expect(wrongAt).toEqual([]);
});

test('a record late in a huge sample that repeats a sku repeats one of an earlier number', () => {
  const last = maxSampleRecords - 1;
  const skuOf = skusOf(3);
  for (let index = last; index > last - 40; index--) {
    const number = distinctSkusAmong(index);
    const isNew = distinctSkusAmong(index + 1) > number;
    expect(new SampleRecords({ seed: 3 }).at(index).sku === skuOf(number), `record ${index}`).toBe(isNew);
  }
});

test('four words from 1,024 that differ: 2^40 skus, and far apart numbers stay distinct', () => {
  expect(skuWords).toHaveLength(1_024);
  expect(new Set(skuWords).size).toBe(1_024);
  expect(skuWords.filter((word) => !/^[a-z]{2,6}$/.test(word))).toEqual([]);

  const skuOf = skusOf(5);
  const skus = new Set<string>();
  for (let step = 0; step < 20_000; step++) {
    skus.add(skuOf(step * 2 ** 20)); // the upper half counts up
    skus.add(skuOf(2 ** 40 - 1 - step)); // both halves, from the far end
  }
  expect(skus.size).toBe(40_000);
});

test.each([0, 0.01, 0.05, 0.5, 1])(
  'changed: exactly %d of the records, spread evenly, get another description',
  (fraction) => {
    const before = take({ seed: 1 }, 0, 5_000);
    const after = take({ seed: 1, changed: { fraction, seed: 9 } }, 0, 5_000);
    const changedPerTenth = Array.from({ length: 10 }, () => 0);
    after.forEach((record, index) => {
      changedPerTenth[Math.floor(index / 500)]! += record.description === before[index]!.description ? 0 : 1;
    });
    expect(changedPerTenth).toEqual(Array.from({ length: 10 }, () => 500 * fraction));
    const withoutText = ({ name, sku }: SampleRecord): string => `${name},${sku}`;
    expect(after.map(withoutText)).toEqual(before.map(withoutText));
  },
);

test('changed: another seed changes other records, and differently', () => {
  const before = take({ seed: 1 }, 0, 1_000);
  const one = take({ seed: 1, changed: { fraction: 0.1, seed: 1 } }, 0, 1_000);
  const other = take({ seed: 1, changed: { fraction: 0.1, seed: 2 } }, 0, 1_000);
  const changedIn = (after: typeof before) =>
    after.flatMap((record, index) => (record.description === before[index]!.description ? [] : [index]));
  expect(changedIn(one)).toHaveLength(100);
  expect(changedIn(other)).toHaveLength(100);
  expect(changedIn(one)).not.toEqual(changedIn(other));

  const all = take({ seed: 1, changed: { fraction: 1, seed: 1 } }, 0, 100).map(
    (record) => record.description,
  );
  const allOther = take({ seed: 1, changed: { fraction: 1, seed: 2 } }, 0, 100).map(
    (record) => record.description,
  );
  expect(all.filter((description, index) => description === allOther[index])).toEqual([]);
});

test.each<[SampleContent, RegExp]>([
  [{ seed: -1 }, /^seed must be .* not -1$/],
  [{ seed: 0.5 }, /^seed must be .* not 0.5$/],
  [{ seed: 2 ** 53 }, /^seed must be/],
  [{ seed: 1, changed: { fraction: 1.01, seed: 1 } }, /^changed\.fraction must be .* not 1.01$/],
  [{ seed: 1, changed: { fraction: Number.NaN, seed: 1 } }, /^changed\.fraction must be .* not NaN$/],
  [{ seed: 1, changed: { fraction: 0.5, seed: -1 } }, /^changed\.seed must be/],
])('%j is refused, and the message says why', (content, message) => {
  expect(() => new SampleRecords(content)).toThrow(message);
});
