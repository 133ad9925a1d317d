import type { Clock } from '../../runtime/clock.ts';
import type { OfferedFile, ReadProgress, ReadVersion, Sensed, SourceClient } from '../source-client.ts';
import { spooledVersion } from '../spooled-file.ts';
import { addressMark, fileNameIn } from './addresses.ts';
import { announcedBytes, checkContent, noValidator, type Validator, validatorOf } from './http-content.ts';
import type { HttpAnswer } from './http-peer.ts';
import type { HttpClientParts } from './longhaul-client.ts';
import { readWhole } from './whole-read.ts';

export interface RereadingParts extends HttpClientParts {
  readonly clock: Clock;
  /** After so long content is read again, where the source does not surely tell that it has changed. In milliseconds. */
  readonly rereadMs: number;
}

/** More looks than these at something that was changed just now: of what is made for each answer, and of a file. */
const mostFreshLooks = { made: 3, stored: 30 };
/** After reads in vain it is read less and less often, beginning with this. */
const firstIdleMs = 2000;

/** What the headers told. */
interface Look {
  validator: Validator;
  readonly bytes: number | null;
}

/** The address of one CSV. A strong tag is believed; a weak one, a time, or nothing at all is looked behind now and then. */
export class UrlClient implements SourceClient {
  readonly kind = 'url';
  readonly #parts: RereadingParts;
  readonly #url: URL;
  readonly #mark: string;
  readonly #name: string;
  #method: 'HEAD' | 'GET' = 'HEAD';
  #known: Look | null = null;
  /** On the monotonic clock: when it was last offered to be read. */
  #offeredMs = 0;
  /** Looks in a row at which the last change was only just over. */
  #freshLooks = 0;
  /** Of what was read last, SHA-256. */
  #version: string | null = null;
  /** Reads in a row that brought what was there already, whatever the server had said of it. */
  #idleReads = 0;

  constructor(parts: RereadingParts) {
    this.#parts = parts;
    this.#url = new URL(parts.definition.url);
    this.#mark = addressMark(this.#url);
    this.#name = fileNameIn(parts.definition.url) ?? this.#url.host;
  }

  async sense(signal: AbortSignal): Promise<Sensed> {
    const { rereadMs } = this.#parts;
    const known = this.#known;
    const now = this.#parts.clock.monotonicMs();
    const look = await this.#look(signal);
    this.#freshLooks = look.validator.isFresh ? this.#freshLooks + 1 : 0;
    if (look.validator.isFresh) {
      if (this.#freshLooks <= (look.bytes === null ? mostFreshLooks.made : mostFreshLooks.stored)) {
        this.#known = null;
        return [this.#offer('preparing', null, look.bytes)];
      }
      // It says of whatever it makes that this was changed just now.
      look.validator = noValidator;
    }
    const { validator, bytes } = look;
    const isSame =
      known !== null && known.validator.fingerprint === validator.fingerprint && known.bytes === bytes;
    const sinceMs = now - this.#offeredMs;
    if (isSame && (validator.isStrong || sinceMs < rereadMs)) return null;
    if (known !== null && sinceMs < this.#idleMs()) return null;
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
    const { definition, peer, settings } = this.#parts;
    const spool = await this.#parts.spool();
    const ref = { source: definition.name, name: this.#name };
    using _turn = await spool.turn(ref.source, ref.name, signal);
    const former = spool.find({ source: ref.source, file: ref.name, address: this.#mark });
    const isThere =
      fingerprint !== null && former?.whole?.fingerprint === fingerprint && (await former.isThere());
    if (isThere) return spooledVersion(ref, former, settings, fingerprint);
    const content = await readWhole({
      ...{ peer, spool, url: this.#url, ref, fingerprint, onProgress, signal },
      ...{ bytes, isLengthSure: false },
    });
    const { version = null, fingerprint: told = null } = content.whole ?? {};
    if (version !== this.#version) this.#idleReads = 0;
    // Read again now and then without a reason is not in vain.
    else if (fingerprint !== null) this.#idleReads++;
    this.#version = version;
    return spooledVersion(ref, content, settings, told);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.peer[Symbol.asyncDispose]();
  }

  async #look(signal: AbortSignal): Promise<Look> {
    const { peer } = this.#parts;
    const known = this.#known;
    const answer = await this.#headers(conditions(known?.validator ?? noValidator), signal);
    await answer.discard();
    if (answer.status === 304 && known !== null) return { ...known };
    checkContent(peer.source, answer);
    // Some servers say 0 of what they are not asked for.
    return { validator: validatorOf(answer, this.#mark), bytes: announcedBytes(answer) || null };
  }

  /** A server that cannot be asked for the headers alone is asked for all, and not listened to. */
  async #headers(headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HttpAnswer> {
    const { peer } = this.#parts;
    const ask = (method: 'HEAD' | 'GET'): Promise<HttpAnswer> =>
      peer.ask({ url: this.#url, method, headers, signal });
    const answer = await ask(this.#method);
    if (this.#method === 'GET' || answer.status < 400) return answer;
    await answer.discard();
    const whole = await ask('GET');
    if (whole.status < 400) this.#method = 'GET';
    return whole;
  }

  /** How long it is to be left alone after reads that brought nothing new. */
  #idleMs(): number {
    return Math.min(this.#parts.rereadMs, firstIdleMs * (2 ** this.#idleReads - 1));
  }

  #offer(state: 'ready' | 'preparing', fingerprint: string | null, bytes: number | null): OfferedFile {
    return { name: this.#name, state, reason: null, version: null, fingerprint, bytes };
  }
}

function conditions({ etag, lastModified }: Validator): Record<string, string> {
  if (etag !== null) return { 'if-none-match': etag };
  return lastModified === null ? {} : { 'if-modified-since': lastModified };
}
