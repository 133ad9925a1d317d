import { type Dataset, layoutColumns } from './dataset.ts';

/** Which field of a record fills which column. */
export interface ColumnMapping {
  /** Fields a record must have. */
  readonly fields: number;
  /** For each column in layout order the index of its field. */
  readonly fieldOfColumn: readonly number[];
  /** Names in the header that are no column of the dataset: left out, and told in the receipt. */
  readonly ignored: readonly string[];
}

export type MappingResult =
  | { readonly kind: 'mapping'; readonly mapping: ColumnMapping }
  | { readonly kind: 'missing'; readonly columns: readonly string[] }
  | { readonly kind: 'repeated'; readonly column: string };

/**
 * Matches a header with a dataset, in whatever order its names come. Names must be equal to the letter. A field without a
 * name fills no column, and several of them are no repetition.
 */
export function mapColumns(dataset: Dataset, header: readonly string[]): MappingResult {
  const fieldByName = new Map<string, number>();
  for (const [index, name] of header.entries()) {
    if (name === '') continue;
    if (fieldByName.has(name)) return { kind: 'repeated', column: name };
    fieldByName.set(name, index);
  }
  const missing = dataset.columns.filter((column) => !fieldByName.has(column.name));
  if (missing.length > 0) return { kind: 'missing', columns: missing.map((column) => column.name) };
  const columns = layoutColumns(dataset);
  const wanted = new Set(columns.map((column) => column.name));
  return {
    kind: 'mapping',
    mapping: {
      fields: header.length,
      fieldOfColumn: columns.map((column) => fieldByName.get(column.name) as number),
      ignored: header.filter((name) => !wanted.has(name)),
    },
  };
}
