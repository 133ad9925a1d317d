/** Errors as RFC 9457 problems, each with its code of the one error table. */
import type { FastifyError, FastifyReply } from 'fastify';
import { errorTable, LonghaulError } from '../runtime/errors.ts';

/** When to ask again for what can succeed later by itself, in seconds. */
const retryAfterSeconds = 2;
/** When to ask again for whoever asks too often. */
const slowerAfterSeconds = 5;

/** What an error is to whoever has asked. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
  readonly retryable: boolean;
}

export function problemOf(error: LonghaulError): Problem {
  const { httpStatus: status, retryable } = errorTable[error.code];
  return {
    type: `urn:longhaul:problem:${error.code}`,
    title: error.code.replaceAll('_', ' '),
    status,
    code: error.code,
    // What is not foreseen may hold anything: its words are for the log alone.
    detail: error.code === 'unexpected' ? 'see the log of the server' : error.message,
    hint: error.hint,
    retryable,
  };
}

export function sendProblem(reply: FastifyReply, error: LonghaulError): FastifyReply {
  const problem = problemOf(error);
  const { status } = problem;
  if (status === 503) reply.header('retry-after', retryAfterSeconds);
  if (status === 429) reply.header('retry-after', slowerAfterSeconds);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  // A stream can fail before its first byte: what was said of it is not about this answer.
  for (const name of ['etag', 'accept-ranges', ...(status === 416 ? [] : ['content-range'])])
    reply.removeHeader(name);
  return reply
    .code(status)
    .header('content-type', 'application/problem+json')
    .header('cache-control', 'no-store')
    .send(JSON.stringify(problem));
}

/** What was thrown while a request was answered. */
export function knownError(error: FastifyError | LonghaulError): LonghaulError {
  if (error instanceof LonghaulError) return error;
  const { statusCode = 500, message, code } = error;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return LonghaulError.of('body_too_large', {});
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return LonghaulError.of('body_type_wrong', {});
  if (statusCode >= 400 && statusCode < 500) return LonghaulError.of('request_wrong', { reason: message });
  return LonghaulError.of('unexpected', { message }, { cause: error });
}
