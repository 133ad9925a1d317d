import { type ColumnType, columnTypes, isColumnType } from '../schema/dataset.ts';

/** What an option's text can mean. Each reader returns `null` for what it cannot read; `expected` completes an error. */
export interface ValueKind<Value> {
  readonly expected: string;
  read(text: string): Value | null;
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
};

export function integer(least: number, most: number): ValueKind<number> {
  return {
    expected: `it must be a whole number from ${least} to ${most}`,
    read(text) {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      return value >= least && value <= most ? value : null;
    },
  };
}

/** A number of bytes, with or without a unit. */
export function bytes(least: string, most: string): ValueKind<number> {
  const read = (text: string): number | null => {
    const [, number, unit] = /^(\d{1,12}) ?(|B|KiB|MiB|GiB|TiB|PiB)$/.exec(text) ?? [];
    return number === undefined || unit === undefined ? null : Number(number) * (units[unit] as number);
  };
  const [from, to] = [read(least) as number, read(most) as number];
  return {
    expected: `it must be a size from ${least} to ${most}, such as 8MiB`,
    read(text) {
      const value = read(text);
      return value !== null && value >= from && value <= to ? value : null;
    },
  };
}

/** Seconds, with up to three decimals. */
export function seconds(least: number, most: number): ValueKind<number> {
  return {
    expected: `it must be seconds from ${least} to ${most}`,
    read(text) {
      const value = /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
      return value >= least && value <= most ? value : null;
    },
  };
}

/** A share of the whole: `5%` or `0.5%`; 0 to 1. */
export const percent: ValueKind<number> = {
  expected: 'it must be a percentage from 0% to 100%, such as 1%',
  read(text) {
    const [, number] = /^(\d{1,3}(?:\.\d{1,6})?) ?%$/.exec(text) ?? [];
    return number === undefined || Number(number) > 100 ? null : Number(number) / 100;
  },
};

const namedBytes: Readonly<Record<string, number>> = {
  tab: 0x09,
  '\\t': 0x09,
  comma: 0x2c,
  semicolon: 0x3b,
  pipe: 0x7c,
  space: 0x20,
};

/** One character of ASCII, by itself or by name; not a line break. */
export const oneByte: ValueKind<number> = {
  expected: 'it must be one ASCII character, or one of tab, comma, semicolon, pipe, space',
  read(text) {
    const named = namedBytes[text];
    if (named !== undefined) return named;
    const code = text.charCodeAt(0);
    return text.length === 1 && code > 0 && code < 0x80 && code !== 0x0a && code !== 0x0d ? code : null;
  },
};

/** As `oneByte`, or `none`. */
export const oneByteOrNone: ValueKind<number | 'none'> = {
  expected: 'it must be one ASCII character, or none',
  read: (text) => (text === 'none' ? 'none' : oneByte.read(text)),
};

export const text: ValueKind<string> = {
  expected: 'it must be at least one character',
  read: (value) => (value === '' ? null : value),
};

/** The name of an encoding, as TextDecoder knows it by: `latin1` is read as `windows-1252`. */
export const encodingName: ValueKind<string> = {
  expected: 'it must be an encoding such as utf-8, utf-16le, windows-1252 or shift_jis',
  read(value) {
    try {
      return new TextDecoder(value).encoding;
    } catch {
      return null;
    }
  },
};

/** Columns and their types: `amount=real,paid=boolean`. */
export const typedColumns: ValueKind<ReadonlyMap<string, ColumnType> | null> = {
  expected: `it must be columns with their types, such as amount=real,paid=boolean; types are ${columnTypes.join(', ')}`,
  read(value) {
    const types = new Map<string, ColumnType>();
    for (const part of value.split(',')) {
      const [, name, type] = /^(.+)=([a-z]+)$/s.exec(part) ?? [];
      if (name === undefined || !isColumnType(type) || types.has(name)) return null;
      types.set(name, type);
    }
    return types;
  },
};

/** Names with commas between them, to the letter. */
export const names: ValueKind<readonly string[] | null> = {
  expected: 'it must be names with commas between them, such as sku,name,description',
  read(value) {
    const read = value.split(',');
    return read.includes('') ? null : read;
  },
};

/** A switch: given alone it means `true`. */
export const onOrOff: ValueKind<boolean> = {
  expected: 'it must be true or false',
  read: (value) => (value === 'true' || value === 'false' ? value === 'true' : null),
};

/** One of a few words. */
export function oneOf<Word extends string>(words: readonly Word[]): ValueKind<Word> {
  return {
    expected: `it must be one of ${words.join(', ')}`,
    read: (value) => words.find((word) => word === value) ?? null,
  };
}

/** Names of hosts as browsers send them, without ports. */
export const hostNames: ValueKind<readonly string[]> = {
  expected: 'it must be names of hosts with commas between them, such as longhaul.example,10.0.0.5',
  read(value) {
    const read = value.toLowerCase().split(',');
    return read.every((name) => /^([a-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(name)) ? read : null;
  },
};

export const httpAddress: ValueKind<string> = {
  expected: 'it must be http://HOST:PORT or https://HOST…',
  read: (value) => (/^https?:\/\//.test(value) && URL.canParse(value) ? value : null),
};

/** What goes into a header of HTTP: visible ASCII without spaces. */
export const token: ValueKind<string | null> = {
  expected: 'it must be visible ASCII characters without spaces',
  read: (value) => (/^[!-~]+$/.test(value) ? value : null),
};
