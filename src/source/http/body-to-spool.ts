import { createHash } from 'node:crypto';
import { LonghaulError } from '../../runtime/errors.ts';
import type { SpoolWriter } from '../spooled-content.ts';
import { announcedBytes } from './http-content.ts';
import type { HttpAnswer } from './http-peer.ts';

/** Bytes put to the disk and noted in the journal at once: what a killed process loses of each connection. */
const blockBytes = 256 * 1024;

/** What checks a body as it comes by, whose digest is told at its end. */
export class BodyDigest {
  readonly #hash = createHash('sha256');

  update(part: Uint8Array): void {
    this.#hash.update(part);
  }

  /** Throws unless it is what a header or a trailer says (RFC 9530, and the `Digest` before it). */
  check(source: string, file: string, answer: HttpAnswer): void {
    const told = digestIn(answer.trailers()) ?? digestIn(answer.headers);
    if (told === null || told === this.#hash.digest('base64')) return;
    const { shownUrl: url } = answer;
    const reason = 'its SHA-256 is another one than the source says';
    throw LonghaulError.of('source_content_wrong', { source, url, file, reason });
  }
}

function digestIn(fields: Readonly<Record<string, string | undefined>>): string | null {
  const [, structured] =
    /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):/.exec(fields['content-digest'] ?? fields['repr-digest'] ?? '') ??
    [];
  const [, plain] = /(?:^|,)\s*sha-256=([A-Za-z0-9+/=]+)/i.exec(fields['digest'] ?? '') ?? [];
  return structured ?? plain ?? null;
}

/**
 * Puts a body to its place in the spool. What has come is kept whatever happens.
 *
 * @param at where its first byte belongs
 * @param onPart told each part before it is kept
 * @returns where its end is
 */
export async function spoolBody(
  answer: HttpAnswer,
  writer: SpoolWriter,
  at: number,
  onPart: (part: Uint8Array) => void,
): Promise<number> {
  // Of ten thousand small files each would else throw away a large one.
  const block = Buffer.allocUnsafe(Math.min(blockBytes, announcedBytes(answer) || blockBytes));
  let blockAt = at;
  let filled = 0;
  const flush = async (): Promise<void> => {
    if (filled === 0) return;
    const length = filled;
    filled = 0;
    await writer.write(blockAt, block.subarray(0, length));
    blockAt += length;
  };
  try {
    for await (const part of answer.body()) {
      onPart(part);
      for (let from = 0; from < part.length; ) {
        const taken = Math.min(part.length - from, block.length - filled);
        block.set(part.subarray(from, from + taken), filled);
        filled += taken;
        from += taken;
        if (filled === block.length) await flush();
      }
    }
  } finally {
    await flush();
  }
  return blockAt;
}
