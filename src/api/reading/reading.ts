/** What the database is asked for to answer requests that change nothing, by route. It runs on a thread of its own: see docs/decisions/0019-http-api.md. */
import type { StoreReader } from '../../store/store.ts';
import type { ApiAnswer, ApiRequest } from '../answer.ts';
import type { RouteName } from '../wire/routes.ts';
import { dataset, datasets } from './datasets.ts';
import { row, rows, story } from './rows.ts';
import { chunks, run } from './runs.ts';

export type Reading<Name extends RouteName> = (
  reader: StoreReader,
  request: ApiRequest<Name>,
) => Promise<ApiAnswer>;

export const reading = { datasets, dataset, rows, row, story, run, chunks } satisfies {
  readonly [Name in RouteName]?: Reading<Name>;
};

export type ReadingName = keyof typeof reading;
