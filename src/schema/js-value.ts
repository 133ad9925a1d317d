import type { ColumnType } from './dataset.ts';

/** A value as a program has it: integers that a number cannot hold exactly as BigInt; dates and timestamps as their text. */
export type JsValue = string | number | bigint | boolean | null;

/** @param value as stores give it: canonical text, or what another program has stored */
export function jsValue(type: ColumnType, value: unknown): JsValue {
  if (value === null) return null;
  // The backquotes are for what is no text, which nothing of ours stores.
  const text = typeof value === 'string' ? value : `${value as number | bigint}`;
  switch (type) {
    case 'integer':
      return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
    case 'real':
      return Number(text);
    case 'boolean':
      return text === '1';
    default:
      return text;
  }
}
