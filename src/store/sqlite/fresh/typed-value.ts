import type { ColumnType } from '../../../schema/dataset.ts';
import { int64Type, textType } from './record.ts';

const nullCode = 0;
const float64Code = 7;

/** One value as SQLite's record format has it, read from its canonical text. To be used again and again. */
export class TypedValue {
  /** The type code. */
  code = nullCode;
  /** Bytes of the value; of text they are not copied here. */
  bytes = 0;
  /** The value of a number: the last `bytes` of these 8, most significant first. */
  readonly number = new Uint8Array(8);
  readonly #view = new DataView(this.number.buffer);

  read(type: ColumnType, source: Uint8Array, start: number, length: number): void {
    if (type === 'text' || (length > 0 && (type === 'date' || type === 'timestamp'))) {
      this.code = textType(length);
      this.bytes = length;
      return;
    }
    this.code = nullCode;
    this.bytes = 0;
    if (length === 0) return;
    if (type === 'boolean') {
      this.code = 8 + (source[start]! - 0x30);
      return;
    }
    if (type === 'integer' && length <= safeDigits) {
      this.#readSmallInteger(source, start, length);
      return;
    }
    const text = Buffer.from(source.buffer, source.byteOffset + start, length).toString('latin1');
    if (type === 'real') {
      this.#view.setFloat64(0, Number(text));
      this.code = float64Code;
      this.bytes = 8;
    } else {
      this.#readInteger(BigInt(text));
    }
  }

  get isText(): boolean {
    return this.code >= textType(0);
  }

  #readSmallInteger(source: Uint8Array, start: number, length: number): void {
    const isNegative = source[start] === 0x2d;
    let value = 0;
    for (let at = isNegative ? start + 1 : start; at < start + length; at++)
      value = value * 10 + source[at]! - 0x30;
    if (isNegative) value = -value;
    this.#view.setInt32(0, Math.floor(value / 2 ** 32));
    this.#view.setUint32(4, value >>> 0);
    this.#chooseForm(value);
  }

  #readInteger(value: bigint): void {
    this.#view.setBigInt64(0, value);
    // Rounding to a number never leads to a form that is too small: the limits are far from where it begins.
    this.#chooseForm(Number(value));
  }

  /** The smallest form that holds it; 0 and 1 are type codes of their own. */
  #chooseForm(value: number): void {
    if (value === 0 || value === 1) {
      this.code = 8 + value;
      return;
    }
    for (const [code, bytes, limit] of integerForms) {
      if (value < -limit || value >= limit) continue;
      this.code = code;
      this.bytes = bytes;
      return;
    }
    this.code = int64Type;
    this.bytes = 8;
  }
}

/** Digits and a sign that a number holds exactly, whatever they are. */
const safeDigits = 15;

const integerForms: readonly (readonly [code: number, bytes: number, limit: number])[] = [
  [1, 1, 2 ** 7],
  [2, 2, 2 ** 15],
  [3, 3, 2 ** 23],
  [4, 4, 2 ** 31],
  [5, 6, 2 ** 47],
];

/** Writes a value that was read from `source[start, start + length)`. @returns the index after it */
export function putValue(
  target: Uint8Array,
  at: number,
  value: TypedValue,
  source: Uint8Array,
  start: number,
  length: number,
): number {
  let to = at;
  if (value.isText) for (let from = start; from < start + length; from++) target[to++] = source[from]!;
  else for (let from = 8 - value.bytes; from < 8; from++) target[to++] = value.number[from]!;
  return to;
}
