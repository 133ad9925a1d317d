import type { FileRef } from '../schema/file-ref.ts';
import type { ContentReader, SensedFile, SourceFile } from './source-file.ts';

/**
 * A file whose beginning is looked at before all of it is read, in one pass: also of a stream, which has no second one. It can
 * be opened as often as one likes, one reader at a time; each begins with what the former ones have read, which is kept.
 */
export class RereadFile implements SourceFile, AsyncDisposable {
  readonly #file: SourceFile;
  readonly #read: Uint8Array[] = [];
  #content: ContentReader | null = null;
  #keeps = true;

  constructor(file: SourceFile) {
    this.#file = file;
  }

  get ref(): FileRef {
    return this.#file.ref;
  }
  get label(): string {
    return this.#file.label;
  }
  sense(): Promise<SensedFile> {
    return this.#file.sense();
  }
  version(signal: AbortSignal): Promise<string | null> {
    return this.#file.version(signal);
  }

  /** What is read from now on is not kept any more: the next reader is the last one. */
  forgetFromNowOn(): void {
    this.#keeps = false;
  }

  async open(signal: AbortSignal): Promise<ContentReader> {
    const content = (this.#content ??= await this.#file.open(signal));
    const before = [...this.#read];
    const read = async (target: Uint8Array): Promise<number> => {
      const [next] = before;
      if (next === undefined) {
        const bytes = await content.read(target);
        if (this.#keeps) this.#read.push(Uint8Array.prototype.slice.call(target, 0, bytes));
        return bytes;
      }
      const bytes = Math.min(target.length, next.length);
      target.set(next.subarray(0, bytes));
      if (bytes === next.length) before.shift();
      else before[0] = next.subarray(bytes);
      return bytes;
    };
    return {
      read,
      get storedBytes() {
        return content.storedBytes;
      },
      expectedBytes: content.expectedBytes,
      finish: () => content.finish(),
      // The content itself goes with this object.
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#content?.[Symbol.asyncDispose]();
  }
}
