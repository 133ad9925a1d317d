import { useQuery } from '@tanstack/react-query';
import type { DatasetAnswer } from '../../src/api/wire/datasets.ts';
import { statusQuery } from '../api/queries.ts';

/** All tables; `undefined` until they are known. */
export function useDatasets(): readonly DatasetAnswer[] | undefined {
  return useQuery(statusQuery).data?.datasets;
}
