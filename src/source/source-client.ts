/** A source as the master meets it: what it offers now, and a version of one of its files as something to import. */
import type { SourceKind } from '../schema/source-kinds.ts';
import type { SourceFile } from './source-file.ts';

export type { SourceKind };

/** What is said of a source, in a file, on the command line or in the database. */
export interface SourceDefinition {
  /** What its files belong to, and what it is called in errors. */
  readonly name: string;
  /** `http://…`, `https://…`, or a path. */
  readonly url: string;
  /** `null`: found out by asking it, again after each time it was not there. */
  readonly kind: SourceKind | null;
  /** Sent as bearer token, to this source only and never to where it redirects. */
  readonly token: string | null;
}

/** One file that a source offers, as far as it can be told without reading it. */
export interface OfferedFile {
  /** Within the source. */
  readonly name: string;
  readonly state: 'ready' | 'preparing' | 'refused';
  /** Of a file that is refused: why, in a sentence; else `null`. */
  readonly reason: string | null;
  /** SHA-256 of the stored bytes, hexadecimal; `null` where only reading tells. */
  readonly version: string | null;
  /** Equal ones mean equal content, as far as the source tells (an ETag; size and times); `null` where it tells nothing. */
  readonly fingerprint: string | null;
  /** Bytes as stored, if known. */
  readonly bytes: number | null;
}

/** What `sense` found: `null` when all is as it was at the last time (a 304, or the same version of the list). */
export type Sensed = readonly OfferedFile[] | null;

export interface ReadProgress {
  /** Bytes as stored that are here by now, and in all if known. */
  readonly storedBytes: number;
  readonly expectedBytes: number | null;
}

/** The content of one version, on this machine: whole, checked, and not going to change. */
export interface ReadVersion extends AsyncDisposable {
  /** Its `ref` is (name of the source, name of the file); its `sense()` tells the fingerprint that was offered. */
  readonly file: SourceFile;
  /** Call when the version is published, or not worth reading again: gives up what was kept to go on with. Disposing alone keeps it. */
  forget(): Promise<void>;
}

/** Asks one source. Calls of `sense` and `read` may overlap; `sense` never waits for a `read`. */
export interface SourceClient extends AsyncDisposable {
  /** Once known. */
  readonly kind: SourceKind | null;
  /**
   * Throws a LonghaulError (facts: `source`, and what happened) when the source cannot be asked or answers something else than
   * a source does.
   */
  sense(signal: AbortSignal): Promise<Sensed>;
  /**
   * Brings one offered version here, going on from what an earlier call or process has brought. Throws a LonghaulError: whether
   * the source is to blame and later is better, or the version is gone (`version_gone`: sense again).
   */
  read(
    offered: OfferedFile,
    onProgress: (progress: ReadProgress) => void,
    signal: AbortSignal,
  ): Promise<ReadVersion>;
}
