/** Hashes and key bytes of single rows, from their values. For what is not hot: edits. */
import { type Dataset, layoutColumns } from './dataset.ts';
import type { CanonicalValue } from './canonical-text.ts';
import { hashRow, packValues, rowLayout } from './packed-rows.ts';
import { finishRowHash } from './row-hash.ts';

/** Two lanes as databases store them: one signed 64-bit integer. */
export function signedHash(low: number, high: number): bigint {
  return BigInt.asIntN(64, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));
}

/** Hashes rows of one dataset. Values are canonical texts in the order of its columns. */
export class RowHasher {
  readonly #layout;
  readonly #columns: readonly number[];

  constructor(dataset: Dataset) {
    this.#layout = rowLayout(dataset);
    this.#columns = layoutColumns(dataset).map((column) => dataset.columns.indexOf(column));
  }

  /** The hash without run and line. */
  content(values: readonly CanonicalValue[]): bigint {
    const hash = this.#lanes(values);
    return signedHash(hash[0]!, hash[1]!);
  }

  row(values: readonly CanonicalValue[], run: number, line: number): bigint {
    const hash = this.#lanes(values);
    finishRowHash(hash[0]!, hash[1]!, run, line, hash);
    return signedHash(hash[0]!, hash[1]!);
  }

  #lanes(values: readonly CanonicalValue[]): Uint32Array {
    const words = packValues(
      this.#layout,
      this.#columns.map((column) => values[column]!),
    );
    const hash = new Uint32Array(2);
    hashRow(this.#layout, words, 0, hash);
    return hash;
  }
}

/** A key's bytes as packed rows have them: they compare as keys do. */
export function keyBytes(key: readonly string[]): Uint8Array {
  return Buffer.from(key.join('\0'));
}
export function keyOfBytes(bytes: Uint8Array): string[] {
  return Buffer.from(bytes).toString().split('\0');
}
