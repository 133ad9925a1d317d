/** Two data sources whose files somebody changes at random, a master, and the reference program that says what must come of it. */
import { createHash } from 'node:crypto';
import { appendFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Receipt } from '../../src/run/receipt.ts';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { SampleRecords } from '../../src/sample/records.ts';
import { expectReplay } from './expect-replay.ts';
import { MasterProcess, SourceProcess } from './master-process.ts';
import type { Random } from './random.ts';
import { TempFolder } from './temp-folder.ts';

const file = 'products.csv';
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface ChangingSourcesOptions {
  readonly records: number;
  readonly random: Random;
  /** Of SQLite in the folder of the test, if not given. */
  readonly database?: string;
}

export class ChangingSources implements AsyncDisposable {
  readonly folder = new TempFolder();
  readonly database: string;
  readonly sources: readonly SourceProcess[];
  readonly master: MasterProcess;
  readonly #random: Random;
  readonly #records: number;
  /** The sources have the same skus, so that the later run wins. */
  readonly #sample = new SampleRecords({ seed: 1 });
  /** What each file was at any time, by its version. */
  readonly #contents = new Map<string, Uint8Array>();
  readonly #now = new Map<string, Buffer>();
  #changes = 0;

  private constructor(options: ChangingSourcesOptions) {
    this.#random = options.random;
    this.#records = options.records;
    this.database = options.database ?? `sqlite:${this.folder.file('test.db')}`;
    this.sources = ['one', 'two'].map((name) => new SourceProcess(this.folder, name));
    this.master = new MasterProcess(
      this.folder,
      ['--db', this.database, '--sense-interval', '0.2', '--chunk-size', '256KiB', '--quiet'].concat([
        '--spool-folder',
        this.folder.file('spool'),
        '--config',
        this.folder.write('longhaul.yaml', ''),
      ]),
    );
  }

  static async start(options: ChangingSourcesOptions): Promise<ChangingSources> {
    const sources = new ChangingSources(options);
    // With LONGHAUL_TEST_RECORDS and LONGHAUL_TEST_KILLS these tests take minutes.
    for (const server of [...sources.sources, sources.master]) server.longestMs = 900_000;
    try {
      for (const [index, source] of sources.sources.entries()) {
        const changed = { fraction: 0.3, seed: index + 1 };
        sources.#write(
          source,
          Buffer.concat([...sampleBlocks({ records: options.records, seed: 1, changed })]),
        );
      }
      await Promise.all(sources.sources.map((source) => source.start()));
      const said = sources.sources.map(({ name, url }) => `  ${name}: ${url}\n`);
      sources.folder.write('longhaul.yaml', `sources:\n${said.join('')}`);
      await sources.master.start();
      return sources;
    } catch (error) {
      await sources[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Changes one of the files in one of the ways in which programs do. */
  async change(): Promise<void> {
    const source = this.sources[this.#random.below(this.sources.length)]!;
    const path = join(source.hosted, file);
    const before = this.#now.get(source.name)!;
    const lines = Buffer.from(
      Array.from({ length: 1 + this.#random.below(20) }, () => this.#line()).join(''),
    );
    const after = Buffer.concat([before, lines]);
    switch (this.#random.below(6)) {
      case 0: // Touched, which is no change.
        utimesSync(path, new Date(), new Date());
        return;
      case 1: // What was there before the last change or another one.
        return this.#write(source, Buffer.from(this.#earlier()));
      case 2: // Slowly, in pieces that end anywhere.
        this.#remember(source, after);
        for (let at = 0; at < lines.length; ) {
          const end = Math.min(lines.length, at + 1 + this.#random.below(200));
          appendFileSync(path, lines.subarray(at, end));
          at = end;
          await sleep(this.#random.below(40));
        }
        return;
      case 3: // By an editor, which gives another file its name.
        this.#remember(source, after);
        writeFileSync(`${path}.tmp`, after);
        renameSync(`${path}.tmp`, path);
        return;
      default:
        return this.#write(source, after);
    }
  }

  /**
   * A random pause after a change. Nothing is waited for: that changes come at any moment of an import is what its tests are about. Long
   * enough now and then for a version to be published, mostly not.
   */
  async pause(change: number): Promise<void> {
    await sleep(this.#random.below(change % 5 === 0 ? 3000 : 400));
  }

  /** Waits until what is published is what the files hold, and nothing is left to do. */
  async settle(withinMs = 90_000): Promise<void> {
    for (const source of this.sources)
      await this.master.published(source.name, file, sha256(this.#now.get(source.name)!), withinMs);
  }

  /** The table equals the replay of the published versions in publish order. @returns the runs */
  async expectReplay(): Promise<readonly Receipt[]> {
    const published = await expectReplay(this.database, ({ version }) => this.#contents.get(version ?? ''));
    for (const { name } of this.sources) {
      const last = published.findLast(({ source }) => source === name);
      expect(last?.version).toBe(sha256(this.#now.get(name)!));
    }
    return published;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.master[Symbol.asyncDispose]();
    for (const source of this.sources) await source[Symbol.asyncDispose]();
    this.folder[Symbol.dispose]();
  }

  /** A record of a sku that is there, or of a new one. */
  #line(): string {
    const number = ++this.#changes;
    const isNew = this.#random.below(4) === 0;
    const sku = isNew ? `new-${number}` : this.#sample.at(this.#random.below(this.#records)).sku;
    return `Changed ${number % 50},${sku},"change\n${number}"\n`;
  }

  #earlier(): Uint8Array {
    const all = [...this.#contents.values()];
    return all[this.#random.below(all.length)]!;
  }

  #write(source: SourceProcess, bytes: Buffer): void {
    this.#remember(source, bytes);
    writeFileSync(join(source.hosted, file), bytes);
  }

  #remember(source: SourceProcess, bytes: Buffer): void {
    this.#contents.set(sha256(bytes), bytes);
    this.#now.set(source.name, bytes);
  }
}
