/** Numbers, sizes and times as people read them. */
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1, minimumFractionDigits: 1 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });

export const numberText = (value: number): string => whole.format(value);
export const shortNumber = (value: number): string => short.format(value);
/** What is not nothing is not told to be. */
export const percentText = (part: number): string =>
  part > 0 && part < 0.001 ? `< ${percents.format(0.001)}` : percents.format(part);

/** `1 row`, `2,000 rows` */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${numberText(value)} ${value === 1 ? one : many}`;
}

const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

export function bytesText(bytes: number): string {
  if (bytes < 1024) return counted(bytes, 'byte');
  let value = bytes;
  let unit: string = units[0];
  for (const each of units) {
    if (value < 1024) break;
    value /= 1024;
    unit = each;
  }
  return `${value < 100 ? tenths.format(value) : numberText(value)} ${unit}`;
}

export function durationText(seconds: number): string {
  if (seconds < 0.001) return '0 s';
  if (seconds < 1) return `${numberText(seconds * 1000)} ms`;
  if (seconds < 60) return `${tenths.format(seconds)} s`;
  const total = Math.round(seconds);
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  if (hours > 0) return `${numberText(hours)} h ${minutes} min`;
  return `${minutes} min ${total % 60} s`;
}

export const exactTime = (ms: number): string => exact.format(ms);

/** `3 s ago`, `in 2 min` */
export function relativeTime(ms: number, now: number): string {
  const seconds = Math.round((now - ms) / 1000);
  const size = Math.abs(seconds);
  // Clocks differ, and what is shown ticks once a second.
  if (size < 1 || (seconds < 0 && size <= 2)) return 'now';
  const text =
    size < 60
      ? `${size} s`
      : size < 3600
        ? `${Math.floor(size / 60)} min`
        : size < 86_400
          ? `${Math.floor(size / 3600)} h`
          : counted(Math.floor(size / 86_400), 'day');
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

/** Of a run that is published by key ranges: `3 of 16 partitions`. */
export function partitionsText({
  published,
  of,
}: {
  readonly published: number;
  readonly of: number;
}): string {
  return `${numberText(published)} of ${counted(of, 'partition')}`;
}

/** The name of a state, a phase or a code as words: `not_searchable` is `not searchable`. */
export const words = (name: string): string => name.replaceAll('_', ' ');
export const capitalized = (text: string): string => text.charAt(0).toLocaleUpperCase('en') + text.slice(1);
