/** Uploads, and looks at the beginning of one. */
import { type Problem, problemOf } from '../../http/problems.ts';
import { LonghaulError } from '../../runtime/errors.ts';
import type { UploadReceiver } from '../../source/upload-receiver.ts';
import type { UploadStatus } from '../../watch/uploads.ts';
import { type ApiAnswer, type ApiRequest, answer } from '../answer.ts';
import type { PreviewAsked } from '../reading/preview.ts';
import type { RawRequest } from '../register.ts';
import { progressAnswer } from '../watching/progress.ts';
import type { Upload } from '../wire/imports.ts';
import type { Run } from '../wire/runs.ts';
import { askedFor, type Backend } from './backend.ts';

export interface UploadingParts {
  readonly backend: Backend;
  readonly receiver: UploadReceiver;
  /** The table of files that name none. */
  readonly usualTable: string;
  /** Tables that need not be there yet. */
  readonly tables: ReadonlySet<string>;
  /** How a file is to be read, by what is said of it and of its table. Throws `bad_option`. */
  readonly reading: (
    table: string,
    said: ApiRequest<'upload'>['query'] | ApiRequest<'preview'>['query'],
  ) => Omit<PreviewAsked, 'name' | 'bytes' | 'isCut'>;
}

/** Looked at of a preview's body. */
const previewBytes = 2 ** 20;
/** What of a body may follow that, unseen: whoever sends a whole file of this size need not cut it. */
const mostPreviewBytes = 8 * previewBytes;
/** Each holds its bytes in memory until it is looked at. */
const mostPreviews = 16;

export class Uploading {
  readonly #parts: UploadingParts;
  #previews = 0;

  constructor(parts: UploadingParts) {
    this.#parts = parts;
  }

  async upload({ query, body }: ApiRequest<'upload'>, raw: RawRequest): Promise<ApiAnswer> {
    const { receiver, backend, usualTable } = this.#parts;
    const { name, dataset = usualTable } = query;
    await this.#checkKnown(dataset);
    const { settings } = this.#parts.reading(dataset, query);
    const coming = { name, dataset, settings, bytes: announced(raw) };
    const record = await receiver.receive(body, coming);
    return answer(await this.#answerOf(await backend.watch.addUpload(record)), { status: 202 });
  }

  async uploads(): Promise<ApiAnswer> {
    const uploads = await this.#parts.backend.watch.uploads();
    const items = await Promise.all(uploads.map((upload) => this.#answerOf(upload)));
    return answer({ items, next: null });
  }

  async uploaded({ params }: ApiRequest<'uploaded'>): Promise<ApiAnswer> {
    const uploads = await this.#parts.backend.watch.uploads();
    const found = uploads.find(({ id }) => id === params.id);
    if (found !== undefined) return answer(await this.#answerOf(found));
    const hint = '/api/imports lists those since the master was started';
    throw LonghaulError.of('not_found', { what: 'there is no such upload', hint });
  }

  async preview({ query, body }: ApiRequest<'preview'>, raw: RawRequest): Promise<ApiAnswer> {
    const { backend, usualTable } = this.#parts;
    const { name, dataset = usualTable } = query;
    if (this.#previews >= mostPreviews) throw LonghaulError.of('server_busy', { requests: this.#previews });
    this.#previews++;
    try {
      await this.#checkKnown(dataset);
      const reading = this.#parts.reading(dataset, query);
      const beginning = await beginningOf(body, announced(raw));
      const isCut = beginning.isCut || beginning.bytes.length < (query.bytes ?? 0);
      return await backend.database.preview({ ...reading, name, ...beginning, isCut });
    } finally {
      this.#previews--;
    }
  }

  /** Throws `not_found` for a table that nobody has described. */
  async #checkKnown(dataset: string): Promise<void> {
    if (this.#parts.tables.has(dataset)) return;
    await this.#parts.backend.database.read('dataset', askedFor({ params: { dataset } }));
  }

  async #answerOf({ error, run, progress, ...upload }: UploadStatus): Promise<Upload> {
    const problem: Problem | null =
      error === null ? null : problemOf(LonghaulError.from(error.code, error.facts));
    const answered = run === null ? null : await this.#run(run);
    return { ...upload, progress: progressAnswer(progress), problem, run: answered };
  }

  /** `null`: its table was cleared since. */
  async #run(run: number): Promise<Run | null> {
    try {
      const { body } = await this.#parts.backend.database.read('run', askedFor({ params: { run } }));
      return JSON.parse(String(body)) as Run;
    } catch (error) {
      if (error instanceof LonghaulError && error.code === 'not_found') return null;
      throw error;
    }
  }
}

/** Of the body, if it was said before. */
function announced({ request }: RawRequest): number | null {
  const { 'content-length': length } = request.headers;
  return length === undefined ? null : Number(length);
}

/** Throws `upload_too_large`, and what the body throws. */
async function beginningOf(
  body: AsyncIterable<Uint8Array>,
  length: number | null,
): Promise<{ readonly bytes: Uint8Array; readonly isCut: boolean }> {
  const advice = 'send its beginning, such as the first MiB: head -c 1M FILE';
  const tooLarge = (): LonghaulError =>
    LonghaulError.of('upload_too_large', { mostBytes: mostPreviewBytes, advice });
  if (length !== null && length > mostPreviewBytes) throw tooLarge();
  const blocks: Uint8Array[] = [];
  let bytes = 0;
  for await (const block of body) {
    if (bytes < previewBytes) blocks.push(block.subarray(0, previewBytes - bytes));
    bytes += block.length;
    if (bytes > mostPreviewBytes) break;
  }
  if (bytes > mostPreviewBytes) throw tooLarge();
  return { bytes: Buffer.concat(blocks), isCut: bytes > previewBytes };
}
