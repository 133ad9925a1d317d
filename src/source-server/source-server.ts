import type { HttpOptions, HttpServer } from '../http/http-server.ts';
import type { Service } from '../runtime/service.ts';
import { HostedFolder, type HostedFolderParts } from './hosted-folder.ts';
import { SourceMetrics } from './metrics.ts';
import { type ReadLimits, Reads } from './read-route.ts';
import { sourceRoutes } from './source-routes.ts';

export interface SourceServerParts extends Omit<HostedFolderParts, 'metrics'>, ReadLimits, HttpOptions {}

/** Hosts one folder: `/sense`, `/manifest`, `/read`. */
export class SourceServer implements Service {
  readonly #folder: HostedFolder;
  readonly #http: HttpServer;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  constructor(parts: SourceServerParts) {
    const metrics = new SourceMetrics({
      files: () => this.#folder.states(),
      reads: () => reads.underWay,
    });
    this.#folder = new HostedFolder({ ...parts, metrics });
    const reads = new Reads(this.#folder, parts, metrics);
    this.#http = sourceRoutes({ ...parts, folder: this.#folder, reads, metrics });
  }

  /** Where it answers, once it is started. */
  get url(): string {
    return this.#http.url;
  }

  /** Resolves once it answers, and knows which files are there. Throws `hosted_folder_gone` and `cannot_listen`. */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  drain(): Promise<void> {
    return this.#http.drain();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #start(): Promise<void> {
    await this.#folder.start();
    await this.#http.start();
  }

  async #stop(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    await this.#http.stop();
    await this.#folder.stop();
  }
}
