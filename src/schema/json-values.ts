import type { Dataset } from './dataset.ts';
import { jsValue } from './js-value.ts';

/** A value as JSON has it: integers that its readers would round are texts. */
export type JsonValue = string | number | boolean | null;

/** A row's values for JSON, by column. @param values as stores give them */
export function valuesByColumn(dataset: Dataset, values: readonly unknown[]): Record<string, JsonValue> {
  const entries = dataset.columns.map(({ name, type }, column): [string, JsonValue] => [
    name,
    jsonValue(type, values[column]),
  ]);
  // Not an object literal: a column may be called __proto__.
  return Object.fromEntries(entries);
}

export function jsonValue(...given: Parameters<typeof jsValue>): JsonValue {
  const value = jsValue(...given);
  return typeof value === 'bigint' ? String(value) : value;
}
