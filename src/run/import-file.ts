/**
 * One file from sense to receipt: the order of the steps and nothing else. Reading, staging and storing are
 * behind their interfaces.
 */
import { asLonghaulError, LonghaulError } from '../runtime/errors.ts';
import { isDataset } from '../schema/dataset-plan.ts';
import type { RejectCode, RejectCounts } from '../schema/rejects.ts';
import { type ChunkStaging, LocalStaging, type RunStaging } from '../stage/chunk-staging.ts';
import type { StagePool } from '../stage/stage-pool.ts';
import type { SensedFile, SourceFile } from '../source/source-file.ts';
import type {
  ChunkRef,
  ChunkSums,
  OpenedRun,
  PublishedFile,
  PublishedPartitions,
  RunRecord,
  SnapshotTotals,
  Store,
  TableTotals,
} from '../store/store.ts';
import { BegunReading } from './begun-reading.ts';
import type { ChunkReader, ReadChunk, ReadEvent } from './chunk-reader.ts';
import { type FirstRecordSettings, fitFile, readBeginning } from './first-record.ts';
import type { FittedFile } from './header-check.ts';
import type { RejectLimit } from '../schema/reject-limit.ts';
import { checkRejects } from './check-rejects.ts';

/** Goes up when the same bytes would be cut or read differently: chunks staged by another version are not taken over. */
const parserVersion = 1;

export interface ImportSettings extends FirstRecordSettings {
  readonly chunkBytes: number;
  readonly maxRecordBytes: number;
  readonly rejectLimit: RejectLimit;
  /** Of the stored text, as TextDecoder names it; the source has decoded it. Default: `utf-8`. */
  readonly encoding?: string | undefined;
}

/** How far an import is; while it is staged once for each chunk. Stored bytes are those of the file, content bytes those after decompression. */
export type ImportProgress =
  /** What is elsewhere is brought here before anything of it is imported. */
  | { readonly phase: 'reading'; readonly storedBytes: number; readonly expectedBytes: number | null }
  | {
      readonly phase: 'staging';
      readonly run: number;
      /** The last one that was cut, from 0. */
      readonly chunkIndex: number;
      readonly storedBytes: number;
      readonly expectedBytes: number | null;
      readonly contentBytes: number;
      readonly records: number;
      readonly chunksTakenOver: number;
    }
  | {
      readonly phase: 'publishing';
      readonly rows: number;
      readonly ofRows: number;
      /** Of a run that is published by key ranges, once the first one is. */
      readonly partitions?: PublishedPartitions;
    };

export interface ImportParts {
  readonly store: Store;
  readonly pool: StagePool;
  /** Who does which chunk; the pool, if not given. */
  readonly staging?: ChunkStaging | undefined;
  readonly onProgress: (progress: ImportProgress) => void;
  /** As `PublishControl.locked`. */
  readonly onLocked?: ((ms: number) => void) | undefined;
  readonly signal: AbortSignal;
}

export type ImportOutcome =
  | { readonly kind: 'published'; readonly record: RunRecord }
  /** The current version is the last published one: no work. */
  | { readonly kind: 'already_published'; readonly published: PublishedFile; readonly table: TableTotals }
  /** `record` is null when the file was refused before a run was opened. */
  | { readonly kind: 'failed'; readonly error: LonghaulError; readonly record: RunRecord | null };

/** Never throws for what is wrong with one file; throws `interrupted`, and what the database or a defect throws. */
export async function importFile(
  parts: ImportParts,
  file: SourceFile,
  settings: ImportSettings,
  ahead: BegunReading | null = null,
): Promise<ImportOutcome> {
  try {
    const sensed = ahead?.sensed ?? (await file.sense());
    const { dataset } = settings;
    // Into a table that is not there yet nothing has been published.
    const former = isDataset(dataset) ? await parts.store.findPublished(dataset, file.ref) : null;
    // The same bytes read in another way are other rows, so that is work.
    const published = former !== null && wasReadAs(former, settings) ? former : null;
    if (
      isDataset(dataset) &&
      published !== null &&
      (await isCurrent(file, sensed, published, parts.signal))
    ) {
      await parts.store.endRuns(dataset, file.ref, 'outdated');
      return { kind: 'already_published', published, table: await parts.store.ensureDataset(dataset) };
    }
    parts.pool.prepare();
    await using reading = ahead ?? (await beginReading(file, sensed, settings, parts.signal));
    return await new FileImport(parts, file, settings, published).run(reading);
  } catch (error) {
    if (parts.signal.aborted)
      throw LonghaulError.of('interrupted', { advice: interruptedAdvice }, { cause: error });
    const known = asLonghaulError(error);
    if (!aboutTheFile(known)) throw error;
    return { kind: 'failed', error: known, record: null };
  }
}

