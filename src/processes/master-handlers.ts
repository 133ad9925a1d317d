/** Who answers each route of the API. */
import type { ApiAnswer, ApiRequest } from '../api/answer.ts';
import { editing, type EditingName } from '../api/editing/editing.ts';
import { reading, type ReadingName } from '../api/reading/reading.ts';
import type { ApiHandlers } from '../api/register.ts';
import type { ThreadCaller } from '../runtime/thread-calls.ts';
import type { ApiDatabase } from './api-database.ts';

export interface MasterHandlersParts {
  readonly database: ApiDatabase;
  /** The thread that senses and imports. */
  readonly watch: ThreadCaller;
}

export function masterHandlers({ database, watch }: MasterHandlersParts): Partial<ApiHandlers> {
  return {
    ...each(reading, (name: ReadingName) => (request: ApiRequest) => database.read(name, request)),
    ...each(editing, (name: EditingName) => (request: ApiRequest) => database.edit(name, request)),
    status: async () => ({ status: 200, body: await watch.call<string>('status', []) }),
  };
}

function each<Name extends string>(
  table: Readonly<Record<Name, unknown>>,
  handler: (name: Name) => (request: ApiRequest) => Promise<ApiAnswer>,
): Record<Name, (request: ApiRequest) => Promise<ApiAnswer>> {
  const names = Object.keys(table) as Name[];
  return Object.fromEntries(names.map((name) => [name, handler(name)])) as Record<
    Name,
    (request: ApiRequest) => Promise<ApiAnswer>
  >;
}
