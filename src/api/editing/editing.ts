/** What requests change in the database, by route. It runs on a thread of its own: an edit waits for a publish, and no request that reads waits for an edit. */
import { editRow } from '../../edit/edit-row.ts';
import type { RowEditor, StoreReader } from '../../store/store.ts';
import type { ApiAnswer, ApiRequest } from '../answer.ts';
import { keyOf, knownDataset } from '../reading/known.ts';
import { oneRow } from '../reading/rows.ts';
import type { RouteName } from '../wire/routes.ts';
import { changeOf } from './change.ts';
import { wantedHash } from './if-match.ts';

/** Each by a connection of its own. */
export interface EditingTools {
  readonly reader: StoreReader;
  /** Null where there is no database yet. */
  readonly editor: RowEditor | null;
}

export type Editing<Name extends RouteName> = (
  tools: EditingTools,
  request: ApiRequest<Name>,
) => Promise<ApiAnswer>;

export const editing = { changeRow, takeBackEdit } satisfies {
  readonly [Name in RouteName]?: Editing<Name>;
};

export type EditingName = keyof typeof editing;

async function changeRow(
  { reader, editor }: EditingTools,
  { params, headers, body }: ApiRequest<'changeRow'>,
): Promise<ApiAnswer> {
  const dataset = await knownDataset(reader, params.dataset);
  const change = changeOf(dataset, body.values);
  const key = keyOf(dataset, params.key);
  const ifHash = await wantedHash(reader, dataset, key, headers['if-match']);
  return oneRow(dataset, await editRow(there(editor), dataset, { key, change, ifHash }));
}

async function takeBackEdit(
  { reader, editor }: EditingTools,
  { params, headers }: ApiRequest<'takeBackEdit'>,
): Promise<ApiAnswer> {
  const dataset = await knownDataset(reader, params.dataset);
  const key = keyOf(dataset, params.key);
  const ifHash = await wantedHash(reader, dataset, key, headers['if-match']);
  return oneRow(dataset, await editRow(there(editor), dataset, { key, change: null, ifHash }));
}

/** A dataset was found, so there is a database. */
function there(editor: RowEditor | null): RowEditor {
  if (editor === null) throw new Error('there is a dataset and no database');
  return editor;
}
