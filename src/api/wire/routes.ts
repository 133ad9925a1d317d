/** Every route of the API: where it is, what it takes, what it answers. Handlers are registered, documented and called by this table. */
import { z } from 'zod';
import { addresses } from './addresses.ts';
import { datasetName, page, runNumber, sourceName, storable } from './basics.ts';
import { counts, countsQuery, distribution } from './counts.ts';
import { dataset, datasets } from './datasets.ts';
import { importQuery, preview, previewQuery, upload } from './imports.ts';
import { row, rowChange, rows, rowsQuery, story } from './rows.ts';
import { chunks, rejects, rejectsCsvQuery, rejectsQuery, run, runs, runsQuery } from './runs.ts';
import { login, session } from './session.ts';
import { files, filesQuery, newSource, source, sourceChange, sources } from './sources.ts';
import { status, throughput } from './status.ts';

export interface RouteSpec {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** `{name}` stands for a part of the address. */
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  /** `bytes`: whatever it is, as it comes. */
  readonly body?: z.ZodType | 'bytes';
  /** By status; of those that are no problem. `null`: nothing. A text is its content type. */
  readonly answers: Readonly<
    Partial<Record<200 | 201 | 202 | 204 | 304, z.ZodType | 'text/csv' | 'text/event-stream' | null>>
  >;
  /** Whether it is answered without a token. */
  readonly isOpen?: true;
  /** Codes of the error table that this route can answer, besides `commonProblems`. */
  readonly problems: readonly string[];
}

/** What any route can answer instead of what it is there for. */
export const commonProblems = [
  'request_wrong',
  'token_wrong',
  'too_many_attempts',
  'too_many_requests',
  'cross_site',
  'host_unknown',
  'body_too_large',
  'body_type_wrong',
  'unexpected',
  'server_busy',
  'server_ending',
  'database_unusable',
] as const;

const ofDataset = z.object({ dataset: datasetName });
const ofRow = z.object({ dataset: datasetName, key: storable.min(1) });
const ofRun = z.object({ run: runNumber });
const ofSource = z.object({ source: sourceName });
const ifMatch = z.object({
  /** `"HASH"` of the row that was seen, or `*`. */
  'if-match': z.string().max(200).optional(),
});

