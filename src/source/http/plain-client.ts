import { LonghaulError } from '../../runtime/errors.ts';
import type { OfferedFile, ReadProgress, ReadVersion, Sensed, SourceClient } from '../source-client.ts';
import { spooledVersion } from '../spooled-file.ts';
import { addressBelow, addressMark } from './addresses.ts';
import { statusError } from './http-content.ts';
import type { RereadingParts } from './url-client.ts';
import { readWhole } from './whole-read.ts';
import { mostSenseBytes, readSense } from './wire-format.ts';

/** It has no name of its own: what `/read` gives. */
export const plainFile = 'read';

/**
 * A source that knows only `/sense` → `{"status":0|1}` and `/read`. Asking or reading may set its status back, so that there is
 * something to read is on the disk before either is answered, until all of it is.
 */
export class PlainClient implements SourceClient {
  readonly kind = 'plain';
  readonly #parts: RereadingParts;
  readonly #readUrl: URL;
  readonly #place: { readonly source: string; readonly file: string; readonly address: string };
  /** What is on offer; `null`: it was not sensed yet. */
  #offered: OfferedFile | null = null;
  /** Since then nothing new was told: the offer was read to its end. */
  #isRead = false;
  /** Senses that told of a change. */
  #changes = 0;
  /** On the monotonic clock: when a read was last finished. */
  #readMs = 0;
  /** As told by the last sense. */
  #bytes: number | null = null;
  #read: { readonly offered: OfferedFile; readonly version: string } | null = null;

  constructor(parts: RereadingParts) {
    this.#parts = parts;
    const { name: source, url } = parts.definition;
    this.#readUrl = addressBelow(url, 'read');
    this.#place = { source, file: plainFile, address: addressMark(this.#readUrl) };
  }

  async sense(signal: AbortSignal): Promise<Sensed> {
    const { peer, definition, clock, rereadMs } = this.#parts;
    const spool = await this.#parts.spool();
    const answer = await peer.ask({ url: addressBelow(definition.url, 'sense'), signal });
    if (answer.status !== 200) {
      await answer.discard();
      throw statusError(peer.source, answer);
    }
    const sensed = readSense(await peer.text(answer, mostSenseBytes));
    if (sensed.kind !== 'plain') {
      throw peer.wrong(answer, sensed.kind === 'none' ? sensed.reason : 'it lists files, and has no status');
    }
    this.#bytes = sensed.bytes;
    if (sensed.status === 1) {
      this.#changes++;
      await spool.markPending(definition.name, plainFile);
    }
    const isPending = spool.isPending(definition.name, plainFile);
    const isDue = clock.monotonicMs() - this.#readMs >= rereadMs;
    if (this.#offered !== null && !(this.#isRead && (isPending || isDue))) return null;
    const whole = isPending ? null : (spool.find(this.#place)?.whole ?? null);
    // What an earlier process has brought here need not be asked for again, which the source would not tell of any more.
    const isLeftOver = this.#offered === null && whole !== null;
    this.#isRead = false;
    this.#offered = {
      name: plainFile,
      state: 'ready',
      reason: null,
      version: isLeftOver ? whole.version : null,
      fingerprint: null,
      bytes: isLeftOver ? whole.bytes : this.#bytes,
    };
    if (isLeftOver) {
      this.#isRead = true;
      this.#readMs = clock.monotonicMs();
    }
    return [this.#offered];
  }

  async read(
    offered: OfferedFile,
    onProgress: (progress: ReadProgress) => void,
    signal: AbortSignal,
  ): Promise<ReadVersion> {
    const { peer, definition, settings, clock } = this.#parts;
    const spool = await this.#parts.spool();
    const ref = { source: definition.name, name: plainFile };
    using _turn = await spool.turn(ref.source, plainFile, signal);
    const former = spool.find(this.#place);
    const wanted = offered.version ?? (this.#read?.offered === offered ? this.#read.version : null);
    if (wanted !== null && former?.whole?.version === wanted && (await former.isThere()))
      return spooledVersion(ref, former, settings, null);
    if (offered.version !== null) {
      throw LonghaulError.of('version_gone', { file: `${ref.source}: ${plainFile}`, version: null });
    }
    const changesBefore = this.#changes;
    await spool.markPending(ref.source, plainFile);
    const content = await readWhole({
      ...{ peer, spool, ref, onProgress, signal, bytes: this.#bytes, fingerprint: null, isLengthSure: true },
      url: this.#readUrl,
    });
    // Told of while it was read: that may be of another content than what has come.
    if (this.#changes === changesBefore) await spool.clearPending(ref.source, plainFile);
    this.#readMs = clock.monotonicMs();
    this.#isRead = true;
    if (content.whole !== null) this.#read = { offered, version: content.whole.version };
    return spooledVersion(ref, content, settings, null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.peer[Symbol.asyncDispose]();
  }
}
