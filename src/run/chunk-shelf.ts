import { mkdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LonghaulError } from '../runtime/errors.ts';
import type { ContentReader } from '../source/source-file.ts';
import type { ChunkWithBytes } from '../stage/chunk-staging.ts';

/** Where a chunk's bytes are: at their place in the content, or in a file of their own. */
type Kept = () => Promise<Uint8Array<ArrayBuffer>>;

/**
 * The bytes of chunks that workers are to stage, for those that cannot get them elsewhere. Content that lies on the disk as it is read
 * stays there; what was inflated, decoded or came through a pipe is put into files, as many as there are chunks under way.
 */
export class ChunkShelf {
  readonly #folder: string;
  readonly #kept = new Map<string, Kept>();

  #emptied: Promise<void> | null = null;

  /** @param folder of this shelf alone; what is in it goes */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(run: number, { cut, bytes }: ChunkWithBytes, content: ContentReader): Promise<void> {
    const { index, offset, length } = cut;
    const { seekable = null } = content;
    if (seekable !== null) {
      this.#kept.set(name(run, index), async () => {
        const read = new Uint8Array(length);
        for (let at = 0; at < length; ) {
          const got = await seekable.readAt(read.subarray(at), offset + at);
          if (got === 0) break;
          at += got;
        }
        return read;
      });
      return;
    }
    await (this.#emptied ??= this.#empty());
    const path = join(this.#folder, name(run, index));
    await writeFile(path, bytes, { mode: 0o600 });
    this.#kept.set(name(run, index), async () => new Uint8Array(await readFile(path)));
  }

  /** Throws `chunk_unknown`. */
  async read(run: number, index: number): Promise<Uint8Array<ArrayBuffer>> {
    const kept = this.#kept.get(name(run, index));
    if (kept === undefined) throw LonghaulError.of('chunk_unknown', { run, chunk: index });
    return await kept();
  }

  async drop(run: number, index: number): Promise<void> {
    if (!this.#kept.delete(name(run, index))) return;
    await unlink(join(this.#folder, name(run, index))).catch(() => undefined);
  }

  /** What another process has left there serves nobody any more. */
  async #empty(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
  }
}

function name(run: number, index: number): string {
  return `${run}-${index}`;
}
