import { open } from 'node:fs/promises';
import { LonghaulError } from '../runtime/errors.ts';
import type { FileRef } from '../schema/file-ref.ts';
import { openContent } from './content.ts';
import { StoredFile } from './local-file.ts';
import type { ReadVersion } from './source-client.ts';
import type { ContentOrigin, ContentReader, SensedFile, SourceFile } from './source-file.ts';
import type { WholeContent } from './spool-journal.ts';
import type { SpooledContent } from './spooled-content.ts';

/** How the content of a file is to be read once it is here. */
export interface ContentSettings {
  /** As TextDecoder names it. */
  readonly encoding: string;
  /** The file in an archive. */
  readonly entry?: string | undefined;
}

/** A version that lies whole in the spool. */
class SpooledFile implements SourceFile {
  readonly ref: FileRef;
  readonly label: string;
  readonly #path: string;
  readonly #whole: WholeContent;
  readonly #settings: ContentSettings;

  readonly #fingerprint: string | null;
  readonly origin: ContentOrigin | null;

  constructor(
    ref: FileRef,
    path: string,
    whole: WholeContent,
    settings: ContentSettings,
    fingerprint: string | null,
    origin: ContentOrigin | null,
  ) {
    this.origin = origin;
    this.ref = ref;
    this.label = `${ref.source}: ${ref.name}`;
    this.#path = path;
    this.#whole = whole;
    this.#settings = settings;
    this.#fingerprint = fingerprint;
  }

  async sense(): Promise<SensedFile> {
    return { fingerprint: this.#fingerprint, settled: true, bytes: this.#whole.bytes };
  }

  async version(): Promise<string> {
    return this.#whole.version;
  }

  async open(): Promise<ContentReader> {
    const { label, ref } = this;
    let stored: StoredFile;
    try {
      const handle = await open(this.#path, 'r');
      stored = new StoredFile(handle, await handle.stat({ bigint: true }), label);
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException;
      throw LonghaulError.of('file_not_readable', { file: label, reason: code }, { cause: error });
    }
    return openContent(stored, { label, name: ref.name, ...this.#settings });
  }
}

/**
 * @param content which is whole
 * @param fingerprint by which it can be known when it is offered again
 * @param origin where others can read the same bytes
 */
export function spooledVersion(
  ref: FileRef,
  content: Pick<SpooledContent, 'whole' | 'dataPath' | 'use' | 'drop'>,
  settings: ContentSettings,
  fingerprint: string | null,
  origin: ContentOrigin | null = null,
): ReadVersion {
  const { whole, dataPath } = content;
  if (whole === null) throw new Error(`${ref.name} of ${ref.source} is not whole`);
  const release = content.use();
  return {
    file: new SpooledFile(ref, dataPath, whole, settings, fingerprint, origin),
    forget: () => content.drop(),
    [Symbol.asyncDispose]: release,
  };
}
