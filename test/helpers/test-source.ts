/** A source server in this process: real files, real HTTP on loopback; only the waits are shorter than a user's. */
import { realpathSync } from 'node:fs';
import { defaultDialect } from '../../src/csv/dialect.ts';
import { ThreadedManifestMaker } from '../../src/processes/threaded-manifest-maker.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { openLog } from '../../src/runtime/log.ts';
import type { ManifestSettings } from '../../src/run/manifest.ts';
import { ManifestCache } from '../../src/source-server/manifest-cache.ts';
import { SourceServer, type SourceServerParts } from '../../src/source-server/source-server.ts';
import { eventually } from './eventually.ts';
import { TempFolder } from './temp-folder.ts';

export interface SensedFile {
  readonly name: string;
  readonly version: string | null;
  readonly bytes: number;
  readonly modified: string;
  readonly state: 'preparing' | 'ready' | 'refused';
  readonly code?: string;
  readonly reason?: string;
}

export interface Sensed {
  readonly status: 0 | 1;
  readonly version: string;
  readonly files: readonly SensedFile[];
}

export const sourceSettings: ManifestSettings = {
  dialect: defaultDialect,
  encoding: 'utf-8',
  chunkBytes: 64 * 1024,
  maxRecordBytes: 64 * 1024,
  columns: null,
};

type Options = Partial<
  Pick<SourceServerParts, 'token' | 'allowedHosts' | 'quietMs' | 'rescanMs' | 'reads' | 'stallMs' | 'host'>
> & {
  readonly settings?: Partial<ManifestSettings>;
  readonly cacheFolder?: string;
  readonly cacheBytes?: number;
};

export class TestSource implements AsyncDisposable {
  readonly server: SourceServer;
  readonly #own: TempFolder;

  private constructor(server: SourceServer, own: TempFolder) {
    this.server = server;
    this.#own = own;
  }

  static async start(folder: TempFolder, options: Options = {}): Promise<TestSource> {
    const source = await TestSource.prepare(folder, options);
    await source.server.start();
    return source;
  }

  /** Not started yet. */
  static async prepare(folder: TempFolder, options: Options = {}): Promise<TestSource> {
    const own = new TempFolder();
    const { settings: changed, cacheFolder = own.path, cacheBytes = 2 ** 24, ...others } = options;
    const settings = { ...sourceSettings, ...changed };
    const log = openLog('test', 'silent', process.stderr);
    const kept = { folder: cacheFolder, maxBytes: cacheBytes, settings: JSON.stringify(settings) };
    const cache = new ManifestCache(kept, systemClock, log);
    await cache.open();
    const server = new SourceServer({
      ...{
        folder: realpathSync(folder.path),
        host: '127.0.0.1',
        port: 0,
        token: null,
        allowedHosts: [],
        cache,
        log,
      },
      ...{ quietMs: 40, rescanMs: 300, reads: 64, stallMs: 10_000, clock: systemClock },
      maker: new ThreadedManifestMaker(settings),
      ...others,
    });
    return new TestSource(server, own);
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Response> {
    return fetch(this.server.url + path, { headers, method });
  }

  read(name: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Response> {
    return this.get(`/read?file=${encodeURIComponent(name)}`, headers, method);
  }

  async sense(query = ''): Promise<Sensed> {
    const response = await this.get(`/sense${query}`);
    if (response.status !== 200) throw new Error(`/sense: ${response.status} ${await response.text()}`);
    return (await response.json()) as Sensed;
  }

  async file(name: string): Promise<SensedFile | undefined> {
    return (await this.sense()).files.find((file) => file.name === name);
  }

  /** Waits until a file is in this state, of another version than `not`. */
  async until(name: string, state: SensedFile['state'], not?: string | null): Promise<SensedFile> {
    let file: SensedFile | undefined;
    await eventually(`${name} is ${state}`, async () => {
      file = await this.file(name);
      return file?.state === state && (not === undefined || file.version !== not);
    });
    return file!;
  }

  /** The version of a file, once it is ready. */
  async version(name: string, not?: string | null): Promise<string> {
    return (await this.until(name, 'ready', not)).version!;
  }

  /** Of `/metrics`; 0 when there is none of this name and these labels. */
  async metric(line: string): Promise<number> {
    const text = await (await this.get('/metrics')).text();
    const found = text.split('\n').find((each) => each.startsWith(`${line} `));
    return Number(found?.slice(line.length + 1) ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
    this.#own[Symbol.dispose]();
  }
}
