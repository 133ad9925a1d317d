import type { EditStory, Origin, PublishedVersion, Story } from '../edit/story.ts';
import type { Dataset } from '../schema/dataset.ts';
import { valuesByColumn } from '../schema/json-values.ts';
import { checksumText } from '../schema/row-hash.ts';
import { shownTexts } from './row-values.ts';
import { fileText } from './receipt-text.ts';
import { plural, visible } from './terminal.ts';

/** A row's story for the eye. */
export function storyText(dataset: Dataset, { row, origin, edits }: Story): string[] {
  const lines = fieldsText(dataset, row.values, '');
  const standing = edits.find(({ state }) => state === 'standing');
  if (standing === undefined) {
    lines.push('', `brought by ${originText(origin)}`);
  } else {
    lines.push('', `edited by a person; without the edit, by ${originText(standing.withoutIt)}:`);
    lines.push(...fieldsText(dataset, standing.withoutIt.values, '  '));
  }
  if (edits.length > 0) lines.push('', `${plural(edits.length, 'edit')}, the newest first:`);
  for (const edit of edits) lines.push(...editText(dataset, edit));
  return lines;
}

function fieldsText(dataset: Dataset, values: readonly unknown[], indent: string): string[] {
  const names = dataset.columns.map(({ name }) => visible(name, 40));
  const width = Math.max(...names.map((name) => name.length));
  const texts = shownTexts(dataset, values, 300);
  return names.map((name, column) => `${indent}${name.padEnd(width)}  ${texts[column]}`);
}

function editText(dataset: Dataset, edit: EditStory): string[] {
  const lines = [`  edit ${edit.edit}, ${timeText(edit.editedMs)}: ${endText(edit)}`];
  lines.push(...fieldsText(dataset, edit.values, '    '));
  for (const record of edit.covers) lines.push(`    covers ${originText(record)}`);
  return lines;
}

function endText({ state, endedMs, endedBy }: EditStory): string {
  const when = timeText(endedMs);
  switch (state) {
    case 'standing':
      return 'stands';
    case 'replaced':
      return `replaced by a further edit ${when}`;
    case 'taken_back':
      return `taken back ${when}`;
    case 'ended':
      return `ended by a new record, ${endedBy === null ? when : versionText(endedBy)}`;
  }
}

function originText(origin: Origin): string {
  const { run, line, ...rest } = origin;
  return `line ${line} of ${versionText({ run, ...rest })}`;
}

function versionText({ run, source, file, version, publishedMs }: PublishedVersion): string {
  const isKnown = source !== null && file !== null;
  const name = isKnown ? fileText({ source, file }) : 'a file that is no longer known';
  const short = version === null ? '' : `, version ${version.slice(0, 12)}`;
  return `${name} (run ${run}${short}, published ${timeText(publishedMs)})`;
}

function timeText(ms: number | null): string {
  return ms === null ? 'at an unknown time' : new Date(ms).toISOString();
}

/** The same for programs: values by column, times as ISO 8601. */
export function storyObject(dataset: Dataset, { row, origin, edits }: Story): unknown {
  const byColumn = (values: readonly unknown[]): Record<string, unknown> => valuesByColumn(dataset, values);
  const times = <Version extends PublishedVersion>({ publishedMs, ...version }: Version): unknown => ({
    ...version,
    published: publishedMs === null ? null : timeText(publishedMs),
  });
  return {
    ...byColumn(row.values),
    ...{ _run: row.run, _line: row.line, hash: checksumText(row.hash) },
    origin: times(origin),
    edits: edits.map(({ withoutIt: { values, ...record }, ...edit }) => ({
      ...{ edit: edit.edit, state: edit.state, values: byColumn(edit.values) },
      edited: timeText(edit.editedMs),
      ended: edit.endedMs === null ? null : timeText(edit.endedMs),
      endedBy: edit.endedBy === null ? null : times(edit.endedBy),
      covers: edit.covers.map(times),
      withoutIt: { values: byColumn(values), ...(times(record) as object) },
    })),
  };
}
