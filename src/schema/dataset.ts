/** What the values of a column are; `canonical-text.ts` says which fields are such values. */
export type ColumnType = 'text' | 'integer' | 'real' | 'boolean' | 'date' | 'timestamp';

/** Type tags go into row hashes, so that `5` as text and 5 as a number never look the same. Never renumber. */
export const columnTypeTags: Readonly<Record<ColumnType, number>> = {
  text: 1,
  integer: 2,
  real: 3,
  boolean: 4,
  date: 5,
  timestamp: 6,
};

export const columnTypes = Object.keys(columnTypeTags) as readonly ColumnType[];

export function isColumnType(name: unknown): name is ColumnType {
  return columnTypes.includes(name as ColumnType);
}

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** A table that holds, for each value of one column, how many rows have it. No row says 0; NULLs are not counted. */
export interface CountTable {
  /** The counted column of the dataset; also the name of the key column of the count table. */
  readonly column: string;
  readonly table: string;
  /** The column of the count table that holds the number. */
  readonly numberColumn: string;
}

/** A named table that is kept imported. */
export interface Dataset {
  readonly name: string;
  readonly columns: readonly Column[];
  /**
   * Names of the columns that identify a row, all of them text. None: a row is identified by the run and the line that
   * brought it, and a run replaces the rows of the version of its file before.
   */
  readonly key: readonly string[];
  readonly counts: readonly CountTable[];
}

export const products: Dataset = {
  name: 'products',
  columns: [
    { name: 'name', type: 'text' },
    { name: 'sku', type: 'text' },
    { name: 'description', type: 'text' },
  ],
  key: ['sku'],
  counts: [{ column: 'name', table: 'product_counts', numberColumn: 'no_of_products' }],
};

/** The columns that say which run and line of a file last changed a row; in a dataset without a key they are its key. */
const originColumns = ['_run', '_line'] as const;
/** The columns that every dataset's table has besides its own. */
export const provenanceColumns = [...originColumns, '_hash'] as const;

/** The names of all tables of a dataset, that of its rows first. */
export function tableNames(dataset: Dataset): readonly string[] {
  return [dataset.name, ...dataset.counts.map((count) => count.table)];
}

/** The type of a column that is there. */
export function columnType(dataset: Dataset, name: string): ColumnType {
  const column = dataset.columns.find((candidate) => candidate.name === name);
  if (column === undefined) throw new TypeError(`${dataset.name} has no column ${name}`);
  return column.type;
}

/** The columns that identify a row in the database. */
export function storedKey(dataset: Dataset): readonly string[] {
  return dataset.key.length === 0 ? originColumns : dataset.key;
}

/**
 * The columns in the order in which rows are packed and hashed: the key's columns first, in key order,
 * then the others as declared. Key first, so that the key's bytes lie together and sort as one.
 */
export function layoutColumns(dataset: Dataset): Column[] {
  const byName = new Map(dataset.columns.map((column) => [column.name, column]));
  const key = dataset.key.map((name) => {
    const column = byName.get(name);
    if (column === undefined) throw new TypeError(`key column ${name} is not a column of ${dataset.name}`);
    return column;
  });
  return [...key, ...dataset.columns.filter((column) => !dataset.key.includes(column.name))];
}
