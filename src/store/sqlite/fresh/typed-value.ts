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

  /** In the smallest form that holds it; 0 and 1 are type codes of their own. */
  #readInteger(value: bigint): void {
    this.#view.setBigInt64(0, value);
    if (value === 0n || value === 1n) {
      this.code = 8 + Number(value);
      return;
    }
    for (const [code, bytes] of integerForms) {
      if (BigInt.asIntN(bytes * 8, value) !== value) continue;
      this.code = code;
      this.bytes = bytes;
      return;
    }
  }
}

const integerForms: readonly (readonly [code: number, bytes: number])[] = [
  [1, 1],
  [2, 2],
  [3, 3],
  [4, 4],
  [5, 6],
  [int64Type, 8],
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