/** @param sensed before it is opened here: what is kept must not be newer than what is read */
export function beginReading(
  file: SourceFile,
  sensed: SensedFile,
  { dialect, chunkBytes, maxRecordBytes, mapping }: Omit<ImportSettings, 'dataset' | 'rejectLimit'>,
  signal: AbortSignal,
): Promise<BegunReading> {
  const options = { dialect, chunkBytes, maxRecordBytes, columns: mapping?.fields };
  return BegunReading.begin(file, sensed, options, signal);
}

const interruptedAdvice =
  'the same command again goes on where this one stopped, as far as chunks were staged';

/** Whether it is this file's fault, so that other files can still be imported. */
function aboutTheFile(error: LonghaulError): boolean {
  return 'file' in error.facts || 'source' in error.facts;
}

/** What decides, besides the bytes, which values come out of a file. */
function readingOf({
  dialect,
  mapping,
  encoding = 'utf-8',
}: Pick<ImportSettings, 'dialect' | 'mapping' | 'encoding'>): string {
  return JSON.stringify({ dialect, mapping, encoding });
}

/** Whether the published version was read as these settings say: else the same bytes are other rows. */
export function wasReadAs(
  published: PublishedFile,
  settings: Pick<ImportSettings, 'dialect' | 'mapping' | 'encoding'>,
): boolean {
  return (JSON.parse(published.settings) as { reading?: string }).reading === readingOf(settings);
}

/** Whether the file's content is the published version. Reads it only if nothing cheaper can tell. */
async function isCurrent(
  file: SourceFile,
  sensed: SensedFile,
  published: PublishedFile,
  signal: AbortSignal,
): Promise<boolean> {
  if (sensed.fingerprint !== null && sensed.fingerprint === published.fingerprint) return true;
  // Another length is another content; the version will come out of the one pass that imports it.
  if (sensed.bytes !== published.bytes) return false;
  return (await file.version(signal)) === published.version;
}

/** The work on one snapshot, from its first byte to its end. */
class FileImport {
  readonly #parts: ImportParts;
  readonly #file: SourceFile;
  readonly #settings: ImportSettings;
  readonly #published: PublishedFile | null;
  #rows = 0;
  #chunks = 0;
  #chunksTakenOver = 0;
  readonly #rejected: RejectCounts = {};
  #failure: Error | null = null;

  constructor(
    parts: ImportParts,
    file: SourceFile,
    settings: ImportSettings,
    published: PublishedFile | null,
  ) {
    this.#parts = parts;
    this.#file = file;
    this.#settings = settings;
    this.#published = published;
  }

