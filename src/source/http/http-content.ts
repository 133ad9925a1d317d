/** What the headers of an answer tell of the content that follows. */
import { LonghaulError } from '../../runtime/errors.ts';
import type { HttpAnswer } from './http-peer.ts';

/** What a server tells its versions apart by. */
export interface Validator {
  /** As it goes into `If-None-Match`; `null`: none, or one that is not as it should be written. */
  readonly etag: string | null;
  /** Whether equal tags mean equal bytes, so that two parts of one tag can be put together. */
  readonly isStrong: boolean;
  /** As it goes into `If-Modified-Since`. */
  readonly lastModified: string | null;
  /** Equal as long as nothing is told to have changed; `null`: nothing is told. */
  readonly fingerprint: string | null;
  /** By the server's own clock the last change is so recent that another one would not show. */
  readonly isFresh: boolean;
}

export const noValidator: Validator = {
  etag: null,
  isStrong: false,
  lastModified: null,
  fingerprint: null,
  isFresh: false,
};

/** A time in whole seconds tells a change from the next one only once the second is over. */
const freshMs = 2000;

/** @param mark of the address that was asked */
export function validatorOf({ headers }: Pick<HttpAnswer, 'headers'>, mark: string): Validator {
  const { etag: tag, 'last-modified': modified } = headers;
  if (tag !== undefined && /^(W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/.test(tag)) {
    const isStrong = !tag.startsWith('W/');
    return { etag: tag, isStrong, lastModified: null, fingerprint: `${mark} etag ${tag}`, isFresh: false };
  }
  const modifiedMs = Date.parse(modified ?? '');
  if (modified === undefined || Number.isNaN(modifiedMs)) {
    return noValidator;
  }
  // Both times are of one clock, that of the server; it may be wrong by years.
  const ageMs = Date.parse(headers['date'] ?? '') - modifiedMs;
  return {
    etag: null,
    isStrong: false,
    lastModified: modified,
    fingerprint: `${mark} modified ${modified}, ${headers['content-length'] ?? 'any'} bytes`,
    isFresh: ageMs >= 0 && ageMs < freshMs,
  };
}

/** Bytes of the body as announced; `null`: not announced. */
export function announcedBytes({ headers }: Pick<HttpAnswer, 'headers'>): number | null {
  const bytes = Number(headers['content-length'] ?? Number.NaN);
  return Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : null;
}

/** Which bytes of how many a 206 holds; `null`: it does not say. */
export function contentRange({
  headers,
}: Pick<HttpAnswer, 'headers'>): { from: number; to: number; size: number | null } | null {
  const [, from, last, size] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
  if (from === undefined || last === undefined) return null;
  return { from: Number(from), to: Number(last) + 1, size: size === '*' ? null : Number(size) };
}

/** What is never a CSV, whoever says so. What says nothing or something vague is looked at when it is read. */
const otherTypes: readonly (readonly [RegExp, string])[] = [
  [/^(text\/html|application\/xhtml\+xml)$/, 'a web page'],
  [/^(application|text)\/([^/]+\+)?json$/, 'JSON'],
  [/^(application|text)\/([^/]+\+)?xml$/, 'XML'],
  [/^(image|audio|video|font|multipart|message)\//, 'something else'],
  [/^application\/pdf$/, 'a PDF'],
];

/** Content encodings whose bytes the engine knows by themselves when it reads a file. */
const knownEncodings = /^(identity|gzip|x-gzip|zstd)$/i;

/** Throws what an answer cannot be content for: an error's status, another type, an encoding that nobody asked for. */
export function checkContent(
  source: string,
  answer: Pick<HttpAnswer, 'status' | 'headers' | 'shownUrl'>,
): void {
  const { status, headers, shownUrl: url } = answer;
  if (status !== 200 && status !== 206) throw statusError(source, answer);
  const [type = ''] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const other = otherTypes.find(([pattern]) => pattern.test(type.trim()));
  if (other !== undefined) {
    throw LonghaulError.of('source_not_csv', { source, url, found: `${other[1]} (${type.trim()})` });
  }
  const encoding = (headers['content-encoding'] ?? 'identity').trim();
  if (!knownEncodings.test(encoding)) {
    throw LonghaulError.of('source_encodes', { source, url, encoding: encoding.slice(0, 40) });
  }
}

/** What to throw for a status that is no success. */
export function statusError(
  source: string,
  { status, shownUrl: url }: Pick<HttpAnswer, 'status' | 'shownUrl'>,
): LonghaulError {
  const code = status === 401 || status === 403 ? 'source_denies' : 'source_fails';
  return LonghaulError.of(code, { source, url, status });
}
