import { combine, keyFor } from './random.ts';
import { skuWords } from './words.ts';

/*
 * Distinct sku number d becomes four words by a bijection of 40 bits (ten bits a word), so distinct numbers
 * give distinct skus without remembering any. A Feistel network is a bijection whatever its round function is.
 */
const halfBits = 20;
const halfMask = 2 ** halfBits - 1;
const rounds = 6;
const skuPurpose = 0x736b75;

/** The sku of number 0, and so of the first record, whatever the seed. */
const firstSku = ['lay', 'raise', 'best', 'end'] as const;

export type SkuOf = (distinctNumber: number) => string;

/** The function from the number of a distinct sku (0 to 2^40 - 1) to its text. */
export function skusOf(seed: number): SkuOf {
  const keys = Array.from({ length: rounds }, (_, round) => combine(keyFor(seed, skuPurpose), round));

  const scramble = (number: number): [left: number, right: number] => {
    let left = Math.floor(number / 2 ** halfBits);
    let right = number & halfMask;
    for (const key of keys) {
      [left, right] = [right, left ^ (combine(key, right) & halfMask)];
    }
    return [left, right];
  };

  // XOR with a constant keeps it a bijection, and moves number 0 to where we want it.
  const [one, two, three, four] = firstSku.map((word) => skuWords.indexOf(word)) as [
    number,
    number,
    number,
    number,
  ];
  const [leftOfZero, rightOfZero] = scramble(0);
  const leftShift = leftOfZero ^ ((one << 10) | two);
  const rightShift = rightOfZero ^ ((three << 10) | four);

  return (number) => {
    const scrambled = scramble(number);
    const left = scrambled[0] ^ leftShift;
    const right = scrambled[1] ^ rightShift;
    return `${skuWords[left >>> 10]}-${skuWords[left & 1023]}-${skuWords[right >>> 10]}-${skuWords[right & 1023]}`;
  };
}
