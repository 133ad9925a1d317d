import type { Clock } from '../../runtime/clock.ts';
import { LonghaulError } from '../../runtime/errors.ts';
import { type FileFacts, lookAgain } from '../folder-scan.ts';
import { LocalFile } from '../local-file.ts';
import type { OfferedFile, ReadProgress, ReadVersion, SourceDefinition } from '../source-client.ts';
import type { ContentSettings } from '../spooled-file.ts';

export interface LocalClientParts {
  readonly definition: SourceDefinition;
  readonly settings: ContentSettings;
  readonly clock: Clock;
  /** How long nothing must have happened to a file before it is offered, in milliseconds. */
  readonly quietMs: number;
}

/** A file of this machine, as far as it was looked at. */
export class LocalState {
  readonly name: string;
  facts: FileFacts;
  /** On the monotonic clock: when it will have been quiet for long enough. */
  #quietAtMs: number;
  #isQuiet = false;

  constructor(name: string, facts: FileFacts, { clock, quietMs }: LocalClientParts) {
    this.name = name;
    this.facts = facts;
    // A file that was left alone before we came need not wait; a time in the future tells nothing.
    const sinceMs = clock.wallMs() - facts.changedMs;
    const waitMs = sinceMs < 0 ? quietMs : Math.max(0, quietMs - sinceMs);
    this.#quietAtMs = clock.monotonicMs() + waitMs;
  }

  /** What it is seen to be now. @returns whether that is another content */
  see(facts: FileFacts, { clock, quietMs }: LocalClientParts): boolean {
    if (facts.fingerprint === this.facts.fingerprint) return false;
    this.facts = facts;
    this.#isQuiet = false;
    this.#quietAtMs = clock.monotonicMs() + quietMs;
    return true;
  }

  /** Looks once more at one whose quiet time is over. @returns whether it can be read now, and could not before */
  async settle(parts: LocalClientParts): Promise<boolean> {
    if (this.#isQuiet || parts.clock.monotonicMs() < this.#quietAtMs) return false;
    if (this.see(await lookAgain(this.facts.path, this.name), parts)) return false;
    this.#isQuiet = true;
    return true;
  }

  get isQuiet(): boolean {
    return this.#isQuiet;
  }

  offered(): OfferedFile {
    const { fingerprint, bytes } = this.facts;
    const state = this.#isQuiet ? 'ready' : 'preparing';
    return { name: this.name, state, reason: null, version: null, fingerprint, bytes };
  }
}

/** It is read where it is: nothing is copied, and what changes while it is read fails with `file_changed`. */
export async function versionInPlace(
  { definition, settings, clock }: LocalClientParts,
  state: LocalState | undefined,
  offered: OfferedFile,
  onProgress: (progress: ReadProgress) => void,
): Promise<ReadVersion> {
  const label = `${definition.name}: ${offered.name}`;
  const gone = (cause?: unknown): LonghaulError =>
    LonghaulError.of('version_gone', { file: label, version: null }, { cause });
  if (state === undefined) throw gone();
  const { path } = state.facts;
  const facts = await lookAgain(path, offered.name).catch((error: unknown) => {
    throw gone(error);
  });
  if (facts.fingerprint !== offered.fingerprint) throw gone();
  onProgress({ storedBytes: facts.bytes, expectedBytes: facts.bytes });
  const named = { source: definition.name, name: offered.name, label };
  return {
    file: new LocalFile(path, clock, { ...named, ...settings }),
    forget: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}
