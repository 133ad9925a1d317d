/**
 * Typed values without loss. A value of a column that is not text is turned into its canonical text, the one way of writing
 * it; two values are equal exactly when their canonical texts are. What would lose something is no value of the type:
 * `0017` is no integer (its zeros mean something), a number of more digits than a double holds is no real.
 *
 * | type | taken | canonical |
 * |---|---|---|
 * | integer | digits with or without a sign, no leading zeros, −2^63 to 2^63−1 | `-17` |
 * | real | a decimal number whose value a double gives back | `0.1`, `1e+21` |
 * | boolean | true, t, yes, y, on, 1 and false, f, no, n, off, 0, in any case | `1`, `0` |
 * | date | `2026-02-28`, years 0001 to 9999 | the same |
 * | timestamp | a date, `T` or a space, a time to the microsecond, `Z` or an offset; without either it is in UTC | `2026-02-28 23:59:59.5`, in UTC |
 *
 * The canonical texts of dates and of timestamps sort as their values do.
 */
import type { ColumnType } from './dataset.ts';

export type TypedColumn = Exclude<ColumnType, 'text'>;

/** A value as packed rows have it; null is NULL, which a text never is. */
export type CanonicalValue = string | null;

/** Whether a stored value is one that a column of this type can have. */
export function isCanonicalValue(type: ColumnType, value: unknown): value is CanonicalValue {
  return typeof value === 'string' || (value === null && type !== 'text');
}

/** Longer than any canonical text of a column that is not text. */
export const mostCanonicalBytes = 32;

/** A field longer than this is no value of any type; so nobody has to look at all of a long one. */
export const mostTypedBytes = 400;

const canonical: Readonly<Record<TypedColumn, (text: string) => string | null>> = {
  integer: canonicalInteger,
  real: canonicalReal,
  boolean: canonicalBoolean,
  date: canonicalDate,
  timestamp: canonicalTimestamp,
};

/** @param text not empty: an empty field of a column that is not text is NULL. @returns null if it is no value of the type */
export function canonicalText(type: TypedColumn, text: string): string | null {
  return text.length > mostTypedBytes ? null : canonical[type](text);
}

/**
 * Makes the value in `bytes[start, end)` canonical, in its place; there must be room for `mostCanonicalBytes`.
 *
 * @returns the index after it, or -1 if it is no value of the type
 */
export function canonicalize(type: TypedColumn, bytes: Uint8Array, start: number, end: number): number {
  const quick = quickEnds[type](bytes, start, end);
  if (quick !== -1) return quick;
  if (end - start > mostTypedBytes) return -1;
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
  const written = canonical[type](text);
  if (written === null) return -1;
  for (let at = 0; at < written.length; at++) bytes[start + at] = written.charCodeAt(at);
  return start + written.length;
}

/**
 * The forms that most values of most files have, without a string for each. They make a value canonical as `canonicalize`
 * does, or return -1 for "ask the slow way".
 */
const quickEnds: Readonly<Record<TypedColumn, (bytes: Uint8Array, start: number, end: number) => number>> = {
  integer: (bytes, start, end) =>
    end - start <= 18 && bytes[start]! > 0x30 && areDigits(bytes, start, end) ? end : -1,
  real: quickReal,
  boolean: (bytes, start, end) =>
    end - start === 1 && (bytes[start] === 0x30 || bytes[start] === 0x31) ? end : -1,
  date: (bytes, start, end) => (end - start === 10 && isDateAt(bytes, start) ? end : -1),
  timestamp: quickTimestamp,
};

function areDigits(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! < 0x30 || bytes[at]! > 0x39) return false;
  return true;
}

/** Digits that a double gives back whatever they are, if there is no exponent (DBL_DIG of C). */
const safeDigits = 15;

/** `17.50`: what is cut off are zeros. JavaScript writes numbers from 1 on like this. */
function quickReal(bytes: Uint8Array, start: number, end: number): number {
  let point = start;
  while (point < end && bytes[point] !== 0x2e) point++;
  if (end - start > safeDigits || point === start || bytes[start] === 0x30) return -1;
  if (!areDigits(bytes, start, point) || !areDigits(bytes, point + 1, end)) return -1;
  let last = end;
  if (point < end) while (bytes[last - 1] === 0x30) last--;
  return last === point + 1 ? point : last;
}

/** `2026-02-28T23:59:59`, a fraction, `Z`: what changes are the T, zeros at the end and the Z. */
function quickTimestamp(bytes: Uint8Array, start: number, end: number): number {
  let last = bytes[end - 1] === 0x5a ? end - 1 : end;
  const time = start + 11;
  if (last - time < 8 || last - time > 15 || !isDateAt(bytes, start)) return -1;
  if (bytes[start + 10] !== 0x54 && bytes[start + 10] !== 0x20) return -1;
  if (bytes[time + 2] !== 0x3a || bytes[time + 5] !== 0x3a) return -1;
  if (!isBelow(bytes, time, 24) || !isBelow(bytes, time + 3, 60) || !isBelow(bytes, time + 6, 60)) return -1;
  const point = time + 8;
  if (last > point && (bytes[point] !== 0x2e || last === point + 1 || !areDigits(bytes, point + 1, last)))
    return -1;
  if (last > point) while (bytes[last - 1] === 0x30) last--;
  bytes[start + 10] = 0x20;
  return last === point + 1 ? point : last;
}

