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

interface Described {
  /** Of the step, 0 to 1; `null`: nobody knows how much there is. */
  readonly share: number | null;
  readonly text: string;
}

/** The step of an import as a share of it, with what is known of its speed. */
export class Pace {
  readonly #clock: Clock;
  #phase: ImportProgress['phase'] | null = null;
  #startedAt = 0;
  /** What an earlier command has brought here already. */
  #startedBytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  describe(progress: ImportProgress): Described {
    if (progress.phase !== this.#phase) {
      this.#phase = progress.phase;
      this.#startedAt = this.#clock.monotonicMs();
      this.#startedBytes = progress.phase === 'reading' ? progress.storedBytes : 0;
    }
    const seconds = (this.#clock.monotonicMs() - this.#startedAt) / 1000;
    switch (progress.phase) {
      case 'reading':
        return this.#describeReading(progress, seconds);
      case 'staging':
        return describeStaging(progress, seconds);
      case 'publishing': {
        const { rows, ofRows, partitions } = progress;
        const ranges =
          partitions === undefined ? '' : `${partitions.published} of ${partitions.of} partitions, `;
        return {
          share: ofRows === 0 ? 1 : rows / ofRows,
          text: `publishing ${ranges}${grouped(rows)} of ${grouped(ofRows)} rows`,
        };
      }
    }
  }

  #describeReading(
    { storedBytes, expectedBytes }: Extract<ImportProgress, { phase: 'reading' }>,
    seconds: number,
  ): Described {
    const share = shareOf(storedBytes, expectedBytes);
    const of = expectedBytes === null ? '' : ` of ${byteText(expectedBytes)}`;
    const text = `${byteText(storedBytes)}${of} are here`;
    const speed = (storedBytes - this.#startedBytes) / seconds;
    if (seconds < leastSeconds || speed === 0) return { share, text };
    const left = expectedBytes === null ? '' : `, ${Math.ceil((expectedBytes - storedBytes) / speed)} s left`;
    return { share, text: `${text}, ${(speed / 1e6).toFixed(1)} MB/s${left}` };
  }
}

function describeStaging(
  progress: Extract<ImportProgress, { phase: 'staging' }>,
  seconds: number,
): Described {
  const { storedBytes, expectedBytes, contentBytes, records, chunksTakenOver } = progress;
  const share = shareOf(storedBytes, expectedBytes);
  const before = chunksTakenOver === 0 ? '' : `, ${grouped(chunksTakenOver)} chunks taken over`;
  const text = `reading ${byteText(contentBytes)}, ${grouped(records)} records`;
  if (seconds < leastSeconds) return { share, text: text + before };
  const speed = `, ${grouped(Math.round(records / seconds))} rows/s, ${(contentBytes / seconds / 1e6).toFixed(1)} MB/s`;
  const left = share === null || share === 0 ? '' : `, ${Math.ceil((seconds / share) * (1 - share))} s left`;
  return { share, text: text + speed + before + left };
}

function shareOf(bytes: number, expectedBytes: number | null): number | null {
  return expectedBytes === null || expectedBytes === 0 ? null : Math.min(1, bytes / expectedBytes);
}
