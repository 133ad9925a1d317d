import type { ImportProgress } from '../run/import-file.ts';
import type { OfferedFile, ReadProgress, ReadVersion } from '../source/source-client.ts';
import type { PublishedFile } from '../store/store.ts';
import { isPublished, isSameOffer, tellsContent } from './offer.ts';
import type { FileState, FileStatus, Times, Trouble } from './status.ts';

/** Of what is left alone: until it changes, or a person wants it tried. */
export const never = Number.POSITIVE_INFINITY;

/** The work on one offered version: `reading` → `waiting` → `importing`. */
export interface Work {
  readonly offered: OfferedFile;
  /** Fires when nobody wants it any more. */
  readonly cancel: AbortController;
  state: 'reading' | 'waiting' | 'importing';
  /** Once it is here. */
  version: ReadVersion | null;
  read: ReadProgress | null;
  import: ImportProgress | null;
  /** Once its import has opened one. */
  run: number | null;
  /** By a person. */
  isCancelled: boolean;
}

/** A version that is left alone for some time: it cannot be imported, or could not be read. */
interface SetAside {
  readonly offered: OfferedFile;
  readonly state: 'failed' | 'retrying';
  readonly trouble: Trouble;
  /** On the monotonic clock. */
  readonly untilMs: number;
}

/** One file of a source: what is offered, what is published, and what is being done to make them one. */
export class WatchedFile {
  readonly name: string;
  offered: OfferedFile;
  published: PublishedFile | null;
  work: Work | null = null;
  /** Imports of this file in a row that a newer version has overtaken. */
  overtaken = 0;
  /** Reads in a row that could not be finished. */
  failedReads = 0;
  /** Reads in a row that brought what was published already, where only reading tells. */
  idleReads = 0;
  #setAside: SetAside | null = null;
  /** What was imported last, or found to be published already: as it was offered. */
  #done: OfferedFile | null = null;
  /** Until then an offer that tells nothing of its content is not read again, on the monotonic clock. */
  #idleUntilMs = 0;

  constructor(offered: OfferedFile, published: PublishedFile | null) {
    this.name = offered.name;
    this.offered = offered;
    this.published = published;
  }

  /** What is to be done about it, apart from what is in hand. */
  state(nowMs: number): FileState {
    if (this.work !== null) return this.work.state;
    const { offered } = this;
    if (offered.state !== 'ready') return offered.state;
    if (isPublished(offered, this.published)) return 'published';
    if (this.#done !== null && isSameOffer(offered, this.#done)) return 'published';
    const aside = this.#setAside;
    if (aside !== null && nowMs < aside.untilMs && isSameOffer(offered, aside.offered)) return aside.state;
    return !tellsContent(offered) && nowMs < this.#idleUntilMs ? 'published' : 'queued';
  }

  /** Whether what is in hand is another version than what is offered now. */
  get isOutdated(): boolean {
    const { work, offered } = this;
    if (work === null || offered.state !== 'ready') return false;
    // Of what tells nothing each sense would be another version, and no read would ever end.
    return tellsContent(offered) && !isSameOffer(offered, work.offered);
  }

  /** What the ledger says, asked anew. */
  relearn(published: PublishedFile | null): void {
    if (published?.version !== this.published?.version) this.#done = null;
    this.published = published;
  }

  /** The version in hand is published. */
  finished(offered: OfferedFile, published: PublishedFile, idleUntilMs: number): void {
    this.published = published;
    this.#done = offered;
    this.#setAside = null;
    this.#idleUntilMs = idleUntilMs;
    this.overtaken = 0;
    this.failedReads = 0;
  }

  /** What was left alone is to be tried once more, now. @returns whether it was left alone */
  retry(nowMs: number): boolean {
    const state = this.state(nowMs);
    if (state !== 'failed' && state !== 'retrying') return false;
    this.#setAside = null;
    return true;
  }

  setAside(offered: OfferedFile, state: SetAside['state'], trouble: Trouble, untilMs: number): void {
    this.#setAside = { offered, state, trouble, untilMs };
  }

  status({ nowMs, wallMinusMonotonicMs }: Times): FileStatus {
    const { name, offered, published, work } = this;
    const state = this.state(nowMs);
    const aside = state === 'failed' || state === 'retrying' ? this.#setAside : null;
    const refused =
      state === 'refused'
        ? { code: 'refused_by_source', reason: offered.reason ?? 'it does not say why' }
        : null;
    return {
      name,
      state,
      version: (work?.offered ?? offered).version,
      bytes: (work?.offered ?? offered).bytes,
      trouble: aside?.trouble ?? refused,
      nextTryMs:
        aside === null || aside.untilMs === never ? null : Math.round(aside.untilMs + wallMinusMonotonicMs),
      read: work?.read ?? null,
      import: work?.import ?? null,
      published:
        published === null
          ? null
          : { version: published.version, run: published.run, publishNumber: published.publishNumber },
    };
  }
}