function isDateAt(bytes: Uint8Array, start: number): boolean {
  if (bytes[start + 4] !== 0x2d || bytes[start + 7] !== 0x2d) return false;
  if (!areDigits(bytes, start, start + 4) || !areDigits(bytes, start + 5, start + 7)) return false;
  if (!areDigits(bytes, start + 8, start + 10)) return false;
  const year = twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2);
  return isDate(year, twoDigits(bytes, start + 5), twoDigits(bytes, start + 8));
}

function isBelow(bytes: Uint8Array, start: number, limit: number): boolean {
  return areDigits(bytes, start, start + 2) && twoDigits(bytes, start) < limit;
}

function twoDigits(bytes: Uint8Array, start: number): number {
  return (bytes[start]! - 0x30) * 10 + bytes[start + 1]! - 0x30;
}

const leastInteger = -(2n ** 63n);
const mostInteger = 2n ** 63n - 1n;

function canonicalInteger(text: string): string | null {
  if (!/^[+-]?(0|[1-9]\d{0,18})$/.test(text)) return null;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return value < leastInteger || value > mostInteger ? null : String(value);
}

function canonicalReal(text: string): string | null {
  if (!/^[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) return null;
  const value = Number(text);
  if (!Number.isFinite(value)) return null;
  const written = String(value);
  return written === text || digitsOf(written) === digitsOf(text) ? written : null;
}

/** A decimal number as its significant digits and the power of ten of the last one: equal for equal values. */
function digitsOf(text: string): string {
  const [, sign, whole = '', part = '', power = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = `${whole}${part}`.replace(/^0+/, '');
  if (digits === '') return '0';
  const significant = digits.replace(/0+$/, '');
  const exponent = BigInt(power) - BigInt(part.length) + BigInt(digits.length - significant.length);
  return `${sign === '-' ? '-' : ''}${significant}e${exponent}`;
}

const booleans: ReadonlyMap<string, string> = new Map([
  ...['true', 't', 'yes', 'y', 'on', '1'].map((word) => [word, '1'] as const),
  ...['false', 'f', 'no', 'n', 'off', '0'].map((word) => [word, '0'] as const),
]);

function canonicalBoolean(text: string): string | null {
  return booleans.get(text.toLowerCase()) ?? null;
}

const datePattern = /^(\d{4})-(\d\d)-(\d\d)$/;

function canonicalDate(text: string): string | null {
  const [, year, month, day] = datePattern.exec(text) ?? [];
  return isDate(Number(year), Number(month), Number(day)) ? text : null;
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDate(year: number, month: number, day: number): boolean {
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1)) return false;
  if (month === 2 && day === 29) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= monthDays[month - 1]!;
}

const timestampPattern =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,30}))?)? ?([Zz]|[+-]\d\d(?::?\d\d)?)?$/;

function canonicalTimestamp(text: string): string | null {
  const found = timestampPattern.exec(text);
  if (found === null) return null;
  const [year, month, day, hour, minute, second] = found
    .slice(1, 7)
    .map((part: string | undefined) => Number(part ?? '0'));
  if (!isDate(year!, month!, day!) || hour! > 23 || minute! > 59 || second! > 59) return null;
  const fraction = (found[7] ?? '').replace(/0+$/, '');
  // A microsecond is what databases hold; the rest would be lost.
  if (fraction.length > 6) return null;
  const offset = offsetMinutes(found[8]);
  if (offset === null) return null;
  const minuteOfDay = hour! * 60 + minute! - offset;
  const tail = fraction === '' ? '' : `.${fraction}`;
  // Most offsets do not lead to another day.
  if (minuteOfDay >= 0 && minuteOfDay < 1440) {
    return `${text.slice(0, 10)} ${padded(Math.floor(minuteOfDay / 60))}:${padded(minuteOfDay % 60)}:${padded(second!)}${tail}`;
  }
  const time = new Date(0);
  // `Date.UTC` takes the years 0 to 99 for those of the last century.
  time.setUTCFullYear(year!, month! - 1, day);
  time.setUTCHours(hour!, minute! - offset, second);
  const inUtc = time.getUTCFullYear();
  if (inUtc < 1 || inUtc > 9999) return null;
  return time.toISOString().slice(0, 19).replace('T', ' ') + tail;
}

function padded(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}

function offsetMinutes(zone: string | undefined): number | null {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  // The widest that ISO 8601 and PostgreSQL know of is less than 16 hours.
  if (Number(hours) > 15 || Number(minutes) > 59) return null;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
