/** What pages ask for. Nothing becomes stale by time: the stream of events says what has changed (`live/apply-events.ts`). */
import { queryOptions } from '@tanstack/react-query';
import { api } from './client.ts';

/** First parts of the keys, for whoever has to say that something has changed. */
export const keys = {
  status: ['status'],
  throughput: ['throughput'],
  rows: (dataset: string) => ['rows', dataset],
  row: (dataset: string, id: string) => ['row', dataset, id],
  story: (dataset: string, id: string) => ['story', dataset, id],
  counts: (dataset: string) => ['counts', dataset],
  runs: ['runs'],
  run: (run: number) => ['run', run],
  chunks: (run: number) => ['chunks', run],
  rejects: (run: number) => ['rejects', run],
  files: (source: string) => ['files', source],
  uploads: ['uploads'],
} as const;

export const statusQuery = queryOptions({
  queryKey: keys.status,
  queryFn: ({ signal }) => api('status', {}, signal),
});

/** Senses that find nothing new are no events: who shows when a source was asked last asks again itself, in milliseconds. */
const sensedMs = 5000;
export const sensedStatusQuery = queryOptions({ ...statusQuery, refetchInterval: sensedMs });

export const throughputQuery = queryOptions({
  queryKey: keys.throughput,
  queryFn: ({ signal }) => api('throughput', {}, signal),
});

export const rowQuery = (dataset: string, key: string) =>
  queryOptions({
    queryKey: keys.row(dataset, key),
    queryFn: ({ signal }) => api('row', { params: { dataset, key } }, signal),
  });

export const storyQuery = (dataset: string, key: string) =>
  queryOptions({
    queryKey: keys.story(dataset, key),
    queryFn: ({ signal }) => api('story', { params: { dataset, key } }, signal),
  });

export const distributionQuery = (dataset: string, by: string | undefined) =>
  queryOptions({
    queryKey: [...keys.counts(dataset), 'distribution', by],
    queryFn: ({ signal }) => api('distribution', { params: { dataset }, query: { by } }, signal),
  });

export const runQuery = (run: number) =>
  queryOptions({
    queryKey: keys.run(run),
    queryFn: ({ signal }) => api('run', { params: { run } }, signal),
  });

export const recentRunsQuery = queryOptions({
  queryKey: [...keys.runs, 'recent'],
  queryFn: ({ signal }) => api('runs', { query: { limit: 8 } }, signal),
});

export const uploadsQuery = queryOptions({
  queryKey: keys.uploads,
  queryFn: ({ signal }) => api('uploads', {}, signal),
});

export const uploadQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.uploads, id],
    queryFn: ({ signal }) => api('uploaded', { params: { id } }, signal),
  });
