/** The thread of `ThreadedManifestMaker`: reads files from their beginning to their end, one after the other. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { asLonghaulError, errorTable, LonghaulError } from '../runtime/errors.ts';
import { type Answer, answerCalls } from '../runtime/thread-calls.ts';
import { makeManifest, type ManifestSettings } from '../run/manifest.ts';
import { fingerprintOf } from '../source/fingerprint.ts';
import { StoredFile } from '../source/local-file.ts';
import type { DescribedInThread, DescribeArgs } from './threaded-manifest-maker.ts';

if (parentPort === null) throw new Error('manifest-thread is started as a worker thread');

const settings = workerData as ManifestSettings;
/** The thread is ended as a whole. */
const { signal } = new AbortController();

async function describe(...[path, name, fingerprint]: DescribeArgs): Promise<DescribedInThread> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await readable(name, () => open(Buffer.from(path), flags));
  try {
    const stats = await handle.stat({ bigint: true });
    const checkSame = async (): Promise<void> => {
      const now = await handle.stat({ bigint: true });
      if (fingerprintOf(now) !== fingerprint) throw LonghaulError.of('file_changed', { file: name });
    };
    await checkSame();
    const stored = new CheckedFile(handle, stats, name, checkSame);
    try {
      const manifest = await makeManifest(stored, name, settings, signal);
      await checkSame();
      const { version, compression } = manifest;
      return {
        kind: 'ready',
        version,
        compression,
        manifest: new TextEncoder().encode(JSON.stringify(manifest)),
      };
    } catch (error) {
      const known = asLonghaulError(error);
      // What was found is about what was hashed only if that is still there.
      await checkSame();
      if (!isAboutContent(known)) throw error;
      return { kind: 'refused', code: known.code, facts: known.facts };
    }
  } finally {
    await handle.close();
  }
}

/** Gives up soon after the file has changed, not at the end of ten gigabytes. */
class CheckedFile extends StoredFile {
  readonly #checkSame: () => Promise<void>;
  #sinceCheck = 0;

  constructor(
    handle: FileHandle,
    stats: ConstructorParameters<typeof StoredFile>[1],
    name: string,
    checkSame: () => Promise<void>,
  ) {
    super(handle, stats, name);
    this.#checkSame = checkSame;
  }

  override async read(target: Uint8Array): Promise<number> {
    const bytes = await super.read(target);
    this.#sinceCheck += bytes;
    if (this.#sinceCheck > bytesBetweenChecks) {
      this.#sinceCheck = 0;
      await this.#checkSame();
    }
    return bytes;
  }
}

const bytesBetweenChecks = 32 * 2 ** 20;

/** Whether the same bytes would be refused again. */
function isAboutContent({ code, retryable }: LonghaulError): boolean {
  const { httpStatus } = errorTable[code];
  return !retryable && (httpStatus === 422 || httpStatus === 415);
}

async function readable<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    // ELOOP: a link has taken its place.
    const isGone = ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code);
    if (isGone) throw LonghaulError.of('file_changed', { file: name }, { cause: error });
    throw LonghaulError.of('file_not_readable', { file: name, reason: code }, { cause: error });
  }
}

answerCalls(parentPort, {
  async describe(args): Promise<Answer> {
    const value = await describe(...(args as DescribeArgs));
    return value.kind === 'ready' ? { value, transfer: [value.manifest.buffer as ArrayBuffer] } : { value };
  },
});
