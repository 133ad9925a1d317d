import type { ApiAnswer, ApiRequest } from '../api/answer.ts';
import type { WatchBackend } from '../api/handling/backend.ts';
import type { WatchingName } from '../api/watching/watching.ts';
import type { ThreadCaller } from '../runtime/thread-calls.ts';
import type { FileRef } from '../schema/file-ref.ts';
import type { UploadRecord } from '../source/upload-record.ts';
import type { UploadStatus } from '../watch/uploads.ts';
import { Gate } from './gate.ts';

/** The thread that senses and imports, as the API has it. */
export class WatchCalls implements WatchBackend {
  readonly #thread: ThreadCaller;
  readonly #gate = new Gate();

  constructor(thread: ThreadCaller) {
    this.#thread = thread;
  }

  /** Requests that were begun or wait. */
  get waiting(): number {
    return this.#gate.waiting;
  }

  ask(name: WatchingName, request: ApiRequest): Promise<ApiAnswer> {
    return this.#call('ask', name, request);
  }
  overview(): Promise<string> {
    return this.#call('overview');
  }
  sourcesChanged(): Promise<void> {
    return this.#call('sourcesChanged');
  }
  cancel(table: string, file: FileRef, run: number): Promise<void> {
    return this.#call('cancel', table, file, run);
  }
  retry(file: FileRef): Promise<string | null> {
    return this.#call('retry', file);
  }
  addUpload(record: UploadRecord): Promise<UploadStatus> {
    // Never refused: it was taken already.
    return this.#thread.call('addUpload', [record]);
  }
  uploads(): Promise<readonly UploadStatus[]> {
    return this.#call('uploads');
  }

  #call<Value>(method: string, ...args: readonly unknown[]): Promise<Value> {
    return this.#gate.pass(() => this.#thread.call(method, args));
  }
}
