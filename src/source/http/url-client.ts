import type { Clock } from '../../runtime/clock.ts';
import type { OfferedFile, ReadProgress, ReadVersion, Sensed, SourceClient } from '../source-client.ts';
import { spooledVersion } from '../spooled-file.ts';
import { fileNameIn } from './addresses.ts';
import { announcedBytes, checkContent, type Validator, validatorOf } from './http-content.ts';
import type { HttpAnswer } from './http-peer.ts';
import type { HttpClientParts } from './longhaul-client.ts';
import { readWhole } from './whole-read.ts';

export interface RereadingParts extends HttpClientParts {
  readonly clock: Clock;
  /** After so long content is read again, where the source does not surely tell that it has changed. In milliseconds. */
  readonly rereadMs: number;
}

/** The address of one CSV. A strong tag is believed; a weak one, a time, or nothing at all is looked behind now and then. */
export class UrlClient implements SourceClient {
  readonly kind = 'url';
  readonly #parts: RereadingParts;
  readonly #url: URL;
  readonly #name: string;
  #method: 'HEAD' | 'GET' = 'HEAD';
  #known: { readonly validator: Validator; readonly bytes: number | null } | null = null;
  /** On the monotonic clock: when it was last offered to be read. */
  #offeredMs = 0;

  constructor(parts: RereadingParts) {
    this.#parts = parts;
    this.#url = new URL(parts.definition.url);
    this.#name = fileNameIn(parts.definition.url) ?? this.#url.host;
  }

  async sense(signal: AbortSignal): Promise<Sensed> {
    const { peer, clock, rereadMs } = this.#parts;
    const known = this.#known;
    const answer = await this.#look(known?.validator ?? null, signal);
    await answer.discard();
    const now = clock.monotonicMs();
    const isDue = now - this.#offeredMs >= rereadMs;
    let validator: Validator;
    let bytes: number | null;
    if (answer.status === 304 && known !== null) {
      ({ validator, bytes } = known);
    } else {
      checkContent(peer.source, answer);
      validator = validatorOf(answer);
      // Some servers say 0 of what they are not asked for.
      bytes = announcedBytes(answer) || null;
    }
    if (validator.isFresh) {
      this.#known = null;
      return [this.#offer('preparing', null, bytes)];
    }
    const isSame =
      known !== null && known.validator.fingerprint === validator.fingerprint && known.bytes === bytes;
    if (isSame && (validator.isStrong || !isDue)) return null;
    this.#known = { validator, bytes };
    this.#offeredMs = now;
    // The same again: only reading tells whether it is.
    return [this.#offer('ready', isSame ? null : validator.fingerprint, bytes)];
  }

  async read(
    { fingerprint, bytes }: OfferedFile,
    onProgress: (progress: ReadProgress) => void,
    signal: AbortSignal,
  ): Promise<ReadVersion> {
    const { spool, definition, peer, settings } = this.#parts;
    const ref = { source: definition.name, name: this.#name };
    using _turn = await spool.turn(ref.source, ref.name, signal);
    const former = spool.find(ref.source, ref.name);
    const isThere = fingerprint !== null && former?.whole?.fingerprint === fingerprint;
    const content = isThere
      ? former
      : await readWhole({
          ...{ peer, spool, url: this.#url, ref, fingerprint, onProgress, signal },
          ...{ bytes, isLengthSure: false },
        });
    return spooledVersion(ref, content, settings, content.whole?.fingerprint ?? null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.peer[Symbol.asyncDispose]();
  }

  /** Asks for the headers. A server that cannot be asked for them alone is asked for all, and not listened to. */
  async #look(validator: Validator | null, signal: AbortSignal): Promise<HttpAnswer> {
    const { peer } = this.#parts;
    const headers = conditions(validator);
    const ask = (method: 'HEAD' | 'GET'): Promise<HttpAnswer> =>
      peer.ask({ url: this.#url, method, headers, signal });
    const answer = await ask(this.#method);
    if (this.#method === 'GET' || answer.status < 400) return answer;
    await answer.discard();
    const whole = await ask('GET');
    if (whole.status < 400) this.#method = 'GET';
    return whole;
  }

  #offer(state: 'ready' | 'preparing', fingerprint: string | null, bytes: number | null): OfferedFile {
    return { name: this.#name, state, reason: null, version: null, fingerprint, bytes };
  }
}

function conditions(validator: Validator | null): Record<string, string> {
  if (validator === null) return {};
  const { etag, lastModified } = validator;
  if (etag !== null) return { 'if-none-match': etag };
  return lastModified === null ? {} : { 'if-modified-since': lastModified };
}
