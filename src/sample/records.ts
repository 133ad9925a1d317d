import { combine, keyFor, RandomStream } from './random.ts';
import { type SkuOf, skusOf } from './sku.ts';
import { drawDescription, drawName } from './text.ts';

export interface SampleRecord {
  readonly name: string;
  readonly sku: string;
  readonly description: string;
}

/** A later version of the same sample: some records get another description, nothing else changes. */
export interface SampleChange {
  /** Share of the records, from 0 to 1, in steps of a millionth; spread evenly over the file. */
  readonly fraction: number;
  /** Which records, and their new text. From 0 to 2^53 - 1. */
  readonly seed: number;
}

export interface SampleContent {
  /** From 0 to 2^53 - 1. The same seed gives the same records on every machine. */
  readonly seed: number;
  readonly changed?: SampleChange | undefined;
}

/** Of every 500,000 records 466,693 bring a new sku; the other 33,307 repeat an earlier one. */
const distinctPer = { distinct: 466_693, records: 500_000 } as const;
/** Keeps record numbers within 32 bits, and all arithmetic on them exact. */
export const maxSampleRecords = 2 ** 32 - 1;

const recordPurpose = 0x726563;
const changePurpose = 0x636867;
const million = 1_000_000;

/** How many distinct skus the first `records` records have: the share of `distinctPer`, rounded. */
export function distinctSkusAmong(records: number): number {
  // Half up, in whole numbers: (2an + b) / 2b without its remainder. Below 2^53 for all allowed n.
  const doubled = 2 * distinctPer.distinct * records + distinctPer.records;
  const divisor = 2 * distinctPer.records;
  return (doubled - (doubled % divisor)) / divisor;
}

/**
 * The records of a sample. Record `index` depends on the seed and on `index` alone, so memory does not grow with
 * the sample, and a short sample is the beginning of a long one.
 */
export class SampleRecords {
  readonly #recordKey: number;
  readonly #skuOf: SkuOf;
  readonly #changeKey: number;
  /** Changed records in a million, and where in the first million they begin. */
  readonly #changedPerMillion: number;
  readonly #changePhase: number;
  readonly #random = new RandomStream();

  constructor({ seed, changed = { fraction: 0, seed: 0 } }: SampleContent) {
    assertSeed('seed', seed);
    assertSeed('changed.seed', changed.seed);
    if (!(changed.fraction >= 0 && changed.fraction <= 1)) {
      throw new RangeError(`changed.fraction must be from 0 to 1, not ${changed.fraction}`);
    }
    this.#recordKey = keyFor(seed, recordPurpose);
    this.#skuOf = skusOf(seed);
    this.#changeKey = keyFor(changed.seed, changePurpose);
    this.#changedPerMillion = Math.round(changed.fraction * million);
    this.#changePhase = (this.#changeKey >>> 0) % million;
  }

  /** `index` from 0. */
  at(index: number): SampleRecord {
    const random = this.#random;
    random.startAt(this.#recordKey, index);
    const name = drawName(random);
    const earlierSkus = distinctSkusAmong(index);
    const isNewSku = distinctSkusAmong(index + 1) > earlierSkus;
    const sku = this.#skuOf(isNewSku ? earlierSkus : random.below(earlierSkus));
    const description = drawDescription(random);
    return {
      name,
      sku,
      description: this.#isChanged(index) ? this.#otherThan(description, index) : description,
    };
  }

  /** True for exactly `fraction` of the records of any stretch, give or take one. */
  #isChanged(index: number): boolean {
    return (index * this.#changedPerMillion + this.#changePhase) % million < this.#changedPerMillion;
  }

  #otherThan(description: string, index: number): string {
    for (let attempt = 0; ; attempt++) {
      this.#random.startAt(combine(this.#changeKey, attempt), index);
      const other = drawDescription(this.#random);
      if (other !== description) {
        return other;
      }
    }
  }
}

function assertSeed(what: string, seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`${what} must be a whole number from 0 to 2^53 - 1, not ${seed}`);
  }
}
