/**
 * The SQL of searches, the same for every engine. Pages are found by comparing (column, key) with the place before them. What is
 * equal to something is asked for as a range, from it up to it: then no engine takes the order of that column for settled, and
 * walks through all rows in the order of another index.
 */
import { canonicalText } from '../schema/canonical-text.ts';
import { type ColumnType, columnType, type CountTable, type Dataset, storedKey } from '../schema/dataset.ts';
import { afterPrefix, compareUtf8 } from '../schema/text-order.ts';
import { identifier } from './identifier.ts';
import { type CountSearch, isStorable, type RowSearch, type ValueMatch } from './search.ts';
import { orderedBy } from './search-indexes.ts';
import type { CountedValue } from './store.ts';

/** A value to be bound, as canonical text. */
export interface SearchedValue {
  readonly type: ColumnType;
  readonly text: string;
}

/** What follows FROM and a table's name, and its values by their numbers from 1. */
export interface SearchSql {
  readonly sql: string;
  readonly values: readonly SearchedValue[];
}

/** Which values of a column are wanted. */
interface ValueRange {
  readonly from: string | null;
  readonly to: string | null;
  readonly isToIncluded: boolean;
}

const everything: ValueRange = { from: null, to: null, isToIncluded: false };

/** @returns null when no value of the column can be it */
function valueRange(type: ColumnType, match: ValueMatch | null): ValueRange | null {
  if (match === null || (match.kind === 'prefix' && match.text === '')) return everything;
  const { kind, text } = match;
  if (!isStorable(text)) return null;
  if (kind === 'prefix') return { from: text, to: afterPrefix(text), isToIncluded: false };
  const value = type === 'text' ? text : text === '' ? null : canonicalText(type, text);
  return value === null ? null : { from: value, to: value, isToIncluded: true };
}

/** Values as they come up, and what stands for each in SQL. */
class Values {
  readonly all: SearchedValue[] = [];
  readonly #mark: string;

  constructor(mark: '?' | '$') {
    this.#mark = mark;
  }

  mark(type: ColumnType, text: string | number): string {
    this.all.push({ type, text: String(text) });
    return `${this.#mark}${this.all.length}`;
  }
}

interface OrderedColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** Where a page begins, and in which direction it is read. */
interface PageStart {
  readonly place: readonly (string | number)[] | null;
  readonly isBackwards: boolean;
}

/** Conditions for what lies after a place in the order of some columns, and in a range of the first one. */
function pageConditions(
  values: Values,
  columns: readonly OrderedColumn[],
  { from, to, isToIncluded }: ValueRange,
  { place, isBackwards }: PageStart,
): string[] {
  const [{ name, type }] = columns as [OrderedColumn];
  const first = identifier(name);
  const conditions: string[] = [];
  // A place that the list reaches before the range is one of another list; one behind it has nothing after it.
  const isReached = (at: string): boolean =>
    isBackwards ? to === null || compareUtf8(at, to) < 0 : from === null || compareUtf8(at, from) >= 0;
  const isFromPlace = place !== null && (isToIncluded || isReached(String(place[0])));
  if (isFromPlace) {
    const parts = isToIncluded ? [from!, ...place.slice(1)] : place;
    const marks = parts.map((part, index) => values.mark(columns[index]!.type, part));
    const names = columns.map((column) => identifier(column.name));
    conditions.push(`(${names.join(', ')}) ${isBackwards ? '<' : '>'} (${marks.join(', ')})`);
  }
  if (from !== null && (isBackwards || !isFromPlace))
    conditions.push(`${first} >= ${values.mark(type, from)}`);
  if (to !== null && (!isBackwards || !isFromPlace))
    conditions.push(`${first} ${isToIncluded ? '<=' : '<'} ${values.mark(type, to)}`);
  return conditions;
}

function orderBy(names: readonly string[], isBackwards: boolean): string {
  const columns = names.map((name) => `${identifier(name)}${isBackwards ? ' DESC' : ''}`);
  return `ORDER BY ${columns.join(', ')}`;
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}

/** @returns null when no row can be found */
export function rowSearchSql(
  dataset: Dataset,
  { by, match, after, isBackwards = false }: RowSearch,
  limit: number,
  mark: '?' | '$',
): SearchSql | null {
  const names = by === null ? storedKey(dataset) : orderedBy(dataset, by);
  const columns = names.map((name): OrderedColumn => ({ name, type: typeOf(dataset, name) }));
  const range = valueRange(columns[0]!.type, match);
  if (range === null) return null;
  const place =
    after === null
      ? null
      : by === null
        ? after.key
        : [after.value ?? '', ...after.key.filter((_, part) => storedKey(dataset)[part] !== by)];
  const values = new Values(mark);
  const conditions = pageConditions(values, columns, range, { place, isBackwards });
  if (by !== null && columns[0]!.type !== 'text') conditions.unshift(`${identifier(by)} IS NOT NULL`);
  return {
    sql: `${where(conditions)} ${orderBy(names, isBackwards)} LIMIT ${values.mark('integer', limit)}`,
    values: values.all,
  };
}

