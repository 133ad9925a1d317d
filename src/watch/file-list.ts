/** The files of a source as they are shown: how many are in each state, those that matter now, and all of them page by page. */
import type { FileState, FileStatus, SourceStatus, Times } from './status.ts';
import type { WatchedFile } from './watched-file.ts';

/** More are not shown with their source: it can have ten thousand. */
const mostShown = 20;

/** What is on its way and what is in trouble, the most urgent first. */
const shown: readonly FileState[] = [
  ...(['importing', 'reading', 'waiting', 'failed', 'retrying', 'refused', 'preparing', 'queued'] as const),
];

export function summaryOf(
  files: Iterable<WatchedFile>,
  times: Times,
): Pick<SourceStatus, 'filesBy' | 'files'> {
  const filesBy: Partial<Record<FileState, number>> = {};
  const byState = new Map<FileState, WatchedFile[]>(shown.map((state) => [state, []]));
  for (const file of files) {
    const state = file.state(times.nowMs);
    filesBy[state] = (filesBy[state] ?? 0) + 1;
    const some = byState.get(state);
    if (some !== undefined && some.length < mostShown) some.push(file);
  }
  const urgent = [...byState.values()].flat().slice(0, mostShown);
  return { filesBy, files: urgent.map((file) => file.status(times)) };
}

export interface FilePageAsked {
  /** The name before the first one. */
  readonly after: string | null;
  readonly limit: number;
  readonly state: FileState | null;
}

/** Files by name, `limit` of them at most. */
export function pageOf(
  files: Iterable<WatchedFile>,
  { after, limit, state }: FilePageAsked,
  times: Times,
): readonly FileStatus[] {
  const wanted = Array.from(files)
    .filter(({ name }) => after === null || name > after)
    .filter((file) => state === null || file.state(times.nowMs) === state)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return wanted.slice(0, limit).map((file) => file.status(times));
}
