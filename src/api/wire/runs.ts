import { z } from 'zod';
import { type RejectCode, rejectReasons } from '../../schema/rejects.ts';
import { datasetName, page, paging, storable, timeMs } from './basics.ts';

const runStates = ['planned', 'staging', 'publishing', 'done', 'failed', 'cancelled', 'outdated'] as const;

/** How many of a run's key ranges are published, where each is published by itself. */
export const partitions = z.object({ published: z.int(), of: z.int() });

/** The receipt of a run, as `longhaul import --json` prints it, and when it was worked on. */
export const run = z.object({
  run: z.int(),
  publishNumber: z.int().nullable(),
  status: z.enum(runStates),
  dataset: z.string(),
  source: z.string(),
  file: z.string(),
  version: z.string().nullable(),
  bytes: z.int(),
  records: z.int(),
  blankLines: z.int(),
  inserted: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  superseded: z.int(),
  kept: z.int(),
  rejected: z.int(),
  chunks: z.int(),
  chunksTakenOver: z.int(),
  seconds: z.number(),
  recordsPerSecond: z.number(),
  peakRssBytes: z.int(),
  rows: z.int().nullable(),
  groups: z.int().nullable(),
  checksum: z.string().nullable(),
  reconciled: z.boolean(),
  removed: z.int(),
  rejectedBy: z.record(z.string(), z.int()),
  ignoredColumns: z.array(z.string()),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  startedMs: timeMs,
  endedMs: timeMs.nullable(),
  /** `null`: all of it is published in one step. */
  partitions: partitions.nullable(),
});
export type Run = z.infer<typeof run>;
/** The newest first. */
export const runs = page(run);

export const runsQuery = z.strictObject({
  dataset: datasetName.optional(),
  source: storable.max(200).optional(),
  status: z.enum(runStates).optional(),
  ...paging,
});

/** A staged chunk, in the order of the file. `records = rows + superseded + rejected`. */
export const chunk = z.object({
  /** From 0. */
  index: z.int(),
  /** First byte in the decoded content, from 0. */
  offset: z.int(),
  /** Bytes. */
  length: z.int(),
  /** Of its first byte, from 1. */
  line: z.int(),
  sha256: z.string(),
  records: z.int(),
  blankLines: z.int(),
  superseded: z.int(),
  rejectedBy: z.record(z.string(), z.int()),
  rows: z.int(),
});
export type Chunk = z.infer<typeof chunk>;
export const chunks = page(chunk);

export const reject = z.object({
  run: z.int(),
  /** Of the file, from 1. */
  line: z.int(),
  byteOffset: z.int(),
  byteLength: z.int(),
  code: z.string(),
  /** What the code means, in a sentence. */
  reason: z.string(),
  column: z.string().nullable(),
  value: z.string().nullable(),
  /** The record's first bytes as text (what is no UTF-8 as U+FFFD), and as they are. */
  raw: z.string(),
  rawBase64: z.string(),
});
export type RejectAnswer = z.infer<typeof reject>;
/** In the order of the file. */
export const rejects = page(reject);
export const rejectsQuery = z.strictObject({
  code: z.enum(Object.keys(rejectReasons) as RejectCode[]).optional(),
  ...paging,
});

/** `safe`: fields that a spreadsheet would take for a formula begin with an apostrophe; `raw`: as they are. */
export const rejectsCsvQuery = z.strictObject({ form: z.enum(['safe', 'raw']).default('safe') });
