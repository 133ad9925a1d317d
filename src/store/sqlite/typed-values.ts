/** How SQLite holds typed values: integers and booleans as INTEGER, reals as REAL, everything else as TEXT. */
import type { SQLInputValue } from 'node:sqlite';
import type { ColumnType } from '../../schema/dataset.ts';

export const sqliteTypes: Readonly<Record<ColumnType, string>> = {
  text: 'TEXT NOT NULL',
  integer: 'INTEGER',
  real: 'REAL',
  boolean: 'INTEGER',
  date: 'TEXT',
  timestamp: 'TEXT',
};

/** Digits that a number holds exactly, whatever they are; longer integers become BigInt, which costs more. */
const safeDigits = 15;

/** What to bind for a value. @param text the canonical text as packed rows have it: empty is NULL but for text */
export function toSqlite(type: ColumnType, text: string): SQLInputValue {
  if (type === 'text') return text;
  if (text === '') return null;
  switch (type) {
    case 'integer':
      return text.length > safeDigits ? BigInt(text) : Number(text);
    case 'real':
    case 'boolean':
      return Number(text);
    default:
      return text;
  }
}

/**
 * The canonical text of a stored value, integers read as BigInt. A value that no column of this type can have, because
 * another program wrote it, comes back as it is (`isCanonicalValue` tells).
 */
export function fromSqlite(type: ColumnType, value: unknown): unknown {
  switch (type) {
    case 'integer':
    case 'boolean':
      return typeof value === 'bigint' ? String(value) : value;
    case 'real':
      return typeof value === 'number' ? String(value) : value;
    default:
      return value;
  }
}
