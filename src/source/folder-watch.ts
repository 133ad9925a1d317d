/** Tells when to look at a folder again: when the system says that something has changed, and now and then anyway. */
import { watch } from 'chokidar';
import type { FSWatcher } from 'chokidar';
import { basename } from 'node:path';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { isLeftOut } from './file-names.ts';

export interface FolderWatchParts {
  /** An absolute path without links. */
  readonly folder: string;
  /** Between two looks at everything, for what the watcher misses (network file systems, no watches left), in milliseconds. */
  readonly rescanMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Looks at the whole folder. Never called twice at once. */
  readonly scan: () => Promise<void>;
  /** Something was done to what is at this absolute path. @returns whether a file is known there */
  readonly touched: (path: string) => boolean;
}

/** Changes come in bursts, and a look at everything is answer to all of them: milliseconds to wait for more. */
const burstMs = 50;
/** Looking takes this part of the time at most: between two bursts, and between two looks without a reason. */
const burstShare = 5;
const idleShare = 100;

export class FolderWatch {
  readonly #parts: FolderWatchParts;
  #watcher: FSWatcher | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** On the monotonic clock: when the timer fires. */
  #timerAtMs = Number.POSITIVE_INFINITY;
  #scanning: Promise<void> | null = null;
  /** How often a look was asked for. */
  #wishes = 0;
  #lastScanMs = 0;
  #stopped = false;

  constructor(parts: FolderWatchParts) {
    this.#parts = parts;
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    const { folder, log, touched } = this.#parts;
    this.#watcher = watch(folder, {
      ignoreInitial: true,
      followSymlinks: false,
      ignorePermissionErrors: true,
      ignored: (path) => path !== folder && isLeftOut(basename(path)),
    });
    this.#watcher.on('all', (_event, path) => {
      if (!touched(path)) this.soon();
    });
    // What happened before all watches stood is not told by them.
    this.#watcher.on('ready', () => this.soon());
    this.#watcher.on('error', (error) => {
      log.warn({ err: error }, 'the folder cannot be watched in full; it is looked at now and then');
      this.soon();
    });
    await this.#scan();
  }

  /** Asks for a look at everything. */
  soon(): void {
    this.#wishes++;
    this.#wakeIn(Math.max(burstMs, burstShare * this.#lastScanMs));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#watcher?.close();
    await this.#scanning;
  }

  #wakeIn(ms: number): void {
    const at = this.#parts.clock.monotonicMs() + ms;
    if (this.#stopped || this.#scanning !== null || at >= this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = at;
    this.#timer = setTimeout(() => void this.#scan(), ms);
  }

  async #scan(): Promise<void> {
    const { clock, log, rescanMs, scan } = this.#parts;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const wishesBefore = this.#wishes;
    const startMs = clock.monotonicMs();
    this.#scanning = scan().catch((error: unknown) =>
      log.error({ err: error }, 'the folder was not looked at'),
    );
    await this.#scanning;
    this.#scanning = null;
    this.#lastScanMs = clock.monotonicMs() - startMs;
    if (this.#wishes > wishesBefore) this.soon();
    else this.#wakeIn(Math.max(rescanMs, idleShare * this.#lastScanMs));
  }
}
