/** Uploads: a file that a person or program hands to the master. It is a file of the source `upload`, by its name. */
import { z } from 'zod';
import { columnTypes } from '../../schema/dataset.ts';
import { datasetName, problem, timeMs } from './basics.ts';
import { run } from './runs.ts';
import { importProgress } from './sources.ts';

/** How the file is to be read: what the options of `longhaul import` say. What is not said is as in the master's config. */
const reading = {
  /** What versions belong to, such as `products.csv`. */
  name: z
    .string()
    .min(1)
    .max(255)
    .regex(/^\P{Cc}*$/u, 'it must not hold control characters'),
  dataset: datasetName.optional(),
  delimiter: z.string().max(10).optional(),
  quote: z.string().max(10).optional(),
  escape: z.string().max(10).optional(),
  encoding: z.string().max(40).optional(),
  header: z.enum(['true', 'false']).optional(),
};

/** The body is the file as it is stored, compressed or not. */
export const importQuery = z.strictObject({
  ...reading,
  /** N or P%. */
  maxRejects: z.string().max(40).optional(),
});

export const upload = z.object({
  /** Of `/api/imports/{id}`. */
  id: z.string(),
  name: z.string(),
  dataset: z.string(),
  bytes: z.int(),
  /** SHA-256. */
  version: z.string(),
  receivedMs: timeMs,
  /** `already_published`: these bytes, read so, are what was last published of a file of this name. */
  state: z.enum(['waiting', 'importing', 'done', 'already_published', 'failed', 'cancelled']),
  progress: importProgress.nullable(),
  run: run.nullable(),
  /** Why it failed. */
  problem: problem.nullable(),
});
export type Upload = z.infer<typeof upload>;

/** The body is the file's beginning; 1 MiB of it is looked at. */
export const previewQuery = z.strictObject({
  ...reading,
  /** Of the whole file, if the body is not all of it: then it may end in the middle of a record. */
  bytes: z.coerce.number().int().nonnegative().optional(),
});

const dialect = z.object({
  delimiter: z.string(),
  quote: z.string().nullable(),
  escape: z.string().nullable(),
  header: z.boolean(),
});

export const preview = z.object({
  name: z.string(),
  dataset: z.string(),
  /** What the file looks like, with the reasons in words. */
  sniffed: dialect.extend({ encoding: z.string(), reasons: z.array(z.string()) }),
  /** How it was read. */
  dialect: dialect.extend({ encoding: z.string() }),
  /** The dataset's columns, and from which field (from 1) each is filled. */
  columns: z.array(z.object({ name: z.string(), type: z.enum(columnTypes), field: z.int() })),
  ignoredColumns: z.array(z.string()),
  /** The first good ones, in the order of `columns`. */
  rows: z.array(z.object({ line: z.int(), values: z.array(z.string()) })),
  rejects: z.array(z.object({ line: z.int(), code: z.string(), reason: z.string() })),
  /** Why it cannot be imported so. */
  problem: problem.nullable(),
});
export type PreviewAnswer = z.infer<typeof preview>;
