import { isIP } from 'node:net';
import type { AddressInfo } from 'node:net';
import { LonghaulError } from '../runtime/errors.ts';
import type { Service } from '../runtime/service.ts';
import { HostedFolder, type HostedFolderParts } from './hosted-folder.ts';
import { SourceMetrics } from './metrics.ts';
import { type ReadLimits, Reads } from './read-route.ts';
import { SourceRoutes } from './source-routes.ts';

export interface SourceServerParts extends Omit<HostedFolderParts, 'metrics'>, ReadLimits {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  /** Whoever asks has to send it; `null`: nobody has to. */
  readonly token: string | null;
}

/** While it drains, connections that have become idle are closed this often, in milliseconds. */
const idleCheckMs = 50;

/** Hosts one folder: `/sense`, `/manifest`, `/read`. */
export class SourceServer implements Service {
  readonly #parts: SourceServerParts;
  readonly #folder: HostedFolder;
  readonly #routes: SourceRoutes;
  #starting: Promise<void> | null = null;
  #draining: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  constructor(parts: SourceServerParts) {
    this.#parts = parts;
    const metrics = new SourceMetrics({
      files: () => this.#folder.states(),
      reads: () => reads.underWay,
    });
    this.#folder = new HostedFolder({ ...parts, metrics });
    const reads = new Reads(this.#folder, parts, metrics);
    this.#routes = new SourceRoutes({ ...parts, folder: this.#folder, reads, metrics });
  }

  /** Where it answers, once it is started. */
  get url(): string {
    const { address, port } = this.#routes.app.server.address() as AddressInfo;
    return `http://${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
  }

  /** Resolves once it answers, and knows which files are there. Throws `hosted_folder_gone` and `cannot_listen`. */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #start(): Promise<void> {
    const { host, port } = this.#parts;
    await this.#folder.start();
    try {
      await this.#routes.app.listen({ host, port });
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException;
      throw LonghaulError.of('cannot_listen', { address: `${host}:${port}`, reason: code }, { cause: error });
    }
  }

  async #drain(): Promise<void> {
    const { app } = this.#routes;
    this.#routes.end();
    const timer = setInterval(() => app.server.closeIdleConnections(), idleCheckMs);
    try {
      await app.close();
    } finally {
      clearInterval(timer);
    }
  }

  async #stop(): Promise<void> {
    const { app } = this.#routes;
    // What is only half open cannot be closed.
    await this.#starting?.catch(() => undefined);
    const drained = this.drain();
    app.server.closeAllConnections();
    await drained;
    await this.#folder.stop();
  }
}
