import type { Dataset } from '../../schema/dataset.ts';
import { checksumText } from '../../schema/row-hash.ts';
import { searchedColumns } from '../../store/search-indexes.ts';
import type { StoreReader } from '../../store/store.ts';
import { type ApiAnswer, type ApiRequest, answer } from '../answer.ts';
import type { DatasetAnswer } from '../wire/datasets.ts';
import { knownDataset } from './known.ts';

export async function datasets(reader: StoreReader): Promise<ApiAnswer> {
  return answer({ items: await allDatasets(reader), next: null });
}

export async function dataset(reader: StoreReader, { params }: ApiRequest<'dataset'>): Promise<ApiAnswer> {
  return answer(await described(reader, await knownDataset(reader, params.dataset)));
}

async function allDatasets(reader: StoreReader): Promise<DatasetAnswer[]> {
  const all: DatasetAnswer[] = [];
  for (const name of await reader.datasets()) {
    const found = await reader.dataset(name);
    // It can have been dropped since its name was read.
    if (found !== null) all.push(await described(reader, found));
  }
  return all;
}

async function described(reader: StoreReader, found: Dataset): Promise<DatasetAnswer> {
  const { name, columns, key } = found;
  const { rows, groups, checksum } = await reader.totals(found);
  const countBy = found.counts.map(({ column }) => column);
  return {
    ...{ name, columns: [...columns], key: [...key], countBy },
    searchBy: [...searchedColumns(found)],
    ...{ rows, groups, checksum: checksumText(checksum) },
  };
}
