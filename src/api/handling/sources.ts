import { LonghaulError } from '../../runtime/errors.ts';
import type { ApiAnswer, ApiRequest } from '../answer.ts';
import { askedFor, type Backend } from './backend.ts';

/** Sources of the config and of the command line, which are changed there, and the table of those that name none. */
export interface GivenSources {
  readonly names: ReadonlySet<string>;
  readonly usualTable: string;
}

export async function addSource(
  backend: Backend,
  { names, usualTable }: GivenSources,
  request: ApiRequest<'addSource'>,
): Promise<ApiAnswer> {
  const { name, dataset = usualTable } = request.body;
  if (names.has(name)) throw LonghaulError.of('source_there', { database: 'the config', source: name });
  await backend.database.edit('addSource', { ...request, body: { ...request.body, dataset } } as ApiRequest);
  return { ...(await sourceNow(backend, name)), status: 201 };
}

export async function changeSource(
  backend: Backend,
  { names }: GivenSources,
  request: ApiRequest<'changeSource'>,
): Promise<ApiAnswer> {
  const { source } = request.params;
  if (names.has(source)) throw LonghaulError.of('source_in_config', { source });
  await backend.database.edit('changeSource', request as ApiRequest);
  return sourceNow(backend, source);
}

export async function removeSource(
  backend: Backend,
  { names }: GivenSources,
  request: ApiRequest<'removeSource'>,
): Promise<ApiAnswer> {
  const { source } = request.params;
  if (names.has(source)) throw LonghaulError.of('source_in_config', { source });
  const answered = await backend.database.edit('removeSource', request as ApiRequest);
  await backend.watch.sourcesChanged();
  return answered;
}

/** As it is watched now that the database remembers something else of it. */
async function sourceNow({ watch }: Backend, source: string): Promise<ApiAnswer> {
  await watch.sourcesChanged();
  return watch.ask('source', askedFor({ params: { source } }));
}
