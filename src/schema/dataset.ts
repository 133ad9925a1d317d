/** What a value of a column may be. */
export type ColumnType = 'text';

/** Type tags go into row hashes, so that `5` as text and 5 as a number never look the same. Never renumber. */
export const columnTypeTags: Readonly<Record<ColumnType, number>> = { text: 1 };

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** A table that holds, for each value of one column, how many rows have it. No row says 0. */
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
  /** Names of the columns that identify a row, at least one. */
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