  async run(reading: BegunReading): Promise<ImportOutcome> {
    const { store, signal } = this.#parts;
    const { label } = this.#file;
    const { dialect, chunkBytes, maxRecordBytes, rejectLimit } = this.#settings;
    const beginning = await readBeginning(reading.events);
    const fitted = fitFile(beginning, this.#settings, label);
    const { dataset, mapping } = fitted;
    const events = after(beginning, reading.events);
    if (!isDataset(this.#settings.dataset)) await store.ensureDataset(dataset);
    const opened = await store.openRun({
      dataset,
      file: this.#file.ref,
      fingerprint: reading.sensed.fingerprint,
      settings: JSON.stringify({
        reading: readingOf(this.#settings),
        ...{ parserVersion, dialect, chunkBytes, maxRecordBytes, columns: mapping },
      }),
      ignoredColumns: mapping.ignored,
      expectedBytes: reading.content.expectedBytes,
    });
    let totals: SnapshotTotals | null = null;
    try {
      await this.#stageAll(reading, events, fitted, opened);
      totals = await this.#totals(reading);
      if (totals.version === this.#published?.version) {
        await store.discardRun(opened.run);
        return {
          kind: 'already_published',
          published: this.#published,
          table: await store.ensureDataset(dataset),
        };
      }
      checkRejects(rejectLimit, this.#rejected, { file: label, run: opened.run, records: totals.records });
    } catch (error) {
      const known = asLonghaulError(error);
      // An interrupted run stays open: the same command goes on with it. So does one that the database stopped.
      if (signal.aborted || !aboutTheFile(known)) throw error;
      const record = await store.endRun(opened.run, 'failed', totals, {
        code: known.code,
        message: known.message,
      });
      return { kind: 'failed', error: known, record };
    }
    return { kind: 'published', record: await this.#publish(opened.run, totals) };
  }

  #publish(run: number, totals: SnapshotTotals): Promise<RunRecord> {
    const { store, signal, onProgress } = this.#parts;
    let known: { readonly partitions?: PublishedPartitions } = {};
    return store.publish(run, totals, {
      signal,
      progress: (rows) => onProgress({ phase: 'publishing', rows, ofRows: this.#rows, ...known }),
      partitions: (partitions) => {
        known = { partitions };
      },
      locked: (ms) => this.#parts.onLocked?.(ms),
    });
  }

  async #stageAll(
    { reader, content }: BegunReading,
    events: AsyncGenerator<ReadEvent>,
    fitted: FittedFile,
    opened: OpenedRun,
  ): Promise<void> {
    const { store, pool, signal, onProgress } = this.#parts;
    const { label, origin = null } = this.#file;
    const { dialect, chunkBytes } = this.#settings;
    const setup = { ...fitted, dialect, chunkBytes };
    const { staging: whoever = new LocalStaging(store, pool) } = this.#parts;
    await using staging = await whoever.open({ run: opened.run, setup, label, content, origin, signal });
    const whole = new Map(opened.staged.map((chunk) => [chunk.index, chunk]));
    const inFlight = new Set<Promise<void>>();
    let oneEnded = Promise.withResolvers<void>();
    let isRead = false;
    try {
      for await (const event of events) {
        if (event.kind !== 'chunk') continue;
        this.#chunks++;
        const former = whole.get(event.cut.index);
        if (former !== undefined && isSameChunk(former, event)) {
          this.#chunksTakenOver++;
          this.#count(former);
          reader.giveBack(event.bytes.buffer);
        } else {
          const task = this.#stage(opened.run, event, staging, reader)
            .catch((error: unknown) => {
              this.#failure ??= asLonghaulError(error);
            })
            .finally(() => {
              inFlight.delete(task);
              oneEnded.resolve();
              oneEnded = Promise.withResolvers();
            });
          inFlight.add(task);
        }
        onProgress({
          phase: 'staging',
          run: opened.run,
          chunkIndex: event.cut.index,
          storedBytes: content.storedBytes,
          expectedBytes: content.expectedBytes,
          contentBytes: reader.contentBytes,
          records: reader.records,
          chunksTakenOver: this.#chunksTakenOver,
        });
        while (inFlight.size >= staging.width && this.#failure === null) await oneEnded.promise;
        if (this.#failure !== null) break;
      }
      isRead = this.#failure === null;
      if (isRead) staging.allGiven?.();
    } finally {
      // Whoever still stages elsewhere does so in vain.
      if (!isRead) await staging[Symbol.asyncDispose]();
      // Nothing of this run may still be on its way to the store when the run ends.
      await Promise.all(inFlight);
    }
    if (this.#failure !== null) throw this.#failure;
  }

  async #stage(
    run: number,
    { cut, sha256, bytes, lineEndBytes }: ReadChunk,
    staging: RunStaging,
    reader: ChunkReader,
  ): Promise<void> {
    if (cut.kind === 'oversized') {
      const { index, offset, length, line } = cut;
      const code: RejectCode = 'field_too_large';
      const byteLength = length - lineEndBytes;
      const reject = { code, line, byteOffset: offset, byteLength, raw: bytes, column: null, value: null };
      const sums = { records: 1, blankLines: 0, superseded: 0, rejected: { [code]: 1 }, rows: 0 };
      this.#count(sums);
      const packed = { words: new Uint32Array(0), rows: 0 };
      const chunk = { index, offset, length, line, sha256, ...sums, packed, rejects: [reject] };
      await this.#parts.store.stageChunk(run, chunk);
      return;
    }
    this.#count(await staging.stage({ cut, sha256, bytes }, (buffer) => reader.giveBack(buffer)));
  }

  #count(sums: ChunkSums): void {
    this.#rows += sums.rows;
    for (const [code, number] of Object.entries(sums.rejected) as [RejectCode, number][]) {
      this.#rejected[code] = (this.#rejected[code] ?? 0) + number;
    }
  }

  async #totals({ reader, content, sensed }: BegunReading): Promise<SnapshotTotals> {
    return {
      version: await content.finish(),
      fingerprint: sensed.settled ? sensed.fingerprint : null,
      bytes: content.storedBytes,
      contentBytes: reader.contentBytes,
      chunks: this.#chunks,
      chunksTakenOver: this.#chunksTakenOver,
      records: reader.records,
    };
  }
}

async function* after(
  beginning: readonly ReadEvent[],
  rest: AsyncGenerator<ReadEvent>,
): AsyncGenerator<ReadEvent> {
  yield* beginning;
  yield* rest;
}

/** Equal in place and in content: then everything that staging makes of it is equal. */
function isSameChunk(former: ChunkRef, { cut, sha256 }: ReadChunk): boolean {
  return (
    former.offset === cut.offset &&
    former.length === cut.length &&
    former.line === cut.line &&
    former.sha256 === sha256
  );
}
