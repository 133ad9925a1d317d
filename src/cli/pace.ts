import type { ImportProgress } from '../run/import-file.ts';
import type { Clock } from '../runtime/clock.ts';
import { byteText, grouped } from './terminal.ts';

/** Shows how far an import is. `end` once before anything else is printed; it can go on after that. */
export interface ProgressDisplay {
  show(label: string, progress: ImportProgress): void;
  end(): void;
}

/** What has gone on for less long has no speed yet: it would be that of the first chunk, which is told when it is there. */
const leastSeconds = 0.2;

/** The step of an import as a share of it, with what is known of its speed. */
export class Pace {
  readonly #clock: Clock;
  readonly #startedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.monotonicMs();
  }

  describe(progress: ImportProgress): { share: number | null; text: string } {
    if (progress.phase === 'publishing') {
      const { rows, ofRows } = progress;
      return {
        share: ofRows === 0 ? 1 : rows / ofRows,
        text: `publishing ${grouped(rows)} of ${grouped(ofRows)} rows`,
      };
    }
    const { storedBytes, expectedBytes, contentBytes, records, chunksTakenOver } = progress;
    const seconds = (this.#clock.monotonicMs() - this.#startedAt) / 1000;
    const share =
      expectedBytes === null || expectedBytes === 0 ? null : Math.min(1, storedBytes / expectedBytes);
    const before = chunksTakenOver === 0 ? '' : `, ${grouped(chunksTakenOver)} chunks taken over`;
    const text = `reading ${byteText(contentBytes)}, ${grouped(records)} records`;
    if (seconds < leastSeconds) return { share, text: text + before };
    const speed = `, ${grouped(Math.round(records / seconds))} rows/s, ${(contentBytes / seconds / 1e6).toFixed(1)} MB/s`;
    const left =
      share === null || share === 0 ? '' : `, ${Math.ceil((seconds / share) * (1 - share))} s left`;
    return { share, text: text + speed + before + left };
  }
}
