import { resolve } from 'node:path';
import { type ApiAnswer, type ApiRequest, nothing } from '../answer.ts';
import type { EditingTools } from './tools.ts';

/** Throws `source_there`. Which table it is for when it does not say so, whoever calls has said. */
export async function addSource(tools: EditingTools, { body }: ApiRequest<'addSource'>): Promise<ApiAnswer> {
  const { name, url, kind, dataset: table } = body;
  if (table === undefined) throw new Error('a source without a table');
  await tools.changeSources((register) =>
    register.addSource({
      ...{ name, kind, table, tokenFile: null, guarded: true },
      // A master that is started in another folder means the same file.
      url: /^https?:\/\//i.test(url) ? url : resolve(url),
    }),
  );
  return nothing;
}

export async function changeSource(
  tools: EditingTools,
  { params, body }: ApiRequest<'changeSource'>,
): Promise<ApiAnswer> {
  await tools.changeSources((register) => register.pauseSource(params.source, body.paused));
  return nothing;
}

export async function removeSource(
  tools: EditingTools,
  { params }: ApiRequest<'removeSource'>,
): Promise<ApiAnswer> {
  await tools.changeSources((register) => register.removeSource(params.source));
  return nothing;
}
