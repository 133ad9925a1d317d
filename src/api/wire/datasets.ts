import { z } from 'zod';
import { columnTypes } from '../../schema/dataset.ts';
import { datasetName, page } from './basics.ts';

export const dataset = z.object({
  name: datasetName,
  columns: z.array(z.object({ name: z.string(), type: z.enum(columnTypes) })),
  /** Columns that identify a row; none: run and line do, and rows cannot be edited. */
  key: z.array(z.string()),
  /** Columns whose values are counted. */
  countBy: z.array(z.string()),
  /** Columns that rows can be searched by: those of the key, and the counted ones. */
  searchBy: z.array(z.string()),
  rows: z.int(),
  /** Different values of the first counted column. */
  groups: z.int(),
  /** Sum of all row hashes, 16 hexadecimal digits. */
  checksum: z.string(),
});
export type DatasetAnswer = z.infer<typeof dataset>;

export const datasets = page(dataset);
