/** Edits of rows, and what is known of one: for databases that are named by their URL. */
import { databaseUrl } from '../config/database-url.ts';
import { editRow, type RowEdit } from '../edit/edit-row.ts';
import { type Story, storyOf } from '../edit/story.ts';
import type { Dataset } from '../schema/dataset.ts';
import type { StoredRow, StoreReader } from '../store/store.ts';
import { openEditor } from './stores.ts';

/** Edits one row, or takes its edit back. @returns the row after it */
export async function editDatabase(url: string, dataset: Dataset, edit: RowEdit): Promise<StoredRow> {
  await using editor = await openEditor(databaseUrl(url));
  return await editRow(editor, dataset, edit);
}

export function rowStory(
  reader: StoreReader,
  dataset: Dataset,
  key: readonly string[],
): Promise<Story | null> {
  return storyOf(reader, dataset, key);
}
