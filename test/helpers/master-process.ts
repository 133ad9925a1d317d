/** `longhaul source` and `longhaul master` as processes of their own, and what the master says of itself. */
import { mkdirSync } from 'node:fs';
import { ApiClient } from '../../src/api/client.ts';
import type { FileAnswer, SourceAnswer } from '../../src/api/wire/sources.ts';
import type { Status } from '../../src/api/wire/status.ts';
import { CliProcess } from './cli.ts';
import { eventually } from './eventually.ts';
import type { TempFolder } from './temp-folder.ts';

/** A server that was started as a command; started again it has the same address. */
class ServerProcess implements AsyncDisposable {
  readonly #args: (port: string) => readonly string[];
  readonly #folder: TempFolder;
  readonly #env: Readonly<Record<string, string>>;
  #command: CliProcess | null = null;
  url = '';
  /** It is killed then: for tests that take long. */
  longestMs = 300_000;

  constructor(
    folder: TempFolder,
    args: (port: string) => readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#folder = folder;
    this.#args = args;
    this.#env = env;
  }

  get command(): CliProcess {
    if (this.#command === null) throw new Error('it was not started');
    return this.#command;
  }

  async start(): Promise<void> {
    const port = this.url === '' ? '0' : new URL(this.url).port;
    const command = new CliProcess(this.#args(port), {
      ...{ cwd: this.#folder.path, env: this.#env, longestMs: this.longestMs },
    });
    this.#command = command;
    await command.until('it listens', () => command.stdout.includes('\n'));
    const [, url] = /^listening on (http:\/\/[\d.]+:\d+)\n$/.exec(command.stdout) ?? [];
    if (url === undefined) throw new Error(command.stdout + command.stderr);
    this.url = url;
  }

  /** At once, whatever it is doing. */
  async kill(): Promise<void> {
    this.command.kill('SIGKILL');
    await this.command.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#command?.[Symbol.asyncDispose]();
  }
}

export class SourceProcess extends ServerProcess {
  readonly name: string;
  /** The folder that it hosts, below that of the test. */
  readonly hosted: string;

  constructor(folder: TempFolder, name: string, token?: string) {
    const cache = folder.file(`${name} cache`);
    const env = token === undefined ? {} : { LONGHAUL_TOKEN: token };
    super(folder, (port) => ['source', name, '--port', port, '--cache-folder', cache, '--quiet'], env);
    this.name = name;
    this.hosted = folder.file(name);
    mkdirSync(this.hosted, { recursive: true });
  }
}

export class MasterProcess extends ServerProcess {
  /** @param args besides the port */
  constructor(folder: TempFolder, args: readonly string[], env?: Readonly<Record<string, string>>) {
    super(folder, (port) => ['master', '--port', port, ...args], env);
  }

  static async start(...given: ConstructorParameters<typeof MasterProcess>): Promise<MasterProcess> {
    const master = new MasterProcess(...given);
    await master.start();
    return master;
  }

  get api(): ApiClient {
    return new ApiClient({ base: this.url });
  }

  status(): Promise<Status> {
    return this.api.call('status', {});
  }

  /** Of `/metrics`; 0 when there is none of this name and these labels. */
  async metric(line: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const found = text.split('\n').find((each) => each.startsWith(`${line} `));
    return Number(found?.slice(line.length + 1) ?? 0);
  }

  async source(name: string): Promise<SourceAnswer | undefined> {
    return (await this.status()).sources.find((source) => source.name === name);
  }

  async file(source: string, file: string): Promise<FileAnswer | undefined> {
    const { items } = await this.api.call('files', { params: { source }, query: { limit: 1000 } });
    return items.find(({ name }) => name === file);
  }

  /** Waits until the master says that this is so. */
  async until(
    what: string,
    holds: (status: Status) => boolean | Promise<boolean>,
    withinMs = 60_000,
  ): Promise<void> {
    let last: Status | null = null;
    try {
      await eventually(
        what,
        async () => {
          if (this.command.hasEnded) throw new Error(`the master ended: ${this.command.stderr}`);
          last = await this.status();
          return holds(last);
        },
        withinMs,
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}: ${JSON.stringify(last)}`, { cause: error });
    }
  }

  /** Waits until this version of a file is published and nothing else is offered. @param version of any, if not given */
  async published(source: string, file: string, version?: string, withinMs?: number): Promise<void> {
    await this.until(
      `${source}/${file} is published`,
      async ({ sources }) => {
        if (!sources.some(({ name }) => name === source)) return false;
        const found = await this.file(source, file);
        if (found?.state !== 'published' || found.published === null) return false;
        return version === undefined || found.published.version === version;
      },
      withinMs,
    );
  }
}
