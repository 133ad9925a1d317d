import { z } from 'zod';
import { sourceKinds } from '../../schema/source-kinds.ts';
import { datasetName, page, paging, sourceName, timeMs, trouble } from './basics.ts';
import { partitions } from './runs.ts';

const sensingStates = ['starting', 'ok', 'slow', 'unreachable', 'garbage', 'paused'] as const;
const fileStates = [
  'preparing',
  'refused',
  'queued',
  'reading',
  'waiting',
  'importing',
  'published',
  'retrying',
  'failed',
] as const;

/** How far the import of a file is. */
export const importProgress = z.discriminatedUnion('phase', [
  z.object({
    phase: z.literal('staging'),
    run: z.int(),
    chunkIndex: z.int(),
    storedBytes: z.int(),
    expectedBytes: z.int().nullable(),
    contentBytes: z.int(),
    records: z.int(),
    chunksTakenOver: z.int(),
  }),
  z.object({
    phase: z.literal('publishing'),
    rows: z.int(),
    ofRows: z.int(),
    /** Of a run that is published by key ranges, once the first one is. */
    partitions: partitions.optional(),
  }),
]);

export type ImportProgressAnswer = z.infer<typeof importProgress>;

export const file = z.object({
  name: z.string(),
  state: z.enum(fileStates),
  /** What is offered; null where only reading tells. */
  version: z.string().nullable(),
  bytes: z.int().nullable(),
  trouble: trouble.nullable(),
  /** When it is tried again; null: when it changes. */
  nextTryMs: timeMs.nullable(),
  read: z.object({ storedBytes: z.int(), expectedBytes: z.int().nullable() }).nullable(),
  import: importProgress.nullable(),
  published: z.object({ version: z.string(), run: z.int(), publishNumber: z.int() }).nullable(),
});
export type FileAnswer = z.infer<typeof file>;
export const files = page(file);
export const filesQuery = z.strictObject({ state: z.enum(fileStates).optional(), ...paging });

export const source = z.object({
  name: sourceName,
  /** Without anything secret. */
  url: z.string(),
  kind: z.enum(sourceKinds).nullable(),
  dataset: z.string(),
  /** Where it is remembered: only what the database remembers can be removed here. */
  definedIn: z.enum(['config', 'database']),
  paused: z.boolean(),
  state: z.enum(sensingStates),
  trouble: trouble.nullable(),
  /** Senses that failed in a row. */
  failures: z.int(),
  sensedMs: timeMs.nullable(),
  senseTookMs: z.number().nullable(),
  nextSenseMs: timeMs.nullable(),
  /** How many of its files are in each state; states without any are absent. */
  filesBy: z.partialRecord(z.enum(fileStates), z.int()),
  /** Files that are on their way or in trouble, at most 20; all are at `/api/sources/{name}/files`. */
  files: z.array(file),
});
export type SourceAnswer = z.infer<typeof source>;
export const sources = page(source);

/** A token cannot be given here, and none is sent: a source that wants one is named in longhaul.yaml or by `longhaul sources add`. */
export const newSource = z.strictObject({
  name: sourceName,
  url: z.string().min(1).max(4096),
  kind: z.enum(sourceKinds).nullable().default(null),
  /** The usual one unless told. */
  dataset: datasetName.optional(),
});
export const sourceChange = z.strictObject({ paused: z.boolean() });
