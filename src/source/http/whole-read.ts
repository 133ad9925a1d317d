/** Brings here what one address gives, in one go; where its tag allows, a broken read goes on where it broke off. */
import { LonghaulError } from '../../runtime/errors.ts';
import type { ReadProgress } from '../source-client.ts';
import type { Spool } from '../spool.ts';
import type { SpooledContent, SpoolWriter } from '../spooled-content.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import { addressMark } from './addresses.ts';
import { BodyDigest, spoolBody } from './body-to-spool.ts';
import { Endurance } from './endurance.ts';
import { announcedBytes, checkContent, contentRange, type Validator, validatorOf } from './http-content.ts';
import type { HttpAnswer, HttpPeer } from './http-peer.ts';
import { RangeSize } from './range-size.ts';

export interface WholeReadParts {
  readonly peer: HttpPeer;
  readonly spool: Spool;
  readonly url: URL;
  readonly ref: FileRef;
  /** What the content was told to be; `null`: whatever comes. */
  readonly fingerprint: string | null;
  /** How long it was told to be. */
  readonly bytes: number | null;
  /** Whether that goes before the length that the answer itself announces. */
  readonly isLengthSure: boolean;
  readonly onProgress: (progress: ReadProgress) => void;
  readonly signal: AbortSignal;
}

/** @returns content that is whole. Throws `version_gone` when something else comes than what was told, or than what has come before */
export async function readWhole(parts: WholeReadParts): Promise<SpooledContent> {
  const { spool, url, ref, fingerprint, signal, bytes } = parts;
  const place = { source: ref.source, file: ref.name, address: addressMark(url) };
  const endurance = new Endurance(bytes ?? 0);
  const size = new RangeSize(bytes ?? 0);
  for (;;) {
    const former = spool.find(place);
    const goesOn =
      former?.whole === null &&
      former.identity !== null &&
      former.identity === (fingerprint ?? former.identity);
    const read = new OneAnswer(parts, place.address, size, endurance);
    try {
      return await (goesOn ? read.goOn(former, former.identity) : read.begin());
    } catch (error) {
      if (error instanceof LonghaulError && spoilt.has(error.code)) await spool.find(place)?.drop();
      if (!read.canGoOn) throw error;
      size.broke();
      await endurance.failed(error, signal);
    }
  }
}

/** After these nothing of what has come can be gone on with. */
const spoilt: ReadonlySet<string> = new Set(['version_gone', 'source_answer_wrong']);

class OneAnswer {
  /** Whether what has come so far can be gone on with. */
  canGoOn = false;
  readonly #parts: WholeReadParts;
  readonly #mark: string;
  readonly #size: RangeSize;
  readonly #endurance: Endurance;

  constructor(parts: WholeReadParts, mark: string, size: RangeSize, endurance: Endurance) {
    this.#parts = parts;
    this.#mark = mark;
    this.#size = size;
    this.#endurance = endurance;
  }

  async begin(): Promise<SpooledContent> {
    const { peer, url, signal } = this.#parts;
    const answer = await peer.read({ url, signal });
    try {
      return await this.#take(answer);
    } catch (error) {
      await answer.discard();
      throw error;
    }
  }

  /** @param fingerprint that of a strong tag */
  async goOn(content: SpooledContent, fingerprint: string): Promise<SpooledContent> {
    this.canGoOn = true;
    await using writer = await content.fill();
    let at = endOf(writer);
    let answer: HttpAnswer | undefined;
    // Of content without a known length there is one answer, to its end.
    while (at === 0 || at !== content.bytes) {
      answer = await this.#ask(at, content.bytes, fingerprint);
      at = await this.#takeMore(answer, content, writer, at, fingerprint);
      this.#size.came();
      if (content.bytes === null) break;
    }
    return await this.#finish(content, writer, at, fingerprint, answer);
  }

  #ask(at: number, bytes: number | null, fingerprint: string): Promise<HttpAnswer> {
    const { peer, url, signal } = this.#parts;
    const last = bytes === null ? '' : Math.min(bytes, at + this.#size.bytes) - 1;
    const tag = fingerprint.slice(fingerprint.indexOf('"'));
    return peer.read({ url, headers: { range: `bytes=${at}-${last}`, 'if-range': tag }, signal });
  }

