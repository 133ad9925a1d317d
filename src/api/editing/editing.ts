/** What requests change in the database, by route. It runs on a thread of its own: an edit waits for a publish, and no request that reads waits for an edit. */
import { editRow, type RowEdit } from '../../edit/edit-row.ts';
import type { Dataset } from '../../schema/dataset.ts';
import type { ApiAnswer, ApiRequest } from '../answer.ts';
import { keyOf, knownDataset } from '../reading/known.ts';
import { oneRow } from '../reading/rows.ts';
import type { RouteName } from '../wire/routes.ts';
import { changeOf } from './change.ts';
import { wantedHash } from './if-match.ts';
import { addSource, changeSource, removeSource } from './sources.ts';
import type { EditingTools } from './tools.ts';

export type Editing<Name extends RouteName> = (
  tools: EditingTools,
  request: ApiRequest<Name>,
) => Promise<ApiAnswer>;

export const editing = { changeRow, takeBackEdit, addSource, changeSource, removeSource } satisfies {
  readonly [Name in RouteName]?: Editing<Name>;
};

export type EditingName = keyof typeof editing;

async function changeRow(
  tools: EditingTools,
  { params, headers, body }: ApiRequest<'changeRow'>,
): Promise<ApiAnswer> {
  return edited(tools, params, headers['if-match'], (dataset) => changeOf(dataset, body.values));
}

async function takeBackEdit(
  tools: EditingTools,
  { params, headers }: ApiRequest<'takeBackEdit'>,
): Promise<ApiAnswer> {
  return edited(tools, params, headers['if-match'], () => null);
}

async function edited(
  tools: EditingTools,
  params: { readonly dataset: string; readonly key: string },
  ifMatch: string | undefined,
  changeIn: (dataset: Dataset) => RowEdit['change'],
): Promise<ApiAnswer> {
  const { dataset, ...edit } = await tools.read(async (reader) => {
    const found = await knownDataset(reader, params.dataset);
    const change = changeIn(found);
    const key = keyOf(found, params.key);
    return { dataset: found, key, change, ifHash: await wantedHash(reader, found, key, ifMatch) };
  });
  return oneRow(dataset, await tools.edit((editor) => editRow(editor, dataset, edit)));
}
