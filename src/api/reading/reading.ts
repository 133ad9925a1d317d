/** What the database is asked for to answer requests that change nothing, by route. It runs on a thread of its own: see docs/decisions/0019-http-api.md. */
import type { SearchingReader } from '../../store/search.ts';
import type { ApiAnswer, ApiRequest } from '../answer.ts';
import type { RouteName } from '../wire/routes.ts';
import { counts, distribution } from './counts.ts';
import { dataset, datasets } from './datasets.ts';
import { row, rows, story } from './rows.ts';
import { chunks, rejects, run, runs } from './runs.ts';

export type Reading<Name extends RouteName> = (
  reader: SearchingReader,
  request: ApiRequest<Name>,
) => Promise<ApiAnswer>;

export const reading = {
  ...{ datasets, dataset, rows, row, story, counts, distribution, runs, run, chunks, rejects },
} satisfies { readonly [Name in RouteName]?: Reading<Name> };

export type ReadingName = keyof typeof reading;
