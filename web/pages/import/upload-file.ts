import type { Upload } from '../../../src/api/wire/imports.ts';
import { addressOf, type Asked } from '../../../src/api/client.ts';
import { noticed, problemOfText, unreachable } from '../../api/problem.ts';

/** Sends a file. By XMLHttpRequest: only that tells how much of a body has gone. Throws `ApiProblem`, or the signal's reason. */
export function uploadFile(
  file: Blob,
  query: NonNullable<Asked<'upload'>['query']>,
  onProgress: (sentBytes: number) => void,
  signal: AbortSignal,
): Promise<Upload> {
  const { promise, resolve, reject } = Promise.withResolvers<Upload>();
  const request = new XMLHttpRequest();
  request.open('POST', addressOf('upload', { query }));
  request.setRequestHeader('content-type', 'application/octet-stream');
  request.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded));
  request.addEventListener('load', () => {
    if (request.status === 202) resolve(JSON.parse(request.responseText) as Upload);
    else reject(noticed(problemOfText(request.status, request.responseText)));
  });
  request.addEventListener('error', () => reject(unreachable()));
  request.addEventListener('abort', () => reject(signal.reason as Error));
  signal.addEventListener('abort', () => request.abort(), { once: true });
  request.send(file);
  return promise;
}
