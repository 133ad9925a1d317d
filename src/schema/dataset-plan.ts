import type { Column, ColumnType, CountTable, Dataset } from './dataset.ts';
import { products, provenanceColumns } from './dataset.ts';

/** What a person says of a dataset. What is null they have not said. */
export interface DatasetPlan {
  readonly name: string;
  /** Null: the columns of the first file, as its header names them. */
  readonly columns: readonly string[] | null;
  /** Of columns that are not text. */
  readonly types: ReadonlyMap<string, ColumnType> | null;
  /** Null: none. */
  readonly key: readonly string[] | null;
  /** Null: none. */
  readonly countBy: readonly string[] | null;
}

/** More columns than this no database that rows may move to takes (PostgreSQL: 1,600 less those of ours). */
const mostColumns = 1500;

const numberOfRows = 'no_of_rows';

/** A plan that says nothing but a name: what is there, or the products. */
export function namedPlan(name: string): DatasetPlan {
  return { name, columns: null, types: null, key: null, countBy: null };
}

/** A dataset that is there, or the plan of a new one, of which the first file's header says the rest. */
export type DatasetOrPlan = Dataset | DatasetPlan;

export function isDataset(dataset: DatasetOrPlan): dataset is Dataset {
  return 'counts' in dataset;
}

/** Makes the dataset that a plan describes. @returns what is wrong with it, as a sentence, if anything is */
export function planDataset(plan: DatasetPlan, columns: readonly string[]): Dataset | string {
  const { name, types, key, countBy } = plan;
  if (plan.name === products.name && isBare(plan)) return products;
  const dataset: Dataset = {
    name,
    columns: columns.map((column): Column => ({ name: column, type: types?.get(column) ?? 'text' })),
    key: key ?? [],
    counts: (countBy ?? []).map((column) => countTable(name, column)),
  };
  return problemOf(dataset, [...(types?.keys() ?? [])]) ?? dataset;
}

/** Whether nothing but a name is said. */
function isBare({ columns, types, key, countBy }: DatasetPlan): boolean {
  return columns === null && types === null && key === null && countBy === null;
}

/** The columns of a dataset, if no file is needed to know them. */
export function knownColumns(dataset: DatasetOrPlan): readonly string[] | null {
  if (isDataset(dataset)) return dataset.columns.map((column) => column.name);
  if (dataset.name === products.name && isBare(dataset)) return products.columns.map((column) => column.name);
  return dataset.columns;
}

function countTable(dataset: string, column: string): CountTable {
  const known = products.counts.find((count) => count.column === column);
  if (dataset === products.name && known !== undefined) return known;
  return { column, table: `${dataset}_counts_by_${column}`, numberColumn: numberOfRows };
}

/** How a dataset that is there differs from what a person now says of it, as a sentence, or null. */
export function planConflict(plan: DatasetPlan, dataset: Dataset): string | null {
  const list = (names: readonly string[]): string => names.map(quote).join(', ') || 'none';
  const same = (a: readonly string[], b: readonly string[]): boolean =>
    a.length === b.length && a.every((name, index) => name === b[index]);
  const sorted = (names: readonly string[]): readonly string[] => names.toSorted();
  if (plan.key !== null && !same(plan.key, dataset.key)) {
    return `its key is ${list(dataset.key)}, not ${list(plan.key)}`;
  }
  const counted = dataset.counts.map((count) => count.column);
  if (plan.countBy !== null && !same(sorted(plan.countBy), sorted(counted))) {
    return `it counts by ${list(counted)}, not by ${list(plan.countBy)}`;
  }
  const names = dataset.columns.map((column) => column.name);
  if (plan.columns !== null && !same(sorted(plan.columns), sorted(names))) {
    return `its columns are ${list(names)}, not ${list(plan.columns)}`;
  }
  for (const [name, type] of plan.types ?? []) {
    const column = dataset.columns.find((candidate) => candidate.name === name);
    if (column === undefined) return `it has no column ${quote(name)}; its columns are ${list(names)}`;
    if (column.type !== type) return `its column ${quote(name)} is ${column.type}, not ${type}`;
  }
  return null;
}

function problemOf({ name, columns, key, counts }: Dataset, typed: readonly string[]): string | null {
  const names = columns.map((column) => column.name);
  const missing = (column: string): boolean => !names.includes(column);
  const has = `; the columns are ${names.slice(0, 20).map(quote).join(', ')}${names.length > 20 ? ', …' : ''}`;
  if (columns.length === 0) return 'it has no columns';
  if (columns.length > mostColumns)
    return `it has ${columns.length} columns, and a table takes ${mostColumns}`;
  return (
    tableNameProblem(name) ??
    first(names, columnNameProblem) ??
    repeated(names, 'columns') ??
    first(key, (column) => (missing(column) ? `its key ${quote(column)} is no column${has}` : null)) ??
    repeated(key, 'key columns') ??
    first(key, (column) =>
      columns.find((candidate) => candidate.name === column)?.type === 'text'
        ? null
        : `its key ${quote(column)} must be text: keys are compared letter by letter, 17 and 017 are two`,
    ) ??
    first(typed, (column) =>
      missing(column) ? `a type is given to ${quote(column)}, which is no column${has}` : null,
    ) ??
    first(counts, ({ column }) =>
      missing(column) ? `it cannot be counted by ${quote(column)}, which is no column${has}` : null,
    ) ??
    repeated(
      counts.map(({ column }) => column),
      'counted columns',
    ) ??
    first(counts, ({ column, numberColumn, table }) =>
      sameName(column, numberColumn)
        ? `it cannot be counted by ${quote(column)}: the count table has a column of that name for the numbers`
        : tableNameProblem(table),
    )
  );
}

/** Why a table cannot have this name, or null. */
function tableNameProblem(name: string): string | null {
  const problem = nameProblem('table', name);
  if (problem !== null) return problem;
  return /^(_longhaul_|sqlite_)/i.test(name)
    ? `the table name ${quote(name)} begins as those that longhaul and SQLite keep for themselves (_longhaul_, sqlite_)`
    : null;
}

function columnNameProblem(name: string): string | null {
  if (provenanceColumns.some((own) => sameName(own, name)))
    return `the column ${quote(name)} has a name that longhaul keeps for itself (${provenanceColumns.join(', ')})`;
  return nameProblem('column', name);
}

function nameProblem(what: string, name: string): string | null {
  if (name === '') return `a ${what} has an empty name`;
  return name.includes('\0') || !name.isWellFormed() ? `a ${what} name holds what is no character` : null;
}

/** As databases compare names: capital letters of ASCII are the same as small ones. */
function sameName(a: string, b: string): boolean {
  return folded(a) === folded(b);
}
function folded(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function repeated(names: readonly string[], what: string): string | null {
  const seen = new Map<string, string>();
  for (const name of names) {
    const former = seen.get(folded(name));
    if (former === name) return `its ${what} name ${quote(name)} twice`;
    if (former !== undefined)
      return `its ${what} ${quote(former)} and ${quote(name)} differ in capital letters only, which databases do not tell apart`;
    seen.set(folded(name), name);
  }
  return null;
}

function first<Item>(items: readonly Item[], problem: (item: Item) => string | null): string | null {
  for (const item of items) {
    const found = problem(item);
    if (found !== null) return found;
  }
  return null;
}

function quote(name: string): string {
  return `"${name}"`;
}
