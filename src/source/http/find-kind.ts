import { LonghaulError } from '../../runtime/errors.ts';
import type { SourceDefinition, SourceKind } from '../source-client.ts';
import { addressBelow, fileNameIn } from './addresses.ts';
import { checkContent, statusError } from './http-content.ts';
import type { HttpPeer } from './http-peer.ts';
import { mostSenseBytes, readSense } from './wire-format.ts';

/**
 * What an address is: a source of ours or a plain one answers `/sense` below it; else it is that of a CSV itself. One that ends
 * in the name of a file is asked for that file first. Throws when neither can be told.
 *
 * @param onChanged a plain source tells of a change, and may not tell of it again
 */
export async function findKind(
  peer: HttpPeer,
  { url }: SourceDefinition,
  onChanged: () => Promise<void>,
  signal: AbortSignal,
): Promise<SourceKind> {
  const looksLikeFile = /\.[a-z0-9]{1,8}$/i.test(fileNameIn(url) ?? '');
  if (looksLikeFile) {
    const told = await contentError(peer, url, signal);
    if (told === null) return 'url';
    const sensed = await senseKind(peer, url, onChanged, signal);
    if (typeof sensed === 'string') return sensed;
    throw told;
  }
  const sensed = await senseKind(peer, url, onChanged, signal);
  if (typeof sensed === 'string') return sensed;
  if ((await contentError(peer, url, signal)) === null) return 'url';
  throw sensed;
}

/** What to say of an address that is no source. */
async function senseKind(
  peer: HttpPeer,
  url: string,
  onChanged: () => Promise<void>,
  signal: AbortSignal,
): Promise<'longhaul' | 'plain' | LonghaulError> {
  const answer = await peer.ask({ url: addressBelow(url, 'sense'), signal });
  if (answer.status !== 200) {
    await answer.discard();
    const error = statusError(peer.source, answer);
    // It is there and lets us in some other time: nothing about what it is.
    if (error.code === 'source_denies' || answer.status === 429 || answer.status >= 500) throw error;
    return error;
  }
  const sensed = readSense(await peer.text(answer, mostSenseBytes));
  if (sensed.kind === 'plain' && sensed.status === 1) await onChanged();
  return sensed.kind === 'none' ? peer.wrong(answer, sensed.reason) : sensed.kind;
}

/** Why an address gives no CSV; `null` if it may give one. */
async function contentError(peer: HttpPeer, url: string, signal: AbortSignal): Promise<LonghaulError | null> {
  const answer = await peer.ask({ url: new URL(url), signal });
  await answer.discard();
  try {
    checkContent(peer.source, answer);
    return null;
  } catch (error) {
    if (error instanceof LonghaulError) return error;
    throw error;
  }
}
