import { LonghaulError } from '../runtime/errors.ts';
import type { FileFacts } from '../source/folder-scan.ts';

/**
 * What is known of a file's content:
 *
 *     changed ──▶ preparing ──quiet, hashed, still the same──▶ ready, or refused: it is no CSV
 *                  ▲   │ changed again                            │
 *                  └───┴──────────────── changed ─────────────────┘
 */
export type FileState = 'preparing' | 'ready' | 'refused';

/** What hashing a file has told. */
export type Described =
  | {
      readonly kind: 'ready';
      readonly version: string;
      /** `null`: the bytes are the text itself. */
      readonly compression: string | null;
      /** As JSON, in UTF-8. */
      readonly manifest: Uint8Array;
    }
  | { readonly kind: 'refused'; readonly error: LonghaulError };

/** A file that is hosted, by its name. */
export class HostedFile {
  readonly name: string;
  facts: FileFacts;
  /** On the monotonic clock: when it will have been quiet for long enough, if nothing more happens to it. */
  quietAtMs = 0;
  #described: Described | null = null;
  /** Of the last time that it was ready or refused: what `/sense` goes by while it is prepared again. */
  #lastKnown: string | null = null;
  /** Bytes of the version that were handed out from its beginning on, without a gap. */
  #readTo = 0;

  constructor(name: string, facts: FileFacts) {
    this.name = name;
    this.facts = facts;
  }

  get state(): FileState {
    return this.#described?.kind ?? 'preparing';
  }

  get version(): string | null {
    return this.#described?.kind === 'ready' ? this.#described.version : null;
  }

  get error(): LonghaulError | null {
    return this.#described?.kind === 'refused' ? this.#described.error : null;
  }

  /** Stands for the content in the version of the list; `null` before it was known once. */
  get lastKnown(): string | null {
    return this.#lastKnown;
  }

  /** Whether its current version has been read to its end; what cannot be read needs not be. */
  get isRead(): boolean {
    return this.state !== 'ready' || this.#readTo === this.facts.bytes;
  }

  /** Something was done to it: nothing of its content is known any more. */
  change(facts: FileFacts): void {
    this.facts = facts;
    this.#described = null;
  }

  /** Its content, which must be that of the present facts, is known. */
  describe(described: Described): void {
    if (this.#described !== null) throw new Error(`${this.name} is ${this.state} already`);
    const known = described.kind === 'ready' ? described.version : `refused: ${described.error.code}`;
    // The same content again was read before.
    if (known !== this.#lastKnown) this.#readTo = 0;
    this.#lastKnown = known;
    this.#described = described;
  }

  /** Throws why there is nothing to read: `file_preparing`, or what it was refused for. */
  readable(): Extract<Described, { kind: 'ready' }> {
    if (this.#described === null) throw LonghaulError.of('file_preparing', { file: this.name });
    if (this.#described.kind === 'refused') throw this.#described.error;
    return this.#described;
  }

  /** `version`'s bytes from `from` up to `to` were handed out. */
  markRead(version: string, from: number, to: number): void {
    if (this.version === version && from <= this.#readTo) this.#readTo = Math.max(this.#readTo, to);
  }
}
