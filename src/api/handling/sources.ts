import { LonghaulError } from '../../runtime/errors.ts';
import { sourceNameProblem, sourceUrlProblem } from '../../schema/source-names.ts';
import type { ApiAnswer, ApiRequest } from '../answer.ts';
import { askedFor, type Backend } from './backend.ts';

/** Sources of the config and of the command line, which are changed there, and the table of those that name none. */
export interface GivenSources {
  readonly names: ReadonlySet<string>;
  readonly usualTable: string;
  /** Throws `address_not_allowed` where a source of somebody who asks over the network may not be. */
  readonly checkUrl: (source: string, url: string) => Promise<void>;
}

export async function addSource(
  backend: Backend,
  { names, usualTable, checkUrl }: GivenSources,
  request: ApiRequest<'addSource'>,
): Promise<ApiAnswer> {
  const { name, url, dataset = usualTable } = request.body;
  refuse('the name', sourceNameProblem(name));
  refuse('the url', sourceUrlProblem(url));
  if (names.has(name)) throw LonghaulError.of('source_there', { database: 'the config', source: name });
  await checkUrl(name, url);
  await backend.database.edit('addSource', { ...request, body: { ...request.body, dataset } });
  return { ...(await sourceNow(backend, name)), status: 201 };
}

export async function changeSource(
  backend: Backend,
  { names }: GivenSources,
  request: ApiRequest<'changeSource'>,
): Promise<ApiAnswer> {
  const { source } = request.params;
  if (names.has(source)) throw LonghaulError.of('source_in_config', { source });
  await backend.database.edit('changeSource', request);
  return sourceNow(backend, source);
}

export async function removeSource(
  backend: Backend,
  { names }: GivenSources,
  request: ApiRequest<'removeSource'>,
): Promise<ApiAnswer> {
  const { source } = request.params;
  if (names.has(source)) throw LonghaulError.of('source_in_config', { source });
  const answered = await backend.database.edit('removeSource', request);
  await backend.watch.sourcesChanged();
  return answered;
}

/** Throws `source_refused`. */
function refuse(what: string, problem: string | null): void {
  if (problem !== null) throw LonghaulError.of('source_refused', { what, problem });
}

/** As it is watched now that the database remembers something else of it. */
async function sourceNow({ watch }: Backend, source: string): Promise<ApiAnswer> {
  await watch.sourcesChanged();
  return watch.ask('source', askedFor({ params: { source } }));
}
