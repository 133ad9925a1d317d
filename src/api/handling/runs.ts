import { LonghaulError } from '../../runtime/errors.ts';
import type { ApiAnswer, ApiRequest } from '../answer.ts';
import type { Run } from '../wire/runs.ts';
import { askedFor, type Backend } from './backend.ts';

const unfinished: ReadonlySet<Run['status']> = new Set(['planned', 'staging', 'publishing']);
const given: ReadonlySet<Run['status']> = new Set(['failed', 'cancelled']);

export async function cancelRun(backend: Backend, { params }: ApiRequest<'cancelRun'>): Promise<ApiAnswer> {
  const { run, status: state, dataset, source, file, partitions } = await runNow(backend, params.run);
  if (!unfinished.has(state)) throw LonghaulError.of('run_not_running', { run, state });
  if (partitions !== null && partitions.published > 0)
    throw LonghaulError.of('run_half_published', { run, ...partitions });
  await backend.watch.cancel(dataset, { source, name: file }, run);
  return accepted(backend, run);
}

export async function retryRun(backend: Backend, { params }: ApiRequest<'retryRun'>): Promise<ApiAnswer> {
  const { run, status, source, file } = await runNow(backend, params.run);
  const reason = given.has(status)
    ? await backend.watch.retry({ source, name: file })
    : `it is ${status}, and only what has failed or was cancelled is tried again`;
  if (reason !== null) throw LonghaulError.of('run_not_retryable', { run, reason });
  return accepted(backend, run);
}

async function runNow(backend: Backend, run: number): Promise<Run> {
  return JSON.parse(String((await readRun(backend, run)).body)) as Run;
}

function readRun({ database }: Backend, run: number): Promise<ApiAnswer> {
  return database.read('run', askedFor({ params: { run } }));
}

async function accepted(backend: Backend, run: number): Promise<ApiAnswer> {
  return { ...(await readRun(backend, run)), status: 202 };
}
