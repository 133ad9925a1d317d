/** What a field of a typed column means, slowly: the other one is `src/schema/canonical-text.ts`. */
import type { ColumnType } from '../schema/dataset.ts';

/** The canonical text of a field, null for NULL; undefined if it is no value of the type. */
export function readValue(type: ColumnType, text: string): string | null | undefined {
  if (type === 'text') return text;
  if (text === '') return null;
  switch (type) {
    case 'integer':
      return readInteger(text);
    case 'real':
      return readReal(text);
    case 'boolean':
      if (/^(true|t|yes|y|on|1)$/i.test(text)) return '1';
      return /^(false|f|no|n|off|0)$/i.test(text) ? '0' : undefined;
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(text) && !text.startsWith('0000') && isTime(`${text}T00:00:00`)
        ? text
        : undefined;
    case 'timestamp':
      return readTimestamp(text);
  }
}

function readInteger(text: string): string | undefined {
  if (!/^[-+]?\d+$/.test(text) || /^[-+]?0\d/.test(text) || text.length > 400) return undefined;
  const value = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, value) === value ? value.toString() : undefined;
}

/** A double says a number if the shortest decimal that leads to it is that number. */
function readReal(text: string): string | undefined {
  const [, whole = '', part = ''] = /^[-+]?(\d*)(?:\.(\d*))?(?:e[-+]?\d+)?$/i.exec(text) ?? [];
  if (whole + part === '' || /^0\d/.test(whole) || text.length > 400) return undefined;
  const double = Number(text);
  if (!Number.isFinite(double)) return undefined;
  // Nothing as long as this that is not 0 or infinite for a double has a larger power of ten.
  if (Math.abs(Number(/e(.*)$/i.exec(text)?.[1] ?? 0)) > 2000)
    return /[1-9]/.test(whole + part) ? undefined : '0';
  const [a, b] = [fraction(text), fraction(String(double))];
  return a.above * b.below === b.above * a.below ? String(double) : undefined;
}

function fraction(text: string): { above: bigint; below: bigint } {
  const [, sign, whole = '', part = '', power = '0'] = /^([-+]?)(\d*)\.?(\d*)(?:e([-+]?\d+))?$/i.exec(text)!;
  const digits = BigInt(`${whole}${part}`) * (sign === '-' ? -1n : 1n);
  const tens = BigInt(power) - BigInt(part.length);
  return tens < 0n ? { above: digits, below: 10n ** -tens } : { above: digits * 10n ** tens, below: 1n };
}

/** Whether there is such a time: what JavaScript reads comes out as it went in. */
function isTime(text: string): boolean {
  const time = new Date(`${text}Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text);
}

function readTimestamp(text: string): string | undefined {
  const [, day, clock, seconds = '00', part = '', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,30}))?)? ?([Zz]|[-+]\d\d(?::?\d\d)?)?$/.exec(
      text,
    ) ?? [];
  if (day === undefined || day.startsWith('0000')) return undefined;
  const local = `${day}T${clock}:${seconds}`;
  if (!isTime(local)) return undefined;
  const micro = part.padEnd(6, '0');
  if (/[1-9]/.test(micro.slice(6))) return undefined;
  const [, sign, hours = '0', minutes = '0'] = /^([-+])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  if (Number(hours) > 15 || Number(minutes) > 59) return undefined;
  const offsetMs = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  const utc = new Date(Date.parse(`${local}Z`) - offsetMs).toISOString();
  if (!/^\d{4}-/.test(utc) || utc.startsWith('0000')) return undefined;
  const rest = micro.slice(0, 6).replace(/0*$/, '');
  return `${utc.slice(0, 10)} ${utc.slice(11, 19)}${rest === '' ? '' : `.${rest}`}`;
}
