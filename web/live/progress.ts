/** How fast imports go: from the events of the last seconds, because the master says only how far they are. */
import { useSyncExternalStore } from 'react';
import type { EventData } from '../../src/api/wire/events.ts';

type ProgressEvent = EventData<'progress'>;

export interface Pace {
  readonly last: ProgressEvent;
  readonly recordsPerSecond: number | null;
  readonly secondsLeft: number | null;
}

interface Sample {
  readonly atMs: number;
  readonly records: number;
  readonly bytes: number;
}

/** Over how long the speed is taken, in milliseconds. */
const windowMs = 5000;
const samples = new Map<string, { run: number; list: Sample[] }>();
let paces: ReadonlyMap<string, Pace> = new Map();
const watchers = new Set<() => void>();

export const progressKey = (source: string, file: string): string => JSON.stringify([source, file]);

export function noteProgress(event: ProgressEvent): void {
  const key = progressKey(event.source, event.file);
  paces = new Map(paces).set(key, paceOf(key, event));
  for (const call of watchers) call();
}

function paceOf(key: string, event: ProgressEvent): Pace {
  const { progress, atMs } = event;
  if (progress.phase === 'publishing') {
    samples.delete(key);
    return { last: event, recordsPerSecond: null, secondsLeft: null };
  }
  const known = samples.get(key);
  const before = known?.run === progress.run ? known.list : [];
  const now: Sample = { atMs, records: progress.records, bytes: progress.storedBytes };
  const list = [...before.filter((sample) => atMs - sample.atMs <= windowMs), now];
  samples.set(key, { run: progress.run, list });
  const [first = now] = list;
  const seconds = (atMs - first.atMs) / 1000;
  if (seconds <= 0) return { last: event, recordsPerSecond: null, secondsLeft: null };
  const bytesPerSecond = (now.bytes - first.bytes) / seconds;
  const left = progress.expectedBytes === null ? null : progress.expectedBytes - progress.storedBytes;
  return {
    last: event,
    recordsPerSecond: (now.records - first.records) / seconds,
    secondsLeft: left === null || bytesPerSecond <= 0 ? null : left / bytesPerSecond,
  };
}

function watch(call: () => void): () => void {
  watchers.add(call);
  return () => watchers.delete(call);
}

/** By `progressKey`. What it says of a file that is not being imported any more is old: the file's state decides. */
export function usePaces(): ReadonlyMap<string, Pace> {
  return useSyncExternalStore(watch, () => paces);
}
