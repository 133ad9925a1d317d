import type { ImportProgress } from '../run/import-file.ts';
import { systemClock } from '../runtime/clock.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { shownAddress } from '../runtime/redacted-url.ts';
import type { SourcePatience } from '../schema/source-patience.ts';
import { RemoteFile } from '../source/remote-file.ts';
import type { ReadProgress } from '../source/source-client.ts';
import type { Spool } from '../source/spool.ts';

/** What stands before errors of an address that is no source with a name. */
const source = 'import';

export interface RemoteOptions {
  /** Where files from elsewhere are brought to before they are imported. */
  readonly spoolFolder: string;
  readonly spoolBytes: number;
  readonly encoding: string;
  /** How patiently they are read. */
  readonly patience: Pick<SourcePatience, 'connectMs' | 'silentMs'>;
}

export interface RemoteFileToImport {
  readonly url: string;
  readonly name?: string | undefined;
  readonly entry?: string | undefined;
  /** Sent as bearer token to that address, and never to where it redirects. */
  readonly token?: string | null | undefined;
}

/** The files of one import that are elsewhere, and the spool that they are brought to. */
export class RemoteFiles implements AsyncDisposable {
  readonly #options: RemoteOptions;
  readonly #onProgress: (label: string, progress: ImportProgress) => void;
  readonly #signal: AbortSignal;
  readonly #files: RemoteFile[] = [];
  #spool: Promise<Spool> | null = null;

  constructor(
    options: RemoteOptions,
    onProgress: (label: string, progress: ImportProgress) => void,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#onProgress = onProgress;
    this.#signal = signal;
  }

  /** Throws `bad_usage` for an address whose query would be part of its name: it may be secret, or another one each time. */
  file({ url, name, entry, token = null }: RemoteFileToImport): RemoteFile {
    const label = shownAddress(url);
    if (name === undefined && label.endsWith('?…')) {
      const message = `what ${label} asks for can be different each time: add --as NAME to say which file this is a version of`;
      throw LonghaulError.of('bad_usage', { message, command: 'import ' });
    }
    const inArchive = entry === undefined ? '' : `!${entry}`;
    const ref = { source: 'local', name: name ?? label + inArchive };
    const { encoding, patience: tuning } = this.#options;
    const open = async () => {
      // Only here: whoever imports files of this machine need not wait 50 ms for what asks others.
      const [{ openSource }, { openLog }] = await Promise.all([
        import('./source-clients.ts'),
        import('../runtime/log.ts'),
      ]);
      const log = openLog('import', 'silent', process.stderr);
      const parts = { spool: () => this.#openSpool(), settings: { encoding, entry }, clock: systemClock };
      return openSource({ name: source, url, kind: 'url', token }, { ...parts, log, tuning });
    };
    const onProgress = (progress: ReadProgress): void =>
      this.#onProgress(label + inArchive, { phase: 'reading', ...progress });
    const file = new RemoteFile(ref, label + inArchive, open, onProgress, this.#signal);
    this.#files.push(file);
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#files) await file[Symbol.asyncDispose]();
    await (await this.#spool?.catch(() => null))?.removeIfEmpty();
  }

  /** While nobody else imports into this database, nobody else uses its spool. */
  #openSpool(): Promise<Spool> {
    const { spoolFolder: folder, spoolBytes: maxBytes } = this.#options;
    this.#spool ??= import('../source/spool.ts').then(({ Spool }) => Spool.open({ folder, maxBytes }));
    return this.#spool;
  }
}
