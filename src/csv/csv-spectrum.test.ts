/**
 * The files of csv-spectrum, which other people wrote to try parsers with: every one is what its JSON says, read by the
 * reference and on every path of the fast code.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readCsv } from '../reference/csv.ts';
import { defaultDialect } from './dialect.ts';
import { parseHeader } from './header.ts';
import { everyPath, runFast } from './testing.ts';

const folder = dirname(fileURLToPath(import.meta.resolve('csv-spectrum')));
const names = readdirSync(join(folder, 'csvs')).map((name) => name.replace(/\.csv$/, ''));

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

type Values = Readonly<Record<string, string>>;

const readJson = (name: string): unknown =>
  JSON.parse(readFileSync(join(folder, 'json', `${name}.json`), 'utf8'));

function expectedOf(name: string): readonly Values[] {
  if (name !== 'location_coordinates') return readJson(name) as readonly Values[];
  // In 2.0.0 this one is an object, not a list of one, and has another telephone number than its CSV.
  return [{ ...(readJson(name) as Values), 'Contact Phone Number': '2095257564' }];
}

function valuesOf(
  header: readonly string[],
  records: readonly { fields: readonly Uint8Array[] }[],
): Values[] {
  return records.map(({ fields }) => {
    expect(fields.length).toBe(header.length);
    const entries = fields.map((field, column): [string, string] => [header[column]!, textOf(field)]);
    return Object.fromEntries(entries);
  });
}

test('there are twelve', () => {
  expect(names.length).toBe(12);
});

test.each(names)('%s', (name) => {
  const bytes = readFileSync(join(folder, 'csvs', `${name}.csv`));
  const expected = expectedOf(name);
  const csv = readCsv(bytes, defaultDialect);
  expect(valuesOf(csv.header!.fields.map(textOf), csv.records)).toEqual(expected);
  const header = parseHeader(bytes, defaultDialect);
  if (header.kind !== 'header') throw new Error(header.kind);
  for (const { name: way, path } of everyPath(bytes.length, defaultDialect, 1 << 20)) {
    expect(valuesOf(header.names, runFast(bytes, path).records), way).toEqual(expected);
  }
});
