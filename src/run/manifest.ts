/** A snapshot's chunks, in the pass over its bytes that hashes them: the very cuts that an import would make. */
import { createHash, hash as hashAll } from 'node:crypto';
import type { Dialect } from '../csv/dialect.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { compressionOf, isReadAsStored, longestMagic, openContent } from '../source/content.ts';
import { isInflateFormat } from '../source/inflate.ts';
import type { Manifest, ManifestChunk, ManifestDialect, ManifestPiece } from '../source/manifest.ts';
import type { StoredBytes } from '../source/source-file.ts';
import { ChunkReader, type ReadChunk, type ReadEvent } from './chunk-reader.ts';
import { readBeginning, readFirstRecord } from './first-record.ts';

/** Bytes of a piece of what cannot be cut at record starts without inflating or decoding it. */
const pieceBytes = 8 * 2 ** 20;

export interface ManifestSettings {
  readonly dialect: Dialect;
  /** As TextDecoder names it. */
  readonly encoding: string;
  readonly chunkBytes: number;
  readonly maxRecordBytes: number;
  /** Fields of a record where no header tells; `null`: the first record does. */
  readonly columns: number | null;
}

/**
 * Reads all of a file. Throws what an import would say of it before its first record is staged, and `unterminated_quote`:
 * then it is no CSV. What is compressed or in another encoding is hashed, not looked into.
 *
 * @param stored can be read at any place as well, so no stream; stays the caller's
 * @param name what the file is called in errors; Brotli is known by it
 */
export async function makeManifest(
  stored: StoredBytes,
  name: string,
  settings: ManifestSettings,
  signal: AbortSignal,
): Promise<Manifest> {
  const { dialect, encoding, chunkBytes, maxRecordBytes } = settings;
  const head = await firstBytes(stored);
  const compression = knownCompression(head, name);
  const read = isReadAsStored(head, name, encoding) ? cutText : cutPieces;
  const { version, header, chunks } = await read(stored, name, settings, signal);
  return {
    version,
    bytes: chunks.reduce((sum, { length }) => sum + length, 0),
    compression,
    dialect: writtenDialect(dialect, encoding),
    chunkBytes,
    maxRecordBytes,
    header,
    chunks,
  };
}

type Cut = Pick<Manifest, 'version' | 'header' | 'chunks'>;

async function cutText(
  stored: StoredBytes,
  label: string,
  { dialect, chunkBytes, maxRecordBytes, columns }: ManifestSettings,
  signal: AbortSignal,
): Promise<Cut> {
  // Not disposed of: that would close what is the caller's.
  const content = await openContent(stored, { label });
  const reader = new ChunkReader(content, {
    label,
    dialect,
    chunkBytes,
    maxRecordBytes,
    columns: columns ?? undefined,
  });
  const events = reader.read(signal);
  const beginning = await readBeginning(events);
  const header = readFirstRecord(beginning, dialect, label);
  const chunks: ManifestChunk[] = [];
  const take = (event: ReadEvent): void => {
    if (event.kind === 'header') return;
    chunks.push(listed(event));
    if (event.cut.kind === 'records') reader.giveBack(event.bytes.buffer);
  };
  for (const event of beginning) take(event);
  for await (const event of events) take(event);
  return { version: await content.finish(), header, chunks };
}

function listed({ cut: { index: _, ...cut }, sha256 }: ReadChunk): ManifestChunk {
  return { ...cut, sha256 };
}

async function cutPieces(
  stored: StoredBytes,
  name: string,
  _settings: ManifestSettings,
  signal: AbortSignal,
): Promise<Cut> {
  const whole = createHash('sha256');
  const chunks: ManifestPiece[] = [];
  const piece = new Uint8Array(pieceBytes);
  for (let offset = 0; ; offset += pieceBytes) {
    signal.throwIfAborted();
    const length = await fill(piece, stored);
    const bytes = piece.subarray(0, length);
    whole.update(bytes);
    if (length > 0) chunks.push({ offset, length, sha256: hashAll('sha256', bytes) });
    if (length < pieceBytes) break;
  }
  if (chunks.length === 0) throw LonghaulError.of('file_empty', { file: name });
  await stored.checkUnchanged();
  return { version: whole.digest('hex'), header: null, chunks };
}

/** Fewer bytes than there is room for only where they end. */
async function fill(target: Uint8Array, stored: StoredBytes): Promise<number> {
  let filled = 0;
  for (let read = -1; read !== 0 && filled < target.length; filled += read) {
    read = await stored.read(target.subarray(filled));
  }
  return filled;
}

async function firstBytes({ seekable }: StoredBytes): Promise<Uint8Array> {
  if (seekable === null) throw new TypeError('a manifest is made of a file, not of a stream');
  const head = new Uint8Array(longestMagic);
  return head.subarray(0, await seekable.readAt(head, 0));
}

/** Throws `compression_unknown` where nobody could inflate it. */
function knownCompression(head: Uint8Array, name: string): string | null {
  const format = compressionOf(head, name);
  if (format === null || format === 'zip' || isInflateFormat(format)) return format;
  throw LonghaulError.of('compression_unknown', { file: name, format });
}

function writtenDialect({ delimiter, quote, escape, header }: Dialect, encoding: string): ManifestDialect {
  const character = (byte: number | null): string | null =>
    byte === null ? null : String.fromCharCode(byte);
  return {
    delimiter: String.fromCharCode(delimiter),
    quote: character(quote),
    escape: character(escape),
    header,
    encoding,
  };
}
