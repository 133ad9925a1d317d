import type { ContentReader, SensedFile, SourceFile } from '../source/source-file.ts';
import { ChunkReader, type ChunkReaderOptions, type ReadEvent } from './chunk-reader.ts';

/** Header and two chunks: what is read in the time that a database takes to open. */
const mostAhead = 3;

/** A snapshot of a file that is being read. Disposing closes it. */
export class BegunReading implements AsyncDisposable {
  readonly sensed: SensedFile;
  readonly content: ContentReader;
  readonly reader: ChunkReader;
  readonly events: AsyncGenerator<ReadEvent>;
  readonly #read: AsyncGenerator<ReadEvent>;
  readonly #ahead: ReadEvent[] = [];
  #isTaken = false;
  #isClosed = false;
  #readingAhead: Promise<void> = Promise.resolve();

  /** @param sensed before the content was opened */
  private constructor(
    sensed: SensedFile,
    content: ContentReader,
    options: ChunkReaderOptions,
    signal: AbortSignal,
  ) {
    this.sensed = sensed;
    this.content = content;
    this.reader = new ChunkReader(content, options);
    this.#read = this.reader.read(signal);
    this.events = this.#all();
  }

  static async begin(
    file: SourceFile,
    sensed: SensedFile,
    options: Omit<ChunkReaderOptions, 'label'>,
    signal: AbortSignal,
  ): Promise<BegunReading> {
    const content = await file.open(signal);
    return new BegunReading(sensed, content, { ...options, label: file.label }, signal);
  }

  /** Reads the first events before anybody takes them. What goes wrong is told to whom takes them. */
  readAhead(): void {
    this.#readingAhead = this.#fill();
    // Told by `events`.
    this.#readingAhead.catch(() => undefined);
  }

  async #fill(): Promise<void> {
    while (!this.#isTaken && this.#ahead.length < mostAhead) {
      const next = await this.#read.next();
      if (next.done === true) return;
      this.#ahead.push(next.value);
    }
  }

  async *#all(): AsyncGenerator<ReadEvent> {
    this.#isTaken = true;
    const [filled] = await Promise.allSettled([this.#readingAhead]);
    yield* this.#ahead.splice(0);
    if (filled.status === 'rejected') throw filled.reason;
    yield* this.#read;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isTaken = true;
    await Promise.allSettled([this.#readingAhead]);
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.content[Symbol.asyncDispose]();
  }
}
