import { LonghaulError } from '../../runtime/errors.ts';
import { shownAddress } from '../../runtime/redacted-url.ts';
import type {
  OfferedFile,
  ReadProgress,
  ReadVersion,
  Sensed,
  SourceClient,
  SourceDefinition,
} from '../source-client.ts';
import type { Spool } from '../spool.ts';
import type { SpooledContent } from '../spooled-content.ts';
import { type ContentSettings, spooledVersion } from '../spooled-file.ts';
import { addressBelow } from './addresses.ts';
import { Endurance } from './endurance.ts';
import { statusError } from './http-content.ts';
import type { HttpPeer } from './http-peer.ts';
import { readRanges } from './ranged-read.ts';
import {
  mostManifestBytes,
  mostSenseBytes,
  readManifest,
  type ReadManifest,
  readSense,
} from './wire-format.ts';

export interface HttpClientParts {
  readonly definition: SourceDefinition;
  /** Asked for when it is needed; stays the caller's. */
  readonly spool: () => Promise<Spool>;
  readonly settings: ContentSettings;
  readonly peer: HttpPeer;
}

/** A source server of ours. */
export class LonghaulClient implements SourceClient {
  readonly kind = 'longhaul';
  readonly #parts: HttpClientParts;
  #version: string | null = null;

  constructor(parts: HttpClientParts) {
    this.#parts = parts;
  }

  async sense(signal: AbortSignal): Promise<Sensed> {
    const { peer, definition } = this.#parts;
    const url = addressBelow(definition.url, 'sense', { since: this.#version ?? '' });
    const headers = this.#version === null ? {} : { 'if-none-match': `"${this.#version}"` };
    const answer = await peer.ask({ url, headers, signal });
    if (answer.status === 304 && this.#version !== null) {
      await answer.discard();
      return null;
    }
    if (answer.status !== 200) {
      await answer.discard();
      throw statusError(peer.source, answer);
    }
    const sensed = readSense(await peer.text(answer, mostSenseBytes));
    if (sensed.kind !== 'longhaul') {
      const reason = sensed.kind === 'none' ? sensed.reason : 'it lists no files';
      throw peer.wrong(answer, reason);
    }
    if (sensed.version === this.#version) return null;
    this.#version = hasOpenEnds(sensed.files) ? null : sensed.version;
    return sensed.files;
  }

  async read(
    offered: OfferedFile,
    onProgress: (progress: ReadProgress) => void,
    signal: AbortSignal,
  ): Promise<ReadVersion> {
    const { settings, definition } = this.#parts;
    const { name, version } = offered;
    if (version === null) throw this.#gone(name, null);
    const spool = await this.#parts.spool();
    const ref = { source: definition.name, name };
    // What follows a question mark may be secret, and what is told to workers is written down.
    const isPlain = new URL(definition.url).search === '';
    const origin = isPlain ? { source: ref.source, url: definition.url, file: name, version } : null;
    using _turn = await spool.turn(ref.source, name, signal);
    const former = spool.find({ source: ref.source, file: name, address: null });
    if (former?.whole?.version === version && (await former.isThere()))
      return spooledVersion(ref, former, settings, version, origin);
    const manifest = await this.#manifest(name, version, signal);
    const { bytes } = manifest;
    const content = await spool.begin({
      source: ref.source,
      file: name,
      address: null,
      identity: version,
      bytes,
    });
    try {
      await this.#fill(content, manifest, name, onProgress, signal);
    } catch (error) {
      // Nothing of it will ever be wanted again.
      if (error instanceof LonghaulError && error.code === 'version_gone') await content.drop();
      throw error;
    }
    return spooledVersion(ref, content, settings, version, origin);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.peer[Symbol.asyncDispose]();
  }

  async #fill(
    content: SpooledContent,
    { version, bytes, chunks }: ReadManifest,
    file: string,
    onProgress: (progress: ReadProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { peer, definition } = this.#parts;
    const url = addressBelow(definition.url, 'read', { file });
    await using writer = await content.fill();
    const onBytes = (): void => onProgress({ storedBytes: writer.bytesThere, expectedBytes: bytes });
    onBytes();
    await readRanges({ peer, url, file, version, bytes, chunks, writer, onBytes, signal });
    const span = { from: 0, to: bytes };
    if ((await writer.hash(span, signal)) !== version) {
      await writer.drop(span);
      const reason = 'its SHA-256 is another one than its version';
      const facts = { source: peer.source, url: shownAddress(url), file, reason };
      throw LonghaulError.of('source_content_wrong', facts);
    }
    await writer.finish({ version, bytes, fingerprint: version });
    onBytes();
  }

  async #manifest(file: string, version: string, signal: AbortSignal): Promise<ReadManifest> {
    const endurance = new Endurance(0);
    for (;;) {
      try {
        return await this.#askManifest(file, version, signal);
      } catch (error) {
        await endurance.failed(error, signal);
      }
    }
  }

  async #askManifest(file: string, version: string, signal: AbortSignal): Promise<ReadManifest> {
    const { peer, definition } = this.#parts;
    const answer = await peer.ask({ url: addressBelow(definition.url, 'manifest', { file }), signal });
    if (answer.status !== 200) {
      await answer.discard();
      if (answer.status === 404) throw this.#gone(file, null);
      throw statusError(peer.source, answer);
    }
    const manifest = readManifest(await peer.text(answer, mostManifestBytes));
    if (typeof manifest === 'string') throw peer.wrong(answer, manifest);
    if (manifest.version !== version) throw this.#gone(file, manifest.version);
    return manifest;
  }

  #gone(file: string, version: string | null): LonghaulError {
    return LonghaulError.of('version_gone', { file: `${this.#parts.definition.name}: ${file}`, version });
  }
}

/** A list with a file that is being prepared keeps its version until that file is ready with another content: it is asked for anew. */
function hasOpenEnds(files: readonly OfferedFile[]): boolean {
  return files.some(({ state }) => state === 'preparing');
}
