/** Edits of rows, and what is known of one: for databases that are named by their URL. */
import { databaseUrl } from '../config/database-url.ts';
import { editRow, type RowEdit } from '../edit/edit-row.ts';
import { type Story, storyOf } from '../edit/story.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { DatasetPlan } from '../schema/dataset-plan.ts';
import type { Dataset } from '../schema/dataset.ts';
import type { StoredRow, StoreReader } from '../store/store.ts';
import { readDataset } from './datasets.ts';
import { openEditor } from './stores.ts';

/** Edits one row, or takes its edit back. @returns the row after it */
export async function editDatabase(
  url: string,
  plan: DatasetPlan,
  edit: RowEdit,
): Promise<{ readonly row: StoredRow; readonly dataset: Dataset }> {
  const dataset = await readDataset(url, plan, async (_reader, kept) => kept);
  if (edit.key.length !== dataset.key.length && dataset.key.length > 0) {
    throw LonghaulError.of('edit_key_parts', {
      table: dataset.name,
      key: dataset.key,
      given: edit.key.length,
    });
  }
  await using editor = await openEditor(databaseUrl(url));
  return { row: await editRow(editor, dataset, edit), dataset };
}

export function rowStory(
  reader: StoreReader,
  dataset: Dataset,
  key: readonly string[],
): Promise<Story | null> {
  return storyOf(reader, dataset, key);
}