  /** @returns up to where the content is here now */
  async #takeMore(
    answer: HttpAnswer,
    content: SpooledContent,
    writer: SpoolWriter,
    at: number,
    fingerprint: string,
  ): Promise<number> {
    try {
      if (answer.status === 416) throw this.#gone();
      checkContent(this.#parts.peer.source, answer);
      const { fingerprint: told } = validatorOf(answer, this.#mark);
      if (told !== fingerprint && (told !== null || answer.status === 200)) throw this.#gone();
      if (answer.status === 206)
        return await this.#spool(answer, writer, at, this.#endOfRange(answer, at, content));
      // Without ranges all of it comes again.
      await writer.drop({ from: 0, to: at });
      return await this.#spool(answer, writer, 0, this.#expectedBytes(content.bytes));
    } catch (error) {
      await answer.discard();
      throw error;
    }
  }

  async #take(answer: HttpAnswer): Promise<SpooledContent> {
    const { peer, spool, ref, fingerprint } = this.#parts;
    checkContent(peer.source, answer);
    if (answer.status === 206) throw peer.wrong(answer, 'it sends a part, and was asked for all');
    const validator = validatorOf(answer, this.#mark);
    if (fingerprint !== null && validator.fingerprint !== null && validator.fingerprint !== fingerprint) {
      throw this.#gone();
    }
    const announced = announcedBytes(answer);
    const identity = validator.isStrong ? validator.fingerprint : null;
    const head = { source: ref.source, file: ref.name, address: this.#mark, identity, bytes: announced };
    // What comes is all of it, from its beginning on.
    await spool.find(head)?.drop();
    const content = await spool.begin(head);
    this.canGoOn = identity !== null;
    const digest = new BodyDigest();
    let to: number;
    await using writer = await content.fill();
    try {
      to = await this.#spool(answer, writer, 0, this.#expectedBytes(announced), digest);
      digest.check(peer.source, ref.name, answer);
    } catch (error) {
      if (!this.canGoOn) await content.drop();
      throw error;
    }
    return await this.#finish(content, writer, to, lastingFingerprint(validator), answer);
  }

  /** @param announced by the answer */
  #expectedBytes(announced: number | null): number | null {
    const { bytes, isLengthSure } = this.#parts;
    return isLengthSure ? (bytes ?? announced) : (announced ?? bytes);
  }

  async #spool(
    answer: HttpAnswer,
    writer: SpoolWriter,
    from: number,
    expectedBytes: number | null,
    digest?: BodyDigest,
  ): Promise<number> {
    const { onProgress, peer } = this.#parts;
    let at = from;
    const to = await spoolBody(answer, writer, from, (part) => {
      at += part.length;
      // An answer without a length may go on for ever.
      if (expectedBytes !== null && at > expectedBytes)
        throw peer.wrong(answer, `more than the ${expectedBytes} bytes it is to have`);
      digest?.update(part);
      this.#endurance.progressed(part.length);
      onProgress({ storedBytes: at, expectedBytes });
    });
    if (expectedBytes === null || to === expectedBytes) return to;
    const { shownUrl: url } = answer;
    const reason = `after ${to} bytes, and it is to have ${expectedBytes}`;
    throw LonghaulError.of('source_broke_off', { source: peer.source, url, reason });
  }

  async #finish(
    content: SpooledContent,
    writer: SpoolWriter,
    bytes: number,
    fingerprint: string | null,
    answer?: HttpAnswer,
  ): Promise<SpooledContent> {
    const version = await writer.hash({ from: 0, to: bytes }, this.#parts.signal);
    answer?.checkEnd();
    await writer.finish({ version, bytes, fingerprint });
    return content;
  }

  #endOfRange(answer: HttpAnswer, at: number, { bytes }: SpooledContent): number | null {
    const range = contentRange(answer);
    const size = range?.size ?? bytes;
    const isOfSame = range?.from === at && size === (bytes ?? size);
    // It may be shorter than what was asked for; of what has no known length nothing would come after it.
    if (isOfSame && range.to <= (size ?? range.to) && (bytes !== null || range.to === (size ?? range.to)))
      return range.to;
    throw this.#parts.peer.wrong(answer, 'it sends other bytes than those that were asked for');
  }

  #gone(): LonghaulError {
    const { ref } = this.#parts;
    return LonghaulError.of('version_gone', { file: `${ref.source}: ${ref.name}`, version: null });
  }
}

/** Where the first missing byte is. */
function endOf(writer: SpoolWriter): number {
  return writer.missing(0, Number.POSITIVE_INFINITY)[0]?.from ?? 0;
}

/** Of a change within the same second nothing would be told. */
function lastingFingerprint({ isFresh, fingerprint }: Validator): string | null {
  return isFresh ? null : fingerprint;
}
