/** A source that offers what its test says, when its test says so, without any I/O; and a ledger to import into. */
import { createHash } from 'node:crypto';
import { LonghaulError } from '../../src/runtime/errors.ts';
import type { ImportOutcome } from '../../src/run/import-file.ts';
import type { FileRef } from '../../src/schema/file-ref.ts';
import type { OfferedFile, ReadProgress, ReadVersion, SourceClient } from '../../src/source/source-client.ts';
import type { SourceFile } from '../../src/source/source-file.ts';
import type { PublishedFile, RunRecord } from '../../src/store/store.ts';
import type { ImportControl, Importing, SourceToWatch } from '../../src/watch/importing.ts';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Something that waits until it is opened; open at first. */
export class Gate {
  #closed: PromiseWithResolvers<void> | null = null;
  waiting = 0;

  close(): void {
    this.#closed ??= Promise.withResolvers();
  }
  open(): void {
    this.#closed?.resolve();
    this.#closed = null;
  }
  /** Throws when the signal fires first. */
  async pass(signal: AbortSignal): Promise<void> {
    const closed = this.#closed;
    if (closed === null) return;
    const { promise, reject } = Promise.withResolvers<never>();
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    this.waiting++;
    try {
      await Promise.race([closed.promise, promise]);
    } finally {
      this.waiting--;
      signal.removeEventListener('abort', abort);
    }
  }
}

type Telling = 'version' | 'fingerprint' | 'nothing';

export class ScriptedClient implements SourceClient {
  readonly kind = 'longhaul';
  readonly source: string;
  /** What its files hold, in the order in which they are listed. */
  readonly content = new Map<string, string>();
  readonly states = new Map<string, 'preparing' | 'refused'>();
  telling: Telling = 'version';
  /** Thrown by each sense. */
  senseError: LonghaulError | null = null;
  readonly senseGate = new Gate();
  /** By file. */
  readonly readGates = new Map<string, Gate>();
  /** Thrown by the next reads, one each. */
  readonly readErrors: LonghaulError[] = [];
  /** Monotonic times. */
  readonly sensedAt: number[] = [];
  readonly reads: string[] = [];
  readonly forgotten: string[] = [];
  open = 0;
  isDisposed = false;

  constructor(source: string, content: Readonly<Record<string, string>> = {}) {
    this.source = source;
    for (const [name, text] of Object.entries(content)) this.content.set(name, text);
  }

  gate(file: string): Gate {
    const gate = this.readGates.get(file) ?? new Gate();
    this.readGates.set(file, gate);
    return gate;
  }

  async sense(signal: AbortSignal): Promise<readonly OfferedFile[]> {
    this.sensedAt.push(performance.now());
    await this.senseGate.pass(signal);
    if (this.senseError !== null) throw this.senseError;
    return Array.from(this.content, ([name, text]) => ({
      name,
      state: this.states.get(name) ?? 'ready',
      reason: this.states.get(name) === 'refused' ? 'no CSV' : null,
      version: this.telling === 'version' ? sha256(text) : null,
      fingerprint: this.telling === 'fingerprint' ? `etag ${sha256(text)}` : null,
      bytes: text.length,
    }));
  }

  async read(
    offered: OfferedFile,
    onProgress: (progress: ReadProgress) => void,
    signal: AbortSignal,
  ): Promise<ReadVersion> {
    this.reads.push(offered.name);
    const text = this.content.get(offered.name) ?? '';
    onProgress({ storedBytes: 0, expectedBytes: text.length });
    await this.gate(offered.name).pass(signal);
    const error = this.readErrors.shift();
    if (error !== undefined) throw error;
    if (this.telling === 'version' && offered.version !== sha256(text)) {
      throw LonghaulError.of('version_gone', { file: offered.name, version: sha256(text) });
    }
    onProgress({ storedBytes: text.length, expectedBytes: text.length });
    this.open++;
    return {
      file: new ScriptedFile(this.source, offered, text),
      forget: async () => void this.forgotten.push(text),
      [Symbol.asyncDispose]: async () => void this.open--,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
  }
}

class ScriptedFile implements SourceFile {
  readonly ref;
  readonly label: string;
  readonly fingerprint: string | null;
  readonly text: string;

  constructor(source: string, offered: OfferedFile, text: string) {
    this.ref = { source, name: offered.name };
    this.label = offered.name;
    this.fingerprint = offered.fingerprint;
    this.text = text;
  }
  async sense(): Promise<{ fingerprint: string | null; settled: boolean; bytes: number }> {
    return { fingerprint: this.fingerprint, settled: true, bytes: this.text.length };
  }
  async version(): Promise<string> {
    return sha256(this.text);
  }
  open(): Promise<never> {
    throw new Error('nobody reads this');
  }
}

/** What is imported, and what a ledger would keep of it. */
export class ScriptedImporting implements Importing {
  readonly ledger = new Map<string, PublishedFile>();
  /** `source/file: text`, in publish order. */
  readonly publishes: string[] = [];
  readonly outdated: string[] = [];
  readonly cancelled: string[] = [];
  readonly gate = new Gate();
  /** Thrown by the next imports, one each. */
  readonly errors: Error[] = [];
  readonly askErrors: Error[] = [];
  /** Texts that are no CSV. */
  readonly bad = new Set<string>();
  /** What was cancelled in an earlier process, by file. */
  readonly unwanted = new Map<string, string>();
  imports = 0;
  reopened = 0;

  async published(source: SourceToWatch): Promise<ReadonlyMap<string, PublishedFile>> {
    const error = this.askErrors.shift();
    if (error !== undefined) throw error;
    const own = Array.from(this.ledger).filter(([key]) => key.startsWith(`${source.name}/`));
    return new Map(own.map(([key, file]) => [key.slice(source.name.length + 1), file]));
  }

  async cancelledFiles(): Promise<ReadonlyMap<string, string>> {
    return this.unwanted;
  }

  async import(source: SourceToWatch, file: SourceFile, control: ImportControl): Promise<ImportOutcome> {
    this.imports++;
    const { text, ref, fingerprint } = file as ScriptedFile;
    const error = this.errors.shift();
    if (error !== undefined) throw error;
    const staging = {
      phase: 'staging',
      run: 1,
      chunkIndex: 0,
      storedBytes: 1,
      expectedBytes: 2,
      contentBytes: 1,
    } as const;
    control.onProgress({ ...staging, records: 1, chunksTakenOver: 0 });
    await this.gate.pass(control.signal);
    if (this.bad.has(text)) {
      return { kind: 'failed', error: LonghaulError.of('looks_like_html', { file: ref.name }), record: null };
    }
    const key = `${source.name}/${ref.name}`;
    const former = this.ledger.get(key);
    if (former?.version === sha256(text)) {
      return { kind: 'already_published', published: former, table: { rows: 0, groups: 0, checksum: 0n } };
    }
    const run = this.imports;
    this.publishes.push(`${key}: ${text}`);
    const publishNumber = this.publishes.length;
    const published = {
      run,
      publishNumber,
      version: sha256(text),
      bytes: text.length,
      fingerprint,
      settings: '',
    };
    this.ledger.set(key, published);
    return { kind: 'published', record: { ...published, ...ref, table: null } as unknown as RunRecord };
  }

  async endRuns(_table: string, { source, name }: FileRef, state: 'cancelled' | 'outdated'): Promise<void> {
    (state === 'outdated' ? this.outdated : this.cancelled).push(`${source}/${name}`);
  }

  async reopen(): Promise<void> {
    this.reopened++;
  }
}
