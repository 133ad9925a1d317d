/** Every route of the API: where it is, what it takes, what it answers. Handlers are registered, documented and called by this table. */
import { z } from 'zod';
import { datasetName, page, runNumber, sourceName } from './common.ts';
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
    Partial<Record<200 | 201 | 202 | 204, z.ZodType | 'text/csv' | 'text/event-stream' | null>>
  >;
  /** Codes of the error table that this route can answer, besides those that all can. */
  readonly problems: readonly string[];
}

const ofDataset = z.object({ dataset: datasetName });
const ofRow = z.object({ dataset: datasetName, key: z.string().min(1) });
const ofRun = z.object({ run: runNumber });
const ofSource = z.object({ source: sourceName });
const ifMatch = z.object({
  /** `"HASH"` of the row that was seen, or `*`. */
  'if-match': z.string().max(200).optional(),
});

export const routes = {
  status: {
    method: 'GET',
    path: '/api/status',
    summary: 'what the master does at the moment',
    answers: { 200: status },
    problems: [],
  },
  throughput: {
    method: 'GET',
    path: '/api/throughput',
    summary: 'records staged over the last hour',
    answers: { 200: throughput },
    problems: [],
  },
  events: {
    method: 'GET',
    path: '/api/events',
    summary: 'what happens, as it happens (Server-Sent Events)',
    headers: z.object({ 'last-event-id': z.string().max(200).optional() }),
    answers: { 200: 'text/event-stream' },
    problems: ['too_many_listeners'],
  },
  session: {
    method: 'GET',
    path: '/api/session',
    summary: 'whether a token is needed, and whether this request has one',
    answers: { 200: session },
    problems: [],
  },
  openSession: {
    method: 'POST',
    path: '/api/session',
    summary: 'exchange the token for a cookie of this browser',
    body: login,
    answers: { 204: null },
    problems: ['token_wrong'],
  },
  closeSession: {
    method: 'DELETE',
    path: '/api/session',
    summary: 'forget the cookie',
    answers: { 204: null },
    problems: [],
  },
  datasets: {
    method: 'GET',
    path: '/api/datasets',
    summary: 'all tables that are kept imported',
    answers: { 200: datasets },
    problems: [],
  },
  dataset: {
    method: 'GET',
    path: '/api/datasets/{dataset}',
    summary: 'one table: its columns, key, counts and totals',
    params: ofDataset,
    answers: { 200: dataset },
    problems: ['not_found'],
  },
  rows: {
    method: 'GET',
    path: '/api/datasets/{dataset}/rows',
    summary: 'rows, all or found by a column',
    params: ofDataset,
    query: rowsQuery,
    answers: { 200: rows },
    problems: ['not_found', 'cursor_wrong', 'not_searchable', 'index_not_ready'],
  },
  row: {
    method: 'GET',
    path: '/api/datasets/{dataset}/rows/{key}',
    summary: 'one row; its ETag is its hash',
    params: ofRow,
    answers: { 200: row },
    problems: ['not_found', 'row_not_found'],
  },
  changeRow: {
    method: 'PATCH',
    path: '/api/datasets/{dataset}/rows/{key}',
    summary: 'edit a row; the edit survives imports until a file itself brings something new for the row',
    params: ofRow,
    headers: ifMatch,
    body: rowChange,
    answers: { 200: row },
    problems: ['not_found', 'row_not_found', 'edit_changes_nothing', 'edit_outdated'],
  },
  takeBackEdit: {
    method: 'DELETE',
    path: '/api/datasets/{dataset}/rows/{key}/edit',
    summary: 'take the edit of a row back: it becomes what the files say',
    params: ofRow,
    headers: ifMatch,
    answers: { 200: row },
    problems: ['not_found', 'row_not_found', 'edit_not_standing', 'edit_outdated'],
  },
  story: {
    method: 'GET',
    path: '/api/datasets/{dataset}/rows/{key}/story',
    summary: 'where a row comes from: runs, files, lines and edits',
    params: ofRow,
    answers: { 200: story },
    problems: ['not_found', 'row_not_found'],
  },
  counts: {
    method: 'GET',
    path: '/api/datasets/{dataset}/counts',
    summary: 'values of a counted column, and how many rows have each',
    params: ofDataset,
    query: countsQuery,
    answers: { 200: counts },
    problems: ['not_found', 'cursor_wrong', 'not_counted', 'index_not_ready'],
  },
  distribution: {
    method: 'GET',
    path: '/api/datasets/{dataset}/counts/distribution',
    summary: 'how many values are had by how many rows',
    params: ofDataset,
    query: z.strictObject({ by: z.string().max(1000).optional() }),
    answers: { 200: distribution },
    problems: ['not_found', 'not_counted'],
  },
  runs: {
    method: 'GET',
    path: '/api/runs',
    summary: 'runs with their receipts, the newest first',
    query: runsQuery,
    answers: { 200: runs },
    problems: ['cursor_wrong'],
  },
  run: {
    method: 'GET',
    path: '/api/runs/{run}',
    summary: 'one run: its state and its receipt',
    params: ofRun,
    answers: { 200: run },
    problems: ['not_found'],
  },
  chunks: {
    method: 'GET',
    path: '/api/runs/{run}/chunks',
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
    method: 'GET',
    path: '/api/runs/{run}/rejects',
    summary: 'records that were refused, with reason, line, byte and raw text',
    params: ofRun,
    query: rejectsQuery,
    answers: { 200: rejects },
    problems: ['not_found', 'cursor_wrong'],
  },
  rejectsCsv: {
    method: 'GET',
    path: '/api/runs/{run}/rejects.csv',
    summary: 'the same as a file',
    params: ofRun,
    query: rejectsCsvQuery,
    answers: { 200: 'text/csv' },
    problems: ['not_found'],
  },
  cancelRun: {
    method: 'POST',
    path: '/api/runs/{run}/cancel',
    summary: 'end a run that is not published; its version is left alone until it is retried or changes',
    params: ofRun,
    answers: { 202: run },
    problems: ['not_found', 'run_not_running'],
  },
  retryRun: {
    method: 'POST',
    path: '/api/runs/{run}/retry',
    summary: 'try the file of a failed or cancelled run once more, now',
    params: ofRun,
    answers: { 202: run },
    problems: ['not_found', 'run_not_retryable'],
  },
  sources: {
    method: 'GET',
    path: '/api/sources',
    summary: 'all sources with their states',
    answers: { 200: sources },
    problems: [],
  },
  source: {
    method: 'GET',
    path: '/api/sources/{source}',
    summary: 'one source',
    params: ofSource,
    answers: { 200: source },
    problems: ['source_unknown'],
  },
  files: {
    method: 'GET',
    path: '/api/sources/{source}/files',
    summary: 'all files of a source, by name',
    params: ofSource,
    query: filesQuery,
    answers: { 200: files },
    problems: ['source_unknown', 'cursor_wrong'],
  },
  addSource: {
    method: 'POST',
    path: '/api/sources',
    summary: 'one more source; the database remembers it',
    body: newSource,
    answers: { 201: source },
    problems: ['source_there', 'source_refused', 'address_not_allowed'],
  },
  changeSource: {
    method: 'PATCH',
    path: '/api/sources/{source}',
    summary: 'pause a source, or sense it again',
    params: ofSource,
    body: sourceChange,
    answers: { 200: source },
    problems: ['source_unknown'],
  },
  removeSource: {
    method: 'DELETE',
    path: '/api/sources/{source}',
    summary: 'forget a source; the rows that it has brought stay',
    params: ofSource,
    answers: { 204: null },
    problems: ['source_unknown', 'source_in_config'],
  },
  senseSource: {
    method: 'POST',
    path: '/api/sources/{source}/sense',
    summary: 'sense it now',
    params: ofSource,
    answers: { 202: source },
    problems: ['source_unknown', 'source_paused'],
  },
  upload: {
    method: 'POST',
    path: '/api/imports',
    summary: 'upload a file and import it; the body is the file',
    query: importQuery,
    body: 'bytes',
    answers: { 202: upload },
    problems: ['upload_too_large', 'upload_cut_off', 'uploads_full', 'not_found'],
  },
  uploads: {
    method: 'GET',
    path: '/api/imports',
    summary: 'the last uploads since the master was started, the newest first',
    answers: { 200: page(upload) },
    problems: [],
  },
  uploaded: {
    method: 'GET',
    path: '/api/imports/{id}',
    summary: 'what became of an upload',
    params: z.object({ id: z.string().max(100) }),
    answers: { 200: upload },
    problems: ['not_found'],
  },
  preview: {
    method: 'POST',
    path: '/api/imports/preview',
    summary: 'how the beginning of a file would be read; nothing is imported',
    query: previewQuery,
    body: 'bytes',
    answers: { 200: preview },
    problems: ['upload_too_large', 'not_found'],
  },
} as const satisfies Readonly<Record<string, RouteSpec>>;

export type Routes = typeof routes;
export type RouteName = keyof Routes;