/** Run and line, which are the key where there is none, are integers. */
function typeOf(dataset: Dataset, name: string): ColumnType {
  return dataset.key.length === 0 && storedKey(dataset).includes(name)
    ? 'integer'
    : columnType(dataset, name);
}

/** Selects value and number. @returns null when no count can be found */
export function countSearchSql(
  dataset: Dataset,
  count: CountTable,
  { order, match, number, after, isBackwards = false }: CountSearch,
  limit: number,
  mark: '?' | '$',
): SearchSql | null {
  const value: OrderedColumn = { name: count.column, type: columnType(dataset, count.column) };
  const range = valueRange(value.type, match);
  if (range === null) return null;
  const values = new Values(mark);
  if (number === null && match === null && order === '-number') {
    return { sql: mostFrequent(values, count, value, { after, isBackwards }, limit), values: values.all };
  }
  const numbers: OrderedColumn = { name: count.numberColumn, type: 'integer' };
  const isByValue = number === null && (match !== null || order === 'value');
  const columns = isByValue ? [value] : [numbers, value];
  const place = after === null ? null : isByValue ? [after.value] : [number ?? after.number, after.value];
  const conditions = isByValue
    ? pageConditions(values, columns, range, { place, isBackwards })
    : pageConditions(values, columns, numberRange(number), { place, isBackwards });
  if (number !== null)
    conditions.push(...pageConditions(values, [value], range, { place: null, isBackwards }));
  const all = [value, numbers].map(({ name }) => identifier(name)).join(', ');
  const sorted = orderBy(
    columns.map(({ name }) => name),
    isBackwards,
  );
  return {
    sql: `SELECT ${all} FROM ${identifier(count.table)} ${where(conditions)} ${sorted} LIMIT ${values.mark('integer', limit)}`,
    values: values.all,
  };
}

function numberRange(number: number | null): ValueRange {
  return number === null ? everything : { from: String(number), to: String(number), isToIncluded: true };
}

/**
 * Numbers descend and values ascend, which is no index's order. So first the number is looked for that the page ends with; before
 * it come all rows with a greater one, fewer than a page, and then as many as are missing of those that have it. Backwards it is the
 * other way round.
 */
function mostFrequent(
  values: Values,
  { table: name, numberColumn }: CountTable,
  { name: column, type }: OrderedColumn,
  { after, isBackwards }: { readonly after: CountedValue | null; readonly isBackwards: boolean },
  limit: number,
): string {
  const [table, value, number] = [name, column, numberColumn].map(identifier);
  const page = `LIMIT ${values.mark('integer', limit)}`;
  const before = after === null ? null : values.mark('integer', after.number);
  const [sooner, later, numbers, order] = isBackwards
    ? ['<', '>', 'ASC', `${number} DESC, ${value} DESC`]
    : ['>', '<', 'DESC', `${number}, ${value}`];
  const isLater = before === null ? '' : ` AND ${number} ${later} ${before}`;
  const select = `SELECT ${value} AS value, ${number} AS number FROM ${table}`;
  const last = `(SELECT number FROM last)`;
  const parts = [
    `SELECT * FROM (${select} WHERE ${number} ${sooner} ${last}${isLater} ORDER BY ${number} ${numbers} ${page}) sooner`,
    `SELECT * FROM (${select} WHERE ${number} >= ${last} AND ${number} <= ${last}${isLater} ORDER BY ${order} ${page}) equal`,
  ];
  if (before !== null) {
    const behind = `(${number}, ${value}) ${sooner} (${before}, ${values.mark(type, after!.value)}) AND ${number} ${later}= ${before}`;
    parts.push(`SELECT * FROM (${select} WHERE ${behind} ORDER BY ${order} ${page}) same`);
  }
  const beyondAll = isBackwards ? Number.MAX_SAFE_INTEGER : 0;
  return `WITH last (number) AS (SELECT coalesce((SELECT ${number} FROM ${table} WHERE true${isLater}
      ORDER BY ${number} ${numbers} LIMIT 1 OFFSET ${values.mark('integer', limit - 1)}), ${beyondAll}))
    SELECT value, number FROM (${parts.join(' UNION ALL ')}) page ORDER BY number ${numbers}, value ${isBackwards ? 'DESC ' : ''}${page}`;
}

/** How many values are had by each number of rows: no more different numbers than the root of twice the rows. */
export function frequenciesSql({ table, numberColumn }: CountTable): string {
  const number = identifier(numberColumn);
  return `SELECT ${number}, count(*) FROM ${identifier(table)} GROUP BY ${number}`;
}
