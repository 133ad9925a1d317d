import { createHash } from 'node:crypto';
import { LonghaulError } from '../../runtime/errors.ts';
import { statusError } from './http-content.ts';
import type { HttpPeer } from './http-peer.ts';

export interface ChunkToRead {
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** 206 of a server that gives out ranges. */
  readonly status: 200 | 206;
  readonly length: number;
  /** Of all of it, hexadecimal. */
  readonly sha256: string;
}

/** Reads one chunk into memory. Throws a LonghaulError about the source unless it is the very bytes that are wanted. */
export async function readChunk(
  peer: HttpPeer,
  { url, headers = {}, status, length, sha256 }: ChunkToRead,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await peer.read({ url, headers, signal });
  try {
    if (answer.status !== status) {
      throw answer.status < 400
        ? peer.wrong(answer, `${answer.status} instead of ${status}`)
        : statusError(peer.source, answer);
    }
    const bytes = new Uint8Array(length);
    const hash = createHash('sha256');
    let at = 0;
    for await (const part of answer.body()) {
      if (at + part.length > length) throw peer.wrong(answer, 'it sends more bytes than were asked for');
      bytes.set(part, at);
      hash.update(part);
      at += part.length;
    }
    if (at < length) {
      const reason = `${length - at} bytes too early`;
      throw LonghaulError.of('source_broke_off', { source: peer.source, url: answer.shownUrl, reason });
    }
    if (hash.digest('hex') !== sha256) throw peer.wrong(answer, 'the bytes have another SHA-256');
    return bytes;
  } catch (error) {
    await answer.discard();
    throw error;
  }
}
