import type { FileRef } from '../schema/file-ref.ts';
import type { SeekableBytes } from './zip.ts';

/** What can be told of a file's content without reading it. */
export interface SensedFile {
  /** Differs if the content has changed, as far as the file system or the server tells; `null`: nothing is told. */
  readonly fingerprint: string | null;
  /** Whether equal fingerprints later on will mean equal content. Not while the last change is only just over. */
  readonly settled: boolean;
  /** Bytes as stored; `null` for a stream. */
  readonly bytes: number | null;
}

/** Where anybody can read ranges of one version's stored bytes: a source server of ours. */
export interface ContentOrigin {
  readonly source: string;
  readonly url: string;
  /** Within the source. */
  readonly file: string;
  readonly version: string;
}

/** One file of a source: its versions can be told apart and read. */
export interface SourceFile {
  readonly ref: FileRef;
  /** What to call it in errors and on the screen. */
  readonly label: string;
  sense(): Promise<SensedFile>;
  /** Where others can read it; nowhere, if not given. */
  readonly origin?: ContentOrigin | null;
  /** The current version (SHA-256 of the stored bytes, hexadecimal), by reading all; `null` for a stream. */
  version(signal: AbortSignal): Promise<string | null>;
  /**
   * Opens the current content for one pass from its beginning to its end. Once the signal has fired a read of a pipe, which
   * may stay silent for ever, fails.
   */
  open(signal: AbortSignal): Promise<ContentReader>;
}

/** Bytes as they are stored, in one pass. */
export interface StoredBytes extends AsyncDisposable {
  /** Fills `target` from its beginning and returns the number of bytes, 0 at the end. May fill less than there is room. */
  read(target: Uint8Array): Promise<number>;
  /** Bytes in all, if known. */
  readonly expectedBytes: number | null;
  /** The same bytes at any place, beside the pass; `null` for a stream. */
  readonly seekable: SeekableBytes | null;
  /** After the end, or what looks like damage: throws `file_changed` if what was read cannot have been one version. */
  checkUnchanged(): Promise<void>;
}

/** Decoded content, in one pass. */
export interface ContentReader extends AsyncDisposable {
  /** As `StoredBytes.read`, of the content after decompression. */
  read(target: Uint8Array): Promise<number>;
  /** Stored bytes consumed so far, and in all if known: for progress. */
  readonly storedBytes: number;
  readonly expectedBytes: number | null;
  /** The same content at any place, beside the pass; not where it has to be inflated or decoded in order. */
  readonly seekable?: SeekableBytes | null;
  /** Call after the end. @returns the version: SHA-256 of the stored bytes, hexadecimal */
  finish(): Promise<string>;
}
