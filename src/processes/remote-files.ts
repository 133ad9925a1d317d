import { systemClock } from '../runtime/clock.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { shownAddress } from '../runtime/redacted-url.ts';
import { RemoteFile } from '../source/remote-file.ts';
import type { Spool } from '../source/spool.ts';

/** What stands before errors of an address that is no source with a name. */
const source = 'import';

/** The files of one import that are elsewhere, and the spool that they are brought to. */
export class RemoteFiles implements AsyncDisposable {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #encoding: string;
  readonly #signal: AbortSignal;
  readonly #files: RemoteFile[] = [];
  #spool: Promise<Spool> | null = null;

  constructor(folder: string, maxBytes: number, encoding: string, signal: AbortSignal) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#encoding = encoding;
    this.#signal = signal;
  }

  /** Throws `bad_usage` for an address whose query would be part of its name: it may be secret, or another one each time. */
  file({
    url,
    name,
    entry,
  }: {
    url: string;
    name?: string | undefined;
    entry?: string | undefined;
  }): RemoteFile {
    const label = shownAddress(url);
    if (name === undefined && label.endsWith('?…')) {
      const message = `what ${label} asks for can be different each time: add --as NAME to say which file this is a version of`;
      throw LonghaulError.of('bad_usage', { message, command: 'import ' });
    }
    const inArchive = entry === undefined ? '' : `!${entry}`;
    const ref = { source: 'local', name: name ?? label + inArchive };
    const open = async () => {
      // Only here: whoever imports files of this machine need not wait 50 ms for what asks others.
      const [{ openSource }, { Spool }, { openLog }] = await Promise.all([
        import('./source-clients.ts'),
        import('../source/spool.ts'),
        import('../runtime/log.ts'),
      ]);
      return openSource(
        { name: source, url, kind: 'url', token: null },
        {
          // While nobody else imports into this database, nobody else uses its spool.
          spool: () => (this.#spool ??= Spool.open({ folder: this.#folder, maxBytes: this.#maxBytes })),
          settings: { encoding: this.#encoding, entry },
          clock: systemClock,
          log: openLog('import', 'silent', process.stderr),
        },
      );
    };
    const file = new RemoteFile(ref, label + inArchive, open, this.#signal);
    this.#files.push(file);
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#files) await file[Symbol.asyncDispose]();
    await (await this.#spool?.catch(() => null))?.removeIfEmpty();
  }
}
