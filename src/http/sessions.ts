/** Browsers that have shown the token once. Only hashes of what they keep are here, and only in memory: a restart forgets them. */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../runtime/clock.ts';

/** Those that were not used for longest go first. */
const mostSessions = 1000;
const idleMs = 24 * 3_600_000;
const longestMs = 7 * 24 * 3_600_000;

interface Session {
  readonly openedMs: number;
  usedMs: number;
}

export class Sessions {
  readonly #clock: Clock;
  /** By hash, in the order in which they were last used. Looked up by hash, so how long that takes tells nothing of a value. */
  readonly #sessions = new Map<string, Session>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns what stands for the token from now on: 256 random bits */
  open(): string {
    const value = randomBytes(32).toString('base64url');
    const nowMs = this.#clock.monotonicMs();
    this.#sessions.set(hashed(value), { openedMs: nowMs, usedMs: nowMs });
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > mostSessions && oldest !== undefined) this.#sessions.delete(oldest);
    return value;
  }

  /** Whether this was given out and still counts; it is used by asking. */
  isOpen(value: string): boolean {
    const key = hashed(value);
    const session = this.#sessions.get(key);
    if (session === undefined) return false;
    const nowMs = this.#clock.monotonicMs();
    this.#sessions.delete(key);
    if (nowMs - session.usedMs > idleMs || nowMs - session.openedMs > longestMs) return false;
    session.usedMs = nowMs;
    this.#sessions.set(key, session);
    return true;
  }

  close(value: string): void {
    this.#sessions.delete(hashed(value));
  }
}

function hashed(value: string): string {
  return createHash('sha256').update(value).digest('base64');
}
