import { sourceToken } from '../config/source-names.ts';
import { asLonghaulError, LonghaulError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { addressBelow } from '../source/http/addresses.ts';
import { HttpPeer } from '../source/http/http-peer.ts';
import { httpTuning } from '../source/http/http-tuning.ts';
import { readChunk } from '../source/http/read-chunk.ts';
import type { ContentOrigin } from '../source/source-file.ts';
import type { ChunkWork } from '../stage/chunk-work.ts';

export interface ChunkBytesParts {
  /** Where the master is, as it says itself; null: nobody leads. */
  readonly masterUrl: () => Promise<string | null>;
  /** What the master wants to be sent. */
  readonly masterToken: string | null;
  readonly log: Log;
}

/** A master that can be reached by this address answers its own workers within seconds. */
const tuning = { ...httpTuning, connectMs: 5000 };

/** Gets a worker the bytes of its chunks: from the source, where it can, else from the master. */
export class ChunkBytes implements AsyncDisposable {
  readonly #parts: ChunkBytesParts;
  readonly #peers = new Map<string, HttpPeer>();

  constructor(parts: ChunkBytesParts) {
    this.#parts = parts;
  }

  /** Throws `chunk_bytes_wrong`; aborted: what the signal says. */
  async read(run: number, work: ChunkWork, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const { origin } = work;
    if (origin !== null) {
      try {
        return await this.#fromSource(origin, work, signal);
      } catch (error) {
        signal.throwIfAborted();
        const { message: reason } = asLonghaulError(error);
        this.#parts.log.debug(
          { run, chunk: work.index, source: origin.source, reason },
          'not to be had there',
        );
      }
    }
    return await this.#fromMaster(run, work, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Array.from(this.#peers.values(), (peer) => peer[Symbol.asyncDispose]()));
  }

  #fromSource(
    { source, url, file, version }: ContentOrigin,
    { offset, length, sha256 }: ChunkWork,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const peer = this.#peer(source, url, () => sourceToken({ name: source, tokenFile: null }));
    const headers = { range: `bytes=${offset}-${offset + length - 1}`, 'if-match': `"${version}"` };
    const address = addressBelow(url, 'read', { file });
    return readChunk(peer, { url: address, headers, status: 206, length, sha256 }, signal);
  }

  async #fromMaster(
    run: number,
    { index: chunk, length, sha256 }: ChunkWork,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { masterUrl, masterToken } = this.#parts;
    const from = (await masterUrl()) ?? 'the master';
    try {
      if (!URL.canParse(from)) throw new Error('nobody leads');
      const peer = this.#peer('the master', from, () => masterToken);
      const url = addressBelow(from, `chunks/${run}/${chunk}`);
      return await readChunk(peer, { url, status: 200, length, sha256 }, signal);
    } catch (error) {
      signal.throwIfAborted();
      const { message: reason } = asLonghaulError(error);
      throw LonghaulError.of('chunk_bytes_wrong', { from, run, chunk, reason }, { cause: error });
    }
  }

  #peer(name: string, url: string, token: () => string | null): HttpPeer {
    const key = `${name} ${url}`;
    let peer = this.#peers.get(key);
    if (peer === undefined) {
      peer = new HttpPeer(name, new URL(url), token(), tuning);
      this.#peers.set(key, peer);
    }
    return peer;
  }
}
