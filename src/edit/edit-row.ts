/** A person's change to a row: checked here, written by the store in one commit with its counts. */
import type { Dataset } from '../schema/dataset.ts';
import type { RowEditor, StoredRow } from '../store/store.ts';
import { checkChange } from './check-change.ts';

/** One row, and what a person does to it. */
export interface RowEdit {
  readonly key: readonly string[];
  /** New values by column; null: take the edit that stands back. */
  readonly change: ReadonlyMap<string, string> | null;
  /** The hash of the row that the person has seen; null: whatever it is now. */
  readonly ifHash: bigint | null;
}

/** @returns the row after it */
export async function editRow(
  editor: RowEditor,
  dataset: Dataset,
  { key, change, ifHash }: RowEdit,
): Promise<StoredRow> {
  if (change === null) return await editor.takeBackEdit(dataset, key, ifHash);
  return await editor.editRow(dataset, key, checkChange(dataset, change), ifHash);
}
