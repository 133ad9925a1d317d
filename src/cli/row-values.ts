/** Rows of any dataset as commands print them. */
import type { Dataset } from '../schema/dataset.ts';
import { jsValue } from '../schema/js-value.ts';
import { visible } from './terminal.ts';

/** For CSV: NULL is nothing at all, and an empty text is quoted. */
export function plainTexts(dataset: Dataset, values: readonly unknown[]): (string | null)[] {
  return dataset.columns.map(({ type }, column) => {
    const value = jsValue(type, values[column]);
    return value === null ? null : String(value);
  });
}

/** For the eye. */
export function shownTexts(dataset: Dataset, values: readonly unknown[], most: number): string[] {
  return plainTexts(dataset, values).map((text) => (text === null ? 'NULL' : visible(text, most)));
}

/** The key of a row in words: `sku=lay-raise-best-end`. */
export function keyText(names: readonly string[], key: readonly string[]): string {
  return names.map((name, part) => `${visible(name, 40)}=${visible(key[part] ?? '', 80)}`).join(', ');
}
