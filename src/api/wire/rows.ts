import { z } from 'zod';
import { order, page, paging, timeMs } from './basics.ts';

/** A value as JSON has it: NULL is null; integers that a JSON number would round are texts. */
const value = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** A column each, by name. */
export const values = z.record(z.string(), value);

export const row = z.object({
  /**
   * What `{key}` is for this row, before it is percent-encoded as a part of an address: its key; of a key of several columns each part
   * percent-encoded and joined by commas; of a dataset without a key `run,line`.
   */
  id: z.string(),
  values,
  /** The run that last changed it, and the line of that run's file, from 1. */
  run: z.int(),
  line: z.int(),
  /** 16 hexadecimal digits; differs when anything of the row does. In quotes it is the row's ETag. */
  hash: z.string(),
});
export type Row = z.infer<typeof row>;
export const rows = page(row);

/** Rows in the order of the key; with `by` a counted column, in the order of that and the key. */
export const rowsQuery = z.strictObject({
  /** What the column is, or begins with. Compared to the letter. */
  q: z.string().max(8192).optional(),
  /** One of the dataset's `searchBy`; the first column of the key unless told. */
  by: z.string().max(1000).optional(),
  match: z.enum(['prefix', 'exact']).default('prefix'),
  order,
  ...paging,
});

/** New values by column; text, or what the column's type is written as. The key's columns cannot be changed. */
export const rowChange = z.strictObject({
  values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

/** The version of a file that a record came with. What the ledger no longer knows is null. */
const publishedVersion = z.object({
  run: z.int(),
  publishNumber: z.int().nullable(),
  source: z.string().nullable(),
  file: z.string().nullable(),
  version: z.string().nullable(),
  publishedMs: timeMs.nullable(),
});
const origin = publishedVersion.extend({ line: z.int() });

export const story = z.object({
  row,
  /** The record that the row names; while an edit stands, the one that it had when it was first edited. */
  origin,
  /** The newest first. */
  edits: z.array(
    z.object({
      edit: z.int(),
      state: z.enum(['standing', 'replaced', 'taken_back', 'ended']),
      values,
      editedMs: timeMs,
      endedMs: timeMs.nullable(),
      /** For each file the record that the edit covers. */
      covers: z.array(origin),
      /** What the row would be without the edit. */
      withoutIt: origin.extend({ values }),
      endedBy: publishedVersion.nullable(),
    }),
  ),
});
export type StoryAnswer = z.infer<typeof story>;
