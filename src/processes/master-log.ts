import type { Log } from '../runtime/log.ts';
import type { WatchEvent } from '../watch/events.ts';

/** One line of the log for what happens, with the source, file and run that it is about. */
export function logEvent(log: Log, event: WatchEvent): void {
  const { kind, ...facts } = event;
  switch (event.kind) {
    case 'sensed':
      return;
    case 'import_progress': {
      const { source, file, progress } = event;
      if (progress.phase !== 'staging') return;
      const { run, chunkIndex, records } = progress;
      log.debug({ source, file, run, chunkIndex, records }, 'chunk');
      return;
    }
    case 'reading':
    case 'importing':
    case 'source_changed':
    case 'source_removed':
      log.debug(facts, kind);
      return;
    case 'source_failing':
    case 'read_failed':
    case 'database_failing':
    case 'not_tidied':
      log.warn(facts, texts[event.kind]);
      return;
    case 'read':
      log.info({ ...facts, tookMs: Math.round(event.tookMs) }, texts.read);
      return;
    case 'imported':
      logRun(log, event);
      return;
    case 'source_back':
    case 'outdated':
    case 'cancelled':
    case 'database_back':
      log.info(facts, texts[event.kind]);
  }
}

const texts = {
  source_failing: 'the source cannot be sensed',
  source_back: 'the source answers again',
  read: 'read',
  read_failed: 'could not be read',
  outdated: 'a newer version has come before this one was published',
  cancelled: 'its import was cancelled by a person',
  not_tidied: 'what is not needed any more could not be removed',
  database_failing: 'the database cannot be used',
  database_back: 'the database can be used again',
} as const;

function logRun(
  log: Log,
  { source, file, receipt, trouble }: Extract<WatchEvent, { kind: 'imported' }>,
): void {
  const about = { source, file, run: receipt?.run ?? null };
  if (trouble !== null) {
    log.warn({ ...about, trouble }, 'was not imported');
    return;
  }
  if (receipt === null) return;
  const {
    publishNumber,
    version,
    records,
    inserted,
    updated,
    unchanged,
    superseded,
    kept,
    rejected,
    seconds,
  } = receipt;
  const sums = { records, inserted, updated, unchanged, superseded, kept, rejected };
  const isNews = receipt.status === 'done';
  log.info(
    { ...about, publishNumber, version, ...(isNews ? { ...sums, seconds } : {}) },
    isNews ? 'published' : 'is published already',
  );
}
