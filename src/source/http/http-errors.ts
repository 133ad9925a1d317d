/** What undici and the system throw, in our words. */
import { LonghaulError } from '../../runtime/errors.ts';
import type { AtSource } from '../../runtime/source-errors.ts';
import type { HttpTuning } from './http-tuning.ts';

interface SystemError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly errors?: readonly unknown[];
}

/** @param hasAnswered whether the headers had come */
export function asSourceError(
  error: unknown,
  about: AtSource,
  { connectMs, silentMs }: HttpTuning,
  hasAnswered: boolean,
): LonghaulError {
  const { name, code = '', message = '' } = error as SystemError;
  const told = (reason: string): AtSource & { reason: string } => ({ ...about, reason });
  const cause = { cause: error };
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    const reason = `no connection within ${connectMs / 1000} s`;
    return LonghaulError.of('source_unreachable', told(reason), cause);
  }
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return LonghaulError.of('source_silent', { ...about, seconds: silentMs / 1000 }, cause);
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return LonghaulError.of('source_answer_wrong', told('its headers are too long'), cause);
  }
  if (name === 'HTTPParserError' || message === 'bad response') {
    return LonghaulError.of('source_answer_wrong', told('it is no HTTP'), cause);
  }
  if (isBrokenOff(error)) {
    const when = hasAnswered ? 'in the middle of its answer' : 'before it had answered';
    return LonghaulError.of('source_broke_off', told(when), cause);
  }
  return LonghaulError.of('source_unreachable', told(reasonOf(error)), cause);
}

/** Whether the same request may well succeed through a new connection. */
export function retriesOnce(error: unknown): boolean {
  return isBrokenOff(error);
}

const brokenCodes: ReadonlySet<string> = new Set([
  'UND_ERR_SOCKET',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_ABORTED',
  'UND_ERR_INFO',
  'ECONNRESET',
  'EPIPE',
]);

function isBrokenOff(error: unknown): boolean {
  const { code = '', message = '' } = error as SystemError;
  return (brokenCodes.has(code) && message !== 'bad response') || message === 'terminated';
}

/** A host with several addresses fails with several errors. */
function reasonOf(error: unknown): string {
  const { code, message, errors } = error as SystemError;
  const codes = new Set((errors ?? []).map((each) => (each as SystemError).code ?? ''));
  if (codes.size > 0) return [...codes].join(', ');
  return code ?? message ?? String(error);
}
