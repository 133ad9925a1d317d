/** What the watch is asked for to answer requests, by route. It runs on the thread that senses and imports, and has to be short. */
import { z } from 'zod';
import { LonghaulError } from '../../runtime/errors.ts';
import { isHttpAddress, shownAddress } from '../../runtime/redacted-url.ts';
import { bucketMs, type Throughput } from '../../watch/throughput.ts';
import type { FileStatus, SourceStatus } from '../../watch/status.ts';
import type { Watch } from '../../watch/watch.ts';
import { type ApiAnswer, type ApiRequest, answer } from '../answer.ts';
import { pageAnswer, readCursor } from '../reading/cursor.ts';
import { progressAnswer } from './progress.ts';
import type { RouteName } from '../wire/routes.ts';
import type { FileAnswer, SourceAnswer } from '../wire/sources.ts';
import type { Throughput as ThroughputAnswer } from '../wire/status.ts';

export interface WatchingTools {
  readonly watch: Watch;
  readonly throughput: Throughput;
  /** Whether it is one of the config or of the command line. */
  readonly isGiven: (source: string) => boolean;
}

export type Watching<Name extends RouteName> = (tools: WatchingTools, request: ApiRequest<Name>) => ApiAnswer;

export const watching = { throughput, sources, source, files, senseSource } satisfies {
  readonly [Name in RouteName]?: Watching<Name>;
};

export type WatchingName = keyof typeof watching;

function throughput({ throughput: { points } }: WatchingTools): ApiAnswer {
  const told: ThroughputAnswer = { bucketMs, points: points.map((point) => ({ ...point })) };
  return answer(told);
}

function sources(tools: WatchingTools): ApiAnswer {
  const items = tools.watch.status().sources.map((status) => sourceAnswer(status, tools));
  return answer({ items, next: null });
}

function source(tools: WatchingTools, { params }: ApiRequest<'source'>): ApiAnswer {
  const status = tools.watch.source(params.source);
  if (status === null) throw noSuchSource(params.source);
  return answer(sourceAnswer(status, tools));
}

function files({ watch }: WatchingTools, { params, query }: ApiRequest<'files'>): ApiAnswer {
  const { limit, state = null } = query;
  const after = readCursor(query.after, z.string());
  const found = watch.files(params.source, { after, limit: limit + 1, state });
  if (found === null) throw noSuchSource(params.source);
  return pageAnswer(found, limit, fileAnswer, (last) => last.name);
}

function senseSource(tools: WatchingTools, { params }: ApiRequest<'senseSource'>): ApiAnswer {
  const status = tools.watch.source(params.source);
  if (status === null) throw noSuchSource(params.source);
  if (!tools.watch.senseNow(params.source))
    throw LonghaulError.of('source_paused', { source: params.source });
  return answer(sourceAnswer(status, tools), { status: 202 });
}

export function sourceAnswer(status: SourceStatus, { isGiven }: WatchingTools): SourceAnswer {
  const { table: dataset, url: address, files: some, ...rest } = status;
  // A query can hold what lets somebody in.
  const url = isHttpAddress(address) ? shownAddress(address) : address;
  const definedIn = isGiven(status.name) ? 'config' : 'database';
  return { ...rest, url, dataset, definedIn, files: some.map(fileAnswer) };
}

function fileAnswer(file: FileStatus): FileAnswer {
  return { ...file, import: progressAnswer(file.import) };
}

function noSuchSource(name: string): LonghaulError {
  return LonghaulError.of('source_unknown', { database: 'the master', source: name });
}
