/** What the watch is asked for to answer requests, by route. It runs on the thread that senses and imports, and has to be short. */
import { LonghaulError } from '../../runtime/errors.ts';
import { bucketMs, type Throughput } from '../../watch/throughput.ts';
import type { FileStatus, SourceStatus } from '../../watch/status.ts';
import type { Watch } from '../../watch/watch.ts';
import { type ApiAnswer, type ApiRequest, answer } from '../answer.ts';
import { cursorOf, readCursor } from '../reading/cursor.ts';
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
  return answer({ items: allSources(tools), next: null });
}

export function allSources({ watch, isGiven }: WatchingTools): SourceAnswer[] {
  return watch.status().sources.map((status) => sourceAnswer(status, isGiven));
}

function source({ watch, isGiven }: WatchingTools, { params }: ApiRequest<'source'>): ApiAnswer {
  const status = watch.source(params.source);
  if (status === null) throw noSuchSource(params.source);
  return answer(sourceAnswer(status, isGiven));
}

function files({ watch }: WatchingTools, { params, query }: ApiRequest<'files'>): ApiAnswer {
  const [after = null] = readCursor(query.after, 1) ?? [];
  const page = watch.files(params.source, { after, limit: query.limit, state: query.state ?? null });
  if (page === null) throw noSuchSource(params.source);
  const last = page.files.at(-1);
  return answer({
    items: page.files.map(fileAnswer),
    next: page.isMore && last !== undefined ? cursorOf([last.name]) : null,
  });
}

function senseSource(tools: WatchingTools, { params }: ApiRequest<'senseSource'>): ApiAnswer {
  const status = tools.watch.source(params.source);
  if (status === null) throw noSuchSource(params.source);
  if (!tools.watch.senseNow(params.source))
    throw LonghaulError.of('source_paused', { source: params.source });
  return answer(sourceAnswer(status, tools.isGiven), { status: 202 });
}

function sourceAnswer(status: SourceStatus, isGiven: WatchingTools['isGiven']): SourceAnswer {
  const { table: dataset, files: some, ...rest } = status;
  const definedIn = isGiven(status.name) ? 'config' : 'database';
  return { ...rest, dataset, definedIn, files: some.map(fileAnswer) };
}

/** What is being imported says how far it is in the same words. */
function fileAnswer(file: FileStatus): FileAnswer {
  return file;
}

export function noSuchSource(name: string): LonghaulError {
  return LonghaulError.of('source_unknown', { database: 'the master', source: name });
}
