/** A field of CSV, quoted where RFC 4180 wants it; null is nothing at all, an empty text is quoted. */
export function csvField(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) || text === '' ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Spreadsheets take a field that begins so for a formula, also where it is quoted. */
const formula = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

/** As `csvField`, but a spreadsheet shows it and never computes it: what looks like a formula begins with an apostrophe. */
export function safeCsvField(value: string | number | null): string {
  return csvField(typeof value === 'string' && formula.test(value) ? `'${value}` : value);
}
