/** A watch of scripted sources that imports nothing real. */
import { afterEach } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import type { WatchEvent } from '../../src/watch/events.ts';
import type { SourceToWatch } from '../../src/watch/importing.ts';
import type { FileStatus, SourceStatus } from '../../src/watch/status.ts';
import type { WatchTuning } from '../../src/watch/tuning.ts';
import { Watch } from '../../src/watch/watch.ts';
import { eventually } from './eventually.ts';
import { type ScriptedClient, ScriptedImporting, sha256 } from './scripted-source.ts';

const quick: WatchTuning = {
  senseIntervalMs: 5,
  senseTimeoutMs: 60,
  senseBackoff: { firstMs: 10, mostMs: 40 },
  readBackoff: { firstMs: 10, mostMs: 40 },
  databaseBackoff: { firstMs: 5, mostMs: 20 },
  failedRetryMs: 3_600_000,
  filesInHand: 4,
};

const watches: Watch[] = [];
afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.stop();
});

export function sourceOf({ source }: ScriptedClient, paused = false): SourceToWatch {
  const usual = { kind: null, tokenFile: null, guarded: false, table: 'products', patience: {} };
  return { ...usual, name: source, url: `http://${source}`, paused };
}

export class Scene {
  readonly importing: ScriptedImporting;
  readonly clients: ScriptedClient[];
  readonly events: WatchEvent[] = [];
  readonly watch: Watch;

  constructor(
    clients: ScriptedClient[],
    importing = new ScriptedImporting(),
    tuning: Partial<WatchTuning> = {},
  ) {
    this.importing = importing;
    this.clients = clients;
    this.watch = new Watch({
      importing,
      openClient: ({ name }) => clients.find(({ source }) => source === name)!,
      tuning: { ...quick, ...tuning },
      clock: systemClock,
      random: Math.random,
      report: (event) => this.events.push(event),
    });
    watches.push(this.watch);
  }

  static async start(...given: ConstructorParameters<typeof Scene>): Promise<Scene> {
    const scene = new Scene(...given);
    await scene.watch.setSources(given[0].map((client) => sourceOf(client)));
    return scene;
  }

  status(source: string): SourceStatus {
    return this.watch.status().sources.find(({ name }) => name === source)!;
  }

  file(source: string, name: string): FileStatus | undefined {
    const all = this.watch.files(source, { after: null, limit: 1000, state: null });
    return all?.find((file) => file.name === name);
  }

  /** Waits until this file is published, and nothing is in hand. */
  async published(source: string, name: string, text: string): Promise<void> {
    await eventually(`${source}/${name} is published`, () => {
      const file = this.file(source, name);
      return file?.state === 'published' && file.published?.version === sha256(text);
    });
  }

  /** Waits until it has been sensed so many times more. */
  async sensed(client: ScriptedClient, times = 3): Promise<void> {
    const before = client.sensedAt.length;
    await eventually(`${client.source} is sensed`, () => client.sensedAt.length >= before + times);
  }
}
