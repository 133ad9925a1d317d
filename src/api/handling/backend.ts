/** Whom the handlers of the main thread ask: each of them is another thread, and takes no more requests than it can serve. */
import type { ApiAnswer, ApiRequest } from '../answer.ts';
import type { EditingName } from '../editing/editing.ts';
import type { ReadingName } from '../reading/reading.ts';
import type { PreviewAsked } from '../reading/preview.ts';
import type { RejectsPart, RejectsPartAsked } from '../reading/rejects-csv.ts';
import type { WatchingName } from '../watching/watching.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import type { UploadRecord } from '../../source/upload-record.ts';
import type { UploadStatus } from '../../watch/uploads.ts';

/** Each throws `server_busy`, and what is wrong with the request or the database. */
export interface DatabaseBackend {
  read(name: ReadingName, request: ApiRequest): Promise<ApiAnswer>;
  edit(name: EditingName, request: ApiRequest): Promise<ApiAnswer>;
  rejects(asked: RejectsPartAsked): Promise<RejectsPart>;
  preview(asked: PreviewAsked): Promise<ApiAnswer>;
}

export interface WatchBackend {
  ask(name: WatchingName, request: ApiRequest): Promise<ApiAnswer>;
  /** Sources and versions that wait, as the JSON of an object. */
  overview(): Promise<string>;
  /** Resolves once the sources are watched that the database remembers now. */
  sourcesChanged(): Promise<void>;
  /** Ends the import of a run that is not published. */
  cancel(table: string, file: FileRef, run: number): Promise<void>;
  /** Tries a file once more that was left alone. @returns why not, or null */
  retry(file: FileRef): Promise<string | null>;
  /** Takes an upload that is on the disk into the queue of imports. */
  addUpload(record: UploadRecord): Promise<UploadStatus>;
  /** The newest first. */
  uploads(): Promise<readonly UploadStatus[]>;
}

export interface Backend {
  readonly database: DatabaseBackend;
  readonly watch: WatchBackend;
}

/** A request by the program itself. */
export function askedFor(request: Partial<ApiRequest>): ApiRequest {
  return {
    params: undefined,
    query: undefined,
    headers: undefined,
    body: undefined,
    ...request,
  };
}
