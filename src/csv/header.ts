import { BOM, CR, LF } from './bytes.ts';
import type { Dialect } from './dialect.ts';
import type { FieldBatch } from './field-batch.ts';
import { fieldBytes, isStrayField } from './field.ts';
import { withParser } from './parser.ts';

/**
 * The names of the columns, or why there are none.
 * - `no_header`: nothing but a byte order mark and blank lines.
 * - `stray_quote`, `bad_encoding`: in the field `column` (from 0).
 * - `unterminated_quote`: the bytes end inside the quotes that opened at `byteOffset`.
 */
export type HeaderResult =
  | { readonly kind: 'header'; readonly names: readonly string[] }
  | { readonly kind: 'no_header' }
  | { readonly kind: 'stray_quote' | 'bad_encoding'; readonly column: number }
  | { readonly kind: 'unterminated_quote'; readonly byteOffset: number };

/** Where the first record of a file begins: after a byte order mark and blank lines. */
export function firstRecordAt(bytes: Uint8Array): number {
  let at = BOM.every((byte, index) => bytes[index] === byte) ? BOM.length : 0;
  while (bytes[at] === LF || bytes[at] === CR) at++;
  return at;
}

/** Reads the first record of `bytes`, which begin where the file begins: the scanner's `headerBytes`, or more. */
export function parseHeader(bytes: Uint8Array, dialect: Dialect): HeaderResult {
  const from = firstRecordAt(bytes);
  if (from === bytes.length) return { kind: 'no_header' };

  // A first pass over one record counts its fields, a second one keeps them.
  const once = { dialect, columns: 1, capacity: 1 };
  const counted = withParser({ ...once, keptColumns: 0 }, (parser) => {
    parser.start(bytes, 0);
    parser.parse(from);
    return { fields: parser.batch.fieldCount[0]!, openQuoteAt: parser.openQuoteAt };
  });
  if (counted.openQuoteAt >= 0) return { kind: 'unterminated_quote', byteOffset: counted.openQuoteAt };
  return withParser({ ...once, keptColumns: counted.fields }, (parser) => {
    parser.start(bytes, 0);
    parser.parse(from);
    return namesOf(bytes, parser.batch, dialect);
  });
}

function namesOf(bytes: Uint8Array, batch: FieldBatch, dialect: Dialect): HeaderResult {
  const names: string[] = [];
  for (let column = 0; column < batch.columns; column++) {
    if (isStrayField(bytes, batch, 0, column, dialect)) return { kind: 'stray_quote', column };
    try {
      names.push(strictUtf8.decode(fieldBytes(bytes, batch, 0, column, dialect)));
    } catch {
      return { kind: 'bad_encoding', column };
    }
  }
  return { kind: 'header', names };
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
