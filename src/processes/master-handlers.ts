/** Who answers each route of the API. */
import type { ApiAnswer, ApiRequest } from '../api/answer.ts';
import type { Uploading } from '../api/handling/uploads.ts';
import { editing, type EditingName } from '../api/editing/editing.ts';
import type { Backend } from '../api/handling/backend.ts';
import { rejectsCsv } from '../api/handling/rejects-csv.ts';
import { cancelRun, retryRun } from '../api/handling/runs.ts';
import { addSource, changeSource, type GivenSources, removeSource } from '../api/handling/sources.ts';
import type { StatusRoute } from '../api/handling/status.ts';
import { reading, type ReadingName } from '../api/reading/reading.ts';
import type { ApiHandlers } from '../api/register.ts';
import type { MasterEvents } from './master-events.ts';
import { watching, type WatchingName } from '../api/watching/watching.ts';

export interface MasterHandlersParts extends Backend {
  readonly status: StatusRoute;
  readonly given: GivenSources;
  readonly uploading: Uploading;
  /** Told of what is changed here. */
  readonly events: MasterEvents;
  readonly listen: ApiHandlers['events'];
}

export function masterHandlers({
  status,
  given,
  uploading,
  events,
  listen,
  ...backend
}: MasterHandlersParts): Partial<ApiHandlers> {
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
    ...each(rowEditing, (name: keyof typeof rowEditing) => async (request) => {
      const answered = await database.edit(name, request);
      events.edited((request as ApiRequest<'changeRow'>).params.dataset, answered);
      return answered;
    }),
    ...each(watching, (name: WatchingName) => (request) => watch.ask(name, request)),
    status: () => status.answer(),
    addSource: (request) => changing(addSource(backend, given, request)),
    changeSource: (request) => changing(changeSource(backend, given, request)),
    removeSource: (request) => changing(removeSource(backend, given, request)),
    cancelRun: (request) => cancelRun(backend, request),
    retryRun: (request) => retryRun(backend, request),
    upload: (request, raw) => uploading.upload(request, raw),
    uploads: () => uploading.uploads(),
    uploaded: (request) => uploading.uploaded(request),
    preview: (request, raw) => uploading.preview(request, raw),
    events: listen,
    rejectsCsv: (request) => rejectsCsv(database, request),
  };
}

/** What changes a row. */
const rowEditing = { changeRow: true, takeBackEdit: true } as const;

type Ask = (request: ApiRequest) => Promise<ApiAnswer>;

function each<Name extends string>(
  table: Readonly<Record<Name, unknown>>,
  handler: (name: Name) => Ask,
): Record<Name, Ask> {
  const names = Object.keys(table) as Name[];
  return Object.fromEntries(names.map((name) => [name, handler(name)])) as Record<Name, Ask>;
}
