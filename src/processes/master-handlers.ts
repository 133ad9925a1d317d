/** Who answers each route of the API. */
import type { ApiAnswer, ApiRequest } from '../api/answer.ts';
import { editing, type EditingName } from '../api/editing/editing.ts';
import type { Backend } from '../api/handling/backend.ts';
import { rejectsCsv } from '../api/handling/rejects-csv.ts';
import { cancelRun, retryRun } from '../api/handling/runs.ts';
import { addSource, changeSource, type GivenSources, removeSource } from '../api/handling/sources.ts';
import type { StatusRoute } from '../api/handling/status.ts';
import { reading, type ReadingName } from '../api/reading/reading.ts';
import type { ApiHandlers } from '../api/register.ts';
import { watching, type WatchingName } from '../api/watching/watching.ts';

export interface MasterHandlersParts extends Backend {
  readonly status: StatusRoute;
  readonly given: GivenSources;
}

export function masterHandlers({ status, given, ...backend }: MasterHandlersParts): Partial<ApiHandlers> {
  const { database, watch } = backend;
  /** Whoever has changed a source sees it in the status. */
  const changing = async (change: Promise<ApiAnswer>): Promise<ApiAnswer> => {
    try {
      return await change;
    } finally {
      status.forget();
    }
  };
  return {
    ...each(reading, (name: ReadingName) => (request) => database.read(name, request)),
    ...each(editing, (name: EditingName) => (request) => database.edit(name, request)),
    ...each(watching, (name: WatchingName) => (request) => watch.ask(name, request)),
    status: () => status.answer(),
    addSource: (request) => changing(addSource(backend, given, request)),
    changeSource: (request) => changing(changeSource(backend, given, request)),
    removeSource: (request) => changing(removeSource(backend, given, request)),
    cancelRun: (request) => cancelRun(backend, request),
    retryRun: (request) => retryRun(backend, request),
    rejectsCsv: (request) => rejectsCsv(database, request),
  };
}

type Ask = (request: ApiRequest) => Promise<ApiAnswer>;

function each<Name extends string>(
  table: Readonly<Record<Name, unknown>>,
  handler: (name: Name) => Ask,
): Record<Name, Ask> {
  const names = Object.keys(table) as Name[];
  return Object.fromEntries(names.map((name) => [name, handler(name)])) as Record<Name, Ask>;
}
