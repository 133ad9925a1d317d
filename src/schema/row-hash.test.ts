import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { products } from './dataset.ts';
import { hashRow, packValues, rowLayout } from './packed-rows.ts';
import { checksumText, finishRowHash, HashSum, hashSeed } from './row-hash.ts';

const layout = rowLayout(products);

function hashOf(values: readonly string[], run = 1, line = 2): bigint {
  const hash = new Uint32Array(2);
  hashRow(layout, packValues(layout, values), 0, hash);
  finishRowHash(hash[0]!, hash[1]!, run, line, hash);
  return new BigUint64Array(hash.buffer)[0]!;
}

describe('a row hash', () => {
  test('is the same for the same row', () => {
    expect(hashOf(['s', 'n', 'd'])).toBe(hashOf(['s', 'n', 'd']));
  });

  test('differs for rows that are easily taken for each other', () => {
    const text = 'A short text, as descriptions are.';
    const rows: (readonly [values: readonly string[], run?: number, line?: number])[] = [
      [['s', 'ab', 'c']],
      [['s', 'a', 'bc']],
      [['sa', 'b', 'c']],
      [['s', 'abc', '']],
      [['s', '', 'abc']],
      [['sabc', '', '']],
      [['s', 'a\0', '']],
      [['s', 'a', '']],
      [['s', '', '']],
      [['s', '', '\0\0\0']],
      [['s', '', '\0\0\0\0']],
      [['s', 'c', 'ab']],
      [['s', 'ab', 'c'], 2, 1],
      [['s', 'ab', 'c'], 1, 3],
      [['s', 'ab', 'c'], 3, 2],
      [['s', 'ab', 'c'], 1 + 2 ** 32, 2],
      [['s', 'ab', 'c'], 1, 2 + 2 ** 32],
      [['s', 'ab', 'c'], 0, 2],
      ...Array.from(text, (_, at) => [['s', 'n', text.slice(0, at)]] as const),
      ...Array.from(text, (_, at) => [['s', 'n', `${text.slice(0, at)}~${text.slice(at + 1)}`]] as const),
      ...Array.from(text, (_, at) => [['s', 'n', `${text.slice(0, at)}~${text.slice(at)}`]] as const),
    ];
    expect(new Set(rows.map(([values, run, line]) => hashOf(values, run, line))).size).toBe(rows.length);
  });

  test('has no collision, not even in one of its halves more than chance allows, among 100,000 close neighbours', () => {
    const hashes = new BigUint64Array(100_000);
    for (let index = 0; index < hashes.length; index++) {
      const [a, b] = [index % 317, Math.floor(index / 317)];
      hashes[index] = hashOf([`sku-${a}`, `n${b}`, ''], 1, 2);
    }
    expect(new Set(hashes).size).toBe(hashes.length);
    // 100,000 random numbers of 32 bits have 1.2 pairs of equal ones on average.
    for (const half of [
      new Set(hashes.values().map((hash) => hash >> 32n)),
      new Set(hashes.values().map((hash) => hash & 0xffff_ffffn)),
    ]) {
      expect(hashes.length - half.size).toBeLessThan(12);
    }
  });

  test('every flipped bit of the content changes about half of it', () => {
    const values = ['sku', 'a name', 'a description of some length'];
    const original = hashOf(values);
    let flippedBits = 0;
    let flips = 0;
    for (let at = 0; at < values[2]!.length; at++) {
      for (let bit = 0; bit < 7; bit++) {
        const letter = String.fromCharCode(values[2]!.charCodeAt(at) ^ (1 << bit));
        const changed = hashOf([
          values[0]!,
          values[1]!,
          values[2]!.slice(0, at) + letter + values[2]!.slice(at + 1),
        ]);
        flippedBits += (original ^ changed).toString(2).replaceAll('0', '').length;
        flips++;
      }
    }
    expect(flippedBits / flips).toBeGreaterThan(28);
    expect(flippedBits / flips).toBeLessThan(36);
  });

  test('knows the types of its columns', () => {
    expect([...hashSeed([1, 1, 1])]).not.toEqual([...hashSeed([1, 2, 1])]);
    expect([...hashSeed([1, 1, 1])]).not.toEqual([...hashSeed([1, 1])]);
  });
});

describe('HashSum', () => {
  test('adds and subtracts modulo 2^64, from any start', () => {
    const hash = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    const extremes = fc.constantFrom(
      0n,
      1n,
      2n ** 32n - 1n,
      2n ** 32n,
      2n ** 63n,
      2n ** 64n - 1n,
      2n ** 64n - 2n ** 32n,
    );
    const steps = fc.array(fc.record({ hash: fc.oneof(hash, extremes), taken: fc.boolean() }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), steps, (start, hashes) => {
        const sum = new HashSum(start);
        let expected = start;
        for (const { hash: value, taken } of hashes) {
          const [low, high] = [Number(value & 0xffff_ffffn), Number(value >> 32n)];
          if (taken) sum.subtract(low, high);
          else sum.add(low, high);
          expected += taken ? -value : value;
        }
        expect(sum.toSigned()).toBe(BigInt.asIntN(64, expected));
      }),
      { numRuns: 1000 },
    );
  });

  test('is shown with 16 digits', () => {
    expect(checksumText(0n)).toBe('0000000000000000');
    expect(checksumText(-1n)).toBe('ffffffffffffffff');
    expect(checksumText(255n)).toBe('00000000000000ff');
  });
});
