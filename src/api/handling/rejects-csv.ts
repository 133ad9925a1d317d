import { Readable } from 'node:stream';
import type { ApiRequest } from '../answer.ts';
import type { ApiStream } from '../register.ts';
import type { RejectsPart } from '../reading/rejects-csv.ts';
import type { DatabaseBackend } from './backend.ts';

/** The first part is waited for: what is wrong with the request is no file. */
export async function rejectsCsv(
  database: DatabaseBackend,
  { params, query }: ApiRequest<'rejectsCsv'>,
): Promise<ApiStream> {
  const asked = { run: params.run, safe: query.form === 'safe' };
  const first = await database.rejects({ ...asked, after: null });
  async function* parts(): AsyncGenerator<string> {
    let part: RejectsPart = first;
    yield part.text;
    while (part.after !== null) {
      part = await database.rejects({ ...asked, after: part.after });
      yield part.text;
    }
  }
  return {
    status: 200,
    type: 'text/csv; charset=utf-8',
    body: Readable.from(parts()),
    fileName: `rejects-of-run-${params.run}.csv`,
  };
}
