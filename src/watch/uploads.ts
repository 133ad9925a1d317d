import type { ImportOutcome, ImportProgress } from '../run/import-file.ts';
import { receiptOfOutcome } from '../run/receipt.ts';
import type { LonghaulError } from '../runtime/errors.ts';
import type { UploadRecord } from '../source/upload-record.ts';
import { type UploadedVersion, uploadSource } from '../source/uploaded-file.ts';
import { troubleOf } from './database-health.ts';
import type { WatchEvent } from './events.ts';
import type { ImportQueue } from './import-queue.ts';
import type { Importing, SourceToWatch } from './importing.ts';

/** `waiting` → `importing` → one of the others. What is not ended when the process ends waits again in the next one. */
export type UploadState = 'waiting' | 'importing' | 'done' | 'already_published' | 'failed' | 'cancelled';

export interface UploadStatus
  extends Pick<UploadRecord, 'id' | 'name' | 'dataset' | 'bytes' | 'version' | 'receivedMs'> {
  readonly state: UploadState;
  readonly progress: ImportProgress | null;
  /** The run that it became; of `already_published` the one that has published the same. */
  readonly run: number | null;
  /** Why it failed, so that it can cross threads. */
  readonly error: Pick<LonghaulError, 'code' | 'facts'> | null;
}

export interface UploadsParts {
  readonly queue: ImportQueue;
  readonly importing: Importing;
  readonly report: (event: WatchEvent) => void;
}

/** Ended ones that are told of: more than anybody looks at. */
const mostEnded = 100;

interface Upload {
  readonly record: UploadRecord;
  readonly read: UploadedVersion;
  readonly cancel: AbortController;
  state: UploadState;
  progress: ImportProgress | null;
  run: number | null;
  error: LonghaulError | null;
}

/**
 * Files that people and programs have handed over: each is imported, in the order in which they came, and is then forgotten. None gives
 * way to a newer one of its name: whoever has sent it was told that it will be imported.
 */
export class Uploads {
  readonly #parts: UploadsParts;
  /** By id, in the order in which they came. */
  readonly #uploads = new Map<string, Upload>();

  constructor(parts: UploadsParts) {
    this.#parts = parts;
  }

  /** An upload that is on the disk, whole. One that is known already stays as it is. */
  add(record: UploadRecord, read: UploadedVersion): UploadStatus {
    const known = this.#uploads.get(record.id);
    if (known !== undefined) return statusOf(known);
    const upload: Upload = {
      ...{ record, read, cancel: new AbortController() },
      ...{ state: 'waiting', progress: null, run: null, error: null },
    };
    this.#uploads.set(record.id, upload);
    if (read.wasCancelled) upload.cancel.abort();
    this.#import(upload);
    return statusOf(upload);
  }

  /** The newest first. */
  list(): UploadStatus[] {
    return Array.from(this.#uploads.values(), statusOf).reverse();
  }

  /**
   * Ends the import of an upload, also of one that waits to go on with a run that an earlier process has left.
   *
   * @returns whether it was there
   */
  cancel(name: string, run: number): boolean {
    const open = Array.from(this.#uploads.values()).filter(
      ({ record, state, cancel }) =>
        record.name === name && !cancel.signal.aborted && (state === 'waiting' || state === 'importing'),
    );
    // Of one name the first one has the run that is open.
    const upload = open.find((each) => each.run === run) ?? open.find((each) => each.run === null);
    upload?.cancel.abort();
    return upload !== undefined;
  }

  #import(upload: Upload): void {
    const { queue, report } = this.#parts;
    const { record, read, cancel } = upload;
    const about = { source: uploadSource, file: record.name };
    queue.add({
      source: sourceOf(record),
      settings: record.settings,
      read,
      signal: cancel.signal,
      onBegin: () => {
        upload.state = 'importing';
        report({ kind: 'importing', ...about });
      },
      onProgress: (progress) => {
        upload.progress = progress;
        if (progress.phase === 'staging') upload.run = progress.run;
        report({ kind: 'import_progress', ...about, dataset: record.dataset, progress });
      },
      onEnd: (outcome) => this.#ended(upload, outcome),
    });
  }

  async #ended(upload: Upload, outcome: ImportOutcome | null): Promise<void> {
    const { report } = this.#parts;
    const { record, read, cancel } = upload;
    const about = { source: uploadSource, file: record.name };
    const wasImporting = upload.state === 'importing';
    const isCancelled = outcome === null && cancel.signal.aborted;
    // The next process may find it, and then that it is published already, cancelled, or fails again.
    const notTidied = (error: unknown): void =>
      report({ kind: 'not_tidied', ...about, trouble: troubleOf(error) });
    try {
      if (outcome === null && !isCancelled) {
        // The process ends, and the next one goes on with it.
        [upload.state, upload.progress] = ['waiting', null];
        return;
      }
      // The ledger first, then the disk: whoever is told of the end finds nothing that has not ended.
      if (isCancelled) {
        await read.noteCancelled().catch(notTidied);
        await this.#endRun(upload, wasImporting);
      }
      await read.forget();
    } catch (error) {
      notTidied(error);
    } finally {
      await read[Symbol.asyncDispose]();
    }
    upload.progress = null;
    if (outcome === null) {
      upload.state = 'cancelled';
      report({ kind: 'cancelled', ...about });
    } else {
      settle(upload, outcome);
      const receipt = receiptOfOutcome(outcome, record.dataset, read.file.ref);
      const trouble = upload.error === null ? null : troubleOf(upload.error);
      report({ kind: 'imported', ...about, receipt, trouble });
    }
    this.#forgetEnded();
  }

  async #endRun({ record, read }: Upload, wasImporting: boolean): Promise<void> {
    const { queue, importing } = this.#parts;
    const end = (): Promise<void> => importing.endRuns(record.dataset, read.file.ref, 'cancelled');
    // The queue waits for the end of what it has begun, and for nothing else.
    await (wasImporting ? end() : queue.between(end));
  }

  #forgetEnded(): void {
    const ended = Array.from(this.#uploads.values()).filter(
      ({ state }) => state !== 'waiting' && state !== 'importing',
    );
    for (const { record } of ended.slice(0, Math.max(0, ended.length - mostEnded)))
      this.#uploads.delete(record.id);
  }
}

function settle(upload: Upload, outcome: ImportOutcome): void {
  switch (outcome.kind) {
    case 'published':
      upload.state = 'done';
      upload.run = outcome.record.run;
      return;
    case 'already_published':
      upload.state = 'already_published';
      upload.run = outcome.published.run;
      return;
    case 'failed':
      upload.state = 'failed';
      upload.run = outcome.record?.run ?? null;
      upload.error = outcome.error;
  }
}

function statusOf({ record, state, progress, run, error }: Upload): UploadStatus {
  const { id, name, dataset, bytes, version, receivedMs } = record;
  const told = error === null ? null : { code: error.code, facts: error.facts };
  return { id, name, dataset, bytes, version, receivedMs, state, progress, run, error: told };
}

/** Uploads are files of a source like any other, except that nobody can ask it. */
function sourceOf({ dataset }: UploadRecord): SourceToWatch {
  const nowhere = { url: '', kind: null, tokenFile: null, guarded: true, paused: false, patience: {} };
  return { name: uploadSource, table: dataset, ...nowhere };
}
