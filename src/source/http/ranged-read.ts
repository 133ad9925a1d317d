/** Brings a version here by several ranges at once, each checked against the manifest. */
import { LonghaulError } from '../../runtime/errors.ts';
import { shownAddress } from '../../runtime/redacted-url.ts';
import type { ByteSpan } from '../byte-set.ts';
import type { ManifestPiece } from '../manifest.ts';
import type { SpoolWriter } from '../spooled-content.ts';
import { spoolBody } from './body-to-spool.ts';
import { Endurance } from './endurance.ts';
import { contentRange, statusError } from './http-content.ts';
import type { HttpAnswer, HttpPeer } from './http-peer.ts';
import { RangeSize } from './range-size.ts';

export interface RangedReadParts {
  readonly peer: HttpPeer;
  readonly url: URL;
  readonly file: string;
  readonly version: string;
  readonly bytes: number;
  /** They tile the file. */
  readonly chunks: readonly ManifestPiece[];
  readonly writer: SpoolWriter;
  readonly onBytes: () => void;
  readonly signal: AbortSignal;
}

/** Bytes that one connection brings before the next piece is anybody's. More only where a single chunk is longer. */
const pieceBytes = 8 * 2 ** 20;

/** Chunks that lie one behind the other. */
interface Piece extends ByteSpan {
  readonly chunks: readonly ManifestPiece[];
}

/** Resolves once all chunks are here and as they should be. Throws `version_gone` once the source offers another one. */
export async function readRanges(parts: RangedReadParts): Promise<void> {
  const failing = new AbortController();
  const signal = AbortSignal.any([parts.signal, failing.signal]);
  const pieces = piecesOf(parts.chunks).values();
  const size = new RangeSize(parts.bytes);
  const work = async (): Promise<void> => {
    const endurance = new Endurance(parts.bytes);
    for (const piece of pieces) await readPiece({ ...parts, signal }, piece, size, endurance);
  };
  const workers = Array.from({ length: parts.peer.parallelReads }, () =>
    work().catch((error: unknown) => {
      failing.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  parts.signal.throwIfAborted();
  // The first one that failed has ended the others.
  failing.signal.throwIfAborted();
}

function piecesOf(chunks: readonly ManifestPiece[]): Piece[] {
  const pieces: Piece[] = [];
  for (const chunk of chunks) {
    const { offset: from, length } = chunk;
    const to = from + length;
    const last = pieces.at(-1);
    if (last !== undefined && to - last.from <= pieceBytes) {
      pieces[pieces.length - 1] = { from: last.from, to, chunks: [...last.chunks, chunk] };
    } else {
      pieces.push({ from, to, chunks: [chunk] });
    }
  }
  return pieces;
}

async function readPiece(
  parts: RangedReadParts,
  piece: Piece,
  size: RangeSize,
  endurance: Endurance,
): Promise<void> {
  const { writer, signal } = parts;
  const next = (): ByteSpan | undefined => writer.missing(piece.from, piece.to)[0];
  for (;;) {
    try {
      for (let span = next(); span !== undefined; span = next()) {
        const { from } = span;
        await readSpan(parts, { from, to: Math.min(span.to, from + size.bytes) }, endurance);
        size.came();
      }
      await checkChunks(parts, piece);
      return;
    } catch (error) {
      size.broke();
      await endurance.failed(error, signal);
    }
  }
}

async function readSpan(parts: RangedReadParts, { from, to }: ByteSpan, endurance: Endurance): Promise<void> {
  const { peer, url, version, bytes, writer, onBytes, signal } = parts;
  const range = `bytes=${from}-${to - 1}`;
  const answer = await peer.read({ url, headers: { range, 'if-match': `"${version}"` }, signal });
  try {
    if (answer.status !== 206 && !(answer.status === 200 && from === 0 && to === bytes)) {
      throw await refusal(parts, answer);
    }
    const told = answer.status === 206 ? contentRange(answer) : { from, to, size: bytes };
    if (told?.from !== from || told.to !== to || (told.size ?? bytes) !== bytes) {
      throw peer.wrong(answer, 'it sends other bytes than those that were asked for');
    }
    let at = from;
    await spoolBody(answer, writer, from, (part) => {
      at += part.length;
      if (at > to) throw peer.wrong(answer, 'it sends more bytes than were asked for');
      endurance.progressed(part.length);
      onBytes();
    });
    if (at < to) {
      const { source } = peer;
      const reason = `${to - at} bytes too early`;
      throw LonghaulError.of('source_broke_off', { source, url: answer.shownUrl, reason });
    }
  } catch (error) {
    await answer.discard();
    throw error;
  }
}

async function refusal({ peer, file }: RangedReadParts, answer: HttpAnswer): Promise<LonghaulError> {
  const { status } = answer;
  if (status === 200) return peer.wrong(answer, 'it does not give out ranges');
  if (status === 412 || status === 404 || status === 416) {
    return LonghaulError.of('version_gone', { file: `${peer.source}: ${file}`, version: null });
  }
  return statusError(peer.source, answer);
}

/** What came through and is not what the source has hashed is missing again. */
async function checkChunks(
  { writer, peer, file, url, signal }: RangedReadParts,
  piece: Piece,
): Promise<void> {
  for (const { offset: from, length, sha256 } of piece.chunks) {
    const span = { from, to: from + length };
    if ((await writer.hash(span, signal)) === sha256) continue;
    await writer.drop(span);
    const { source } = peer;
    const reason = `bytes ${from} to ${span.to} have another SHA-256 than the manifest says`;
    throw LonghaulError.of('source_content_wrong', { source, url: shownAddress(url), file, reason });
  }
}
