import { LonghaulError, asLonghaulError } from '../runtime/errors.ts';
import type { WatchEvent } from './events.ts';
import type { Trouble } from './status.ts';

export function troubleOf(error: unknown): Trouble {
  const { code, message } = asLonghaulError(error);
  return { code, reason: message };
}

/** Whether the database could be used when it was last needed, to read and to write. */
export class DatabaseHealth {
  readonly #report: (event: WatchEvent) => void;
  readonly #troubles: Record<Use, Trouble | null> = { read: null, write: null };
  #outages = 0;

  constructor(report: (event: WatchEvent) => void) {
    this.#report = report;
  }

  get trouble(): Trouble | null {
    return this.#troubles.write ?? this.#troubles.read;
  }

  /** Goes up with each time that it could not be used: what was known of it before is to be asked again. */
  get outages(): number {
    return this.#outages;
  }

  failed(use: Use, error: unknown): void {
    const trouble = troubleOf(error);
    const isNew = this.trouble?.code !== trouble.code;
    this.#troubles[use] = trouble;
    this.#outages++;
    if (isNew) this.#report({ kind: 'database_failing', trouble });
  }

  worked(use: Use): void {
    if (this.#troubles[use] === null) return;
    this.#troubles[use] = null;
    if (this.trouble === null) this.#report({ kind: 'database_back' });
  }
}

type Use = 'read' | 'write';

/** What has no other explanation may be the fault of one file: the database was there, and a defect of ours must not stop all others. */
export function isDefect(error: unknown): boolean {
  return !(error instanceof LonghaulError) || error.code === 'unexpected';
}