export const routes = {
  status: {
    ...addresses.status,
    summary: 'what the master does at the moment',
    answers: { 200: status },
    problems: [],
  },
  throughput: {
    ...addresses.throughput,
    summary: 'records staged over the last hour',
    answers: { 200: throughput },
    problems: [],
  },
  events: {
    ...addresses.events,
    summary: 'what happens, as it happens (Server-Sent Events)',
    headers: z.object({ 'last-event-id': z.string().max(200).optional() }),
    answers: { 200: 'text/event-stream' },
    problems: ['too_many_listeners'],
  },
  session: {
    ...addresses.session,
    isOpen: true,
    summary: 'whether a token is needed, and whether this request has one',
    answers: { 200: session },
    problems: [],
  },
  openSession: {
    ...addresses.openSession,
    isOpen: true,
    summary: 'exchange the token for a cookie of this browser',
    body: login,
    answers: { 204: null },
    problems: ['token_wrong'],
  },
  closeSession: {
    ...addresses.closeSession,
    isOpen: true,
    summary: 'forget the cookie',
    answers: { 204: null },
    problems: [],
  },
  datasets: {
    ...addresses.datasets,
    summary: 'all tables that are kept imported',
    answers: { 200: datasets },
    problems: [],
  },
  dataset: {
    ...addresses.dataset,
    summary: 'one table: its columns, key, counts and totals',
    params: ofDataset,
    answers: { 200: dataset },
    problems: ['not_found'],
  },
  rows: {
    ...addresses.rows,
    summary: 'rows, all or found by a column',
    params: ofDataset,
    query: rowsQuery,
    answers: { 200: rows },
    problems: ['not_found', 'cursor_wrong', 'not_searchable', 'index_not_ready'],
  },
  row: {
    ...addresses.row,
    summary: 'one row; its ETag is its hash',
    params: ofRow,
    answers: { 200: row, 304: null },
    problems: ['not_found', 'row_not_found'],
  },
  changeRow: {
    ...addresses.changeRow,
    summary: 'edit a row; the edit survives imports until a file itself brings something new for the row',
    params: ofRow,
    headers: ifMatch,
    body: rowChange,
    answers: { 200: row },
    problems: [
      ...['not_found', 'row_not_found', 'edit_outdated', 'edit_changes_nothing', 'edit_without_key'],
      ...['edit_of_key', 'edit_unknown_column', 'edit_bad_value', 'table_refuses'],
    ],
  },
  takeBackEdit: {
    ...addresses.takeBackEdit,
    summary: 'take the edit of a row back: it becomes what the files say',
    params: ofRow,
    headers: ifMatch,
    answers: { 200: row },
    problems: ['not_found', 'row_not_found', 'edit_not_standing', 'edit_outdated', 'table_refuses'],
  },
  story: {
    ...addresses.story,
    summary: 'where a row comes from: runs, files, lines and edits',
    params: ofRow,
    answers: { 200: story },
    problems: ['not_found', 'row_not_found'],
  },
  counts: {
    ...addresses.counts,
    summary: 'values of a counted column, and how many rows have each',
    params: ofDataset,
    query: countsQuery,
    answers: { 200: counts },
    problems: ['not_found', 'cursor_wrong', 'not_counted', 'not_searchable', 'index_not_ready'],
  },
  distribution: {
    ...addresses.distribution,
    summary: 'how many values are had by how many rows',
    params: ofDataset,
    query: z.strictObject({ by: z.string().max(1000).optional() }),
    answers: { 200: distribution },
    problems: ['not_found', 'not_counted'],
  },
  runs: {
    ...addresses.runs,
    summary: 'runs with their receipts, the newest first',
    query: runsQuery,
    answers: { 200: runs },
    problems: ['cursor_wrong'],
  },
  run: {
    ...addresses.run,
    summary: 'one run: its state and its receipt',
    params: ofRun,
    answers: { 200: run },
    problems: ['not_found'],
  },
  chunks: {
    ...addresses.chunks,
    summary: 'the staged chunks of a run, in the order of the file',
    params: ofRun,
    query: z.strictObject({
      after: z.string().max(100).optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(1000),
    }),
    answers: { 200: chunks },
    problems: ['not_found', 'cursor_wrong'],
  },
  rejects: {
    ...addresses.rejects,
    summary: 'records that were refused, with reason, line, byte and raw text',
    params: ofRun,
    query: rejectsQuery,
    answers: { 200: rejects },
    problems: ['not_found', 'cursor_wrong'],
  },
  rejectsCsv: {
    ...addresses.rejectsCsv,
    summary: 'the same as a file',
    params: ofRun,
    query: rejectsCsvQuery,
    answers: { 200: 'text/csv' },
    problems: ['not_found'],
  },
  cancelRun: {
    ...addresses.cancelRun,
    summary: 'end a run that is not published; its version is left alone until it is retried or changes',
    params: ofRun,
    answers: { 202: run },
    problems: ['not_found', 'run_not_running'],
  },
  retryRun: {
    ...addresses.retryRun,
    summary: 'try the file of a failed or cancelled run once more, now',
    params: ofRun,
    answers: { 202: run },
    problems: ['not_found', 'run_not_retryable'],
  },
  sources: {
    ...addresses.sources,
    summary: 'all sources with their states',
    answers: { 200: sources },
    problems: [],
  },
  source: {
    ...addresses.source,
    summary: 'one source',
    params: ofSource,
    answers: { 200: source },
    problems: ['source_unknown'],
  },
  files: {
    ...addresses.files,
    summary: 'all files of a source, by name',
    params: ofSource,
    query: filesQuery,
    answers: { 200: files },
    problems: ['source_unknown', 'cursor_wrong'],
  },
  addSource: {
    ...addresses.addSource,
    summary: 'one more source; the database remembers it',
    body: newSource,
    answers: { 201: source },
    problems: ['source_there', 'source_refused', 'address_not_allowed'],
  },
  changeSource: {
    ...addresses.changeSource,
    summary: 'pause a source, or sense it again',
    params: ofSource,
    body: sourceChange,
    answers: { 200: source },
    problems: ['source_unknown', 'source_in_config'],
  },
  removeSource: {
    ...addresses.removeSource,
    summary: 'forget a source; the rows that it has brought stay',
    params: ofSource,
    answers: { 204: null },
    problems: ['source_unknown', 'source_in_config'],
  },
  senseSource: {
    ...addresses.senseSource,
    summary: 'sense it now',
    params: ofSource,
    answers: { 202: source },
    problems: ['source_unknown', 'source_paused'],
  },
  upload: {
    ...addresses.upload,
    summary: 'upload a file and import it; the body is the file',
    query: importQuery,
    body: 'bytes',
    answers: { 202: upload },
    problems: [
      'not_found',
      'bad_option',
      'upload_too_large',
      'upload_cut_off',
      'upload_too_slow',
      'uploads_full',
      'upload_failed',
    ],
  },
  uploads: {
    ...addresses.uploads,
    summary: 'the last uploads since the master was started, the newest first',
    answers: { 200: page(upload) },
    problems: [],
  },
  uploaded: {
    ...addresses.uploaded,
    summary: 'what became of an upload',
    params: z.object({ id: z.string().max(100) }),
    answers: { 200: upload },
    problems: ['not_found'],
  },
  preview: {
    ...addresses.preview,
    summary: 'how the beginning of a file would be read; nothing is imported',
    query: previewQuery,
    body: 'bytes',
    answers: { 200: preview },
    problems: ['not_found', 'bad_option', 'upload_too_large', 'upload_cut_off', 'upload_too_slow'],
  },
} as const satisfies Readonly<Record<string, RouteSpec>>;

export type Routes = typeof routes;
export type RouteName = keyof Routes;
