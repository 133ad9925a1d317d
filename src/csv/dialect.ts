import { CR, LF } from './bytes.ts';

/**
 * How the text of a CSV file is formatted: formatting only, never what the values mean.
 *
 * Every delimiter, quote and escape is one byte of ASCII. Files in other encodings are decoded to UTF-8
 * before they reach this folder, so everything here sees bytes of UTF-8.
 */
export interface Dialect {
  /** The byte between two fields, `,` by default. */
  readonly delimiter: number;
  /** The byte that opens and closes a quoted field, `"` by default; `null`: quotes are data. */
  readonly quote: number | null;
  /**
   * The byte that, inside a quoted field, makes the next byte plain data. `null` (the default) or the quote
   * itself: a quote is written twice (RFC 4180). With an escape byte a doubled quote is not special.
   */
  readonly escape: number | null;
  /** Whether the first record names the columns. */
  readonly header: boolean;
}

/** RFC 4180 with a header. */
export const defaultDialect: Dialect = {
  delimiter: 0x2c,
  quote: 0x22,
  escape: null,
  header: true,
};

/**
 * The special bytes as the loops compare them: `absent` where the dialect has none, which equals no byte.
 * An escape that is the quote means the doubled quote of RFC 4180, so it is absent here.
 */
export interface SpecialBytes {
  readonly delimiter: number;
  readonly quote: number;
  readonly escape: number;
}

export const absent = -1;

/** The special bytes of a dialect; throws when one cannot be told from another, from a line end or from a letter. */
export function specialBytes(dialect: Dialect): SpecialBytes {
  const { delimiter, quote, escape } = dialect;
  for (const byte of [delimiter, quote, escape]) {
    const fits =
      byte === null || (Number.isInteger(byte) && byte >= 0 && byte <= 0x7f && byte !== LF && byte !== CR);
    if (!fits)
      throw new RangeError(`${byte} is no byte for a delimiter, quote or escape: ASCII, not CR, not LF`);
  }
  if (delimiter === quote || delimiter === escape) {
    throw new RangeError('delimiter, quote and escape must be different bytes');
  }
  return { delimiter, quote: quote ?? absent, escape: escape === null || escape === quote ? absent : escape };
}
