/** Two data sources whose files somebody changes at random, a master, and the reference program that says what must come of it. */
import { createHash } from 'node:crypto';
import { appendFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { defaultDialect } from '../../src/csv/dialect.ts';
import { readDataset } from '../../src/processes/datasets.ts';
import { ReferenceTable } from '../../src/reference/replay.ts';
import type { Receipt } from '../../src/run/receipt.ts';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { SampleRecords } from '../../src/sample/records.ts';
import { namedPlan } from '../../src/schema/dataset-plan.ts';
import { products } from '../../src/schema/dataset.ts';
import { defaultRejectLimit } from '../../src/schema/reject-limit.ts';
import { longhaulJson } from './cli.ts';
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

  /** Waits until what is published is what the files hold, and nothing is left to do. */
  async settle(withinMs = 90_000): Promise<void> {
    for (const source of this.sources)
      await this.master.published(source.name, file, sha256(this.#now.get(source.name)!), withinMs);
  }

  /** The table equals the replay of the published versions in publish order. @returns the runs */
  async expectReplay(): Promise<readonly Receipt[]> {
    const { runs } = await longhaulJson<{ runs: Receipt[] }>(
      ['show', 'runs', '--limit', '100000', '--db', this.database],
      { cwd: this.folder.path },
    );
    const published = runs.filter(({ status }) => status === 'done');
    published.sort((a, b) => (a.publishNumber ?? 0) - (b.publishNumber ?? 0));
    expect(published.map(({ publishNumber }) => publishNumber)).toEqual(
      published.map((_, index) => index + 1),
    );
    const reference = new ReferenceTable(products);
    const referenceFile = { dialect: defaultDialect, columns: null, maxRecordBytes: 2 ** 23 };
    for (const { source, file: name, version, publishNumber, ...sums } of published) {
      const content = this.#contents.get(version ?? '');
      if (content === undefined) throw new Error(`run ${publishNumber} has published what no file ever was`);
      const outcome = reference.importFile({
        ...referenceFile,
        ...{ name: `${source}/${name}`, content, rejectLimit: defaultRejectLimit },
      });
      if (outcome.kind !== 'published') throw new Error(`run ${publishNumber}: ${outcome.kind}`);
      const { inserted, updated, unchanged, superseded } = outcome.sums;
      expect(sums).toMatchObject({ inserted, updated, unchanged, superseded, reconciled: true });
    }
    for (const { name } of this.sources) {
      const last = published.findLast(({ source }) => source === name);
      expect(last?.version).toBe(sha256(this.#now.get(name)!));
    }
    await this.#expectTable(
      reference,
      published.map(({ run }) => run),
    );
    return published;
  }

  async #expectTable(reference: ReferenceTable, runs: readonly number[]): Promise<void> {
    const verdict = await longhaulJson<{ agrees: boolean }>(['verify', '--db', this.database]);
    expect(verdict).toMatchObject({ agrees: true });
    await readDataset(this.database, namedPlan('products'), async (reader, dataset) => {
      const { rows } = reference;
      let at = 0;
      for await (const batch of reader.scan(dataset)) {
        const expected = rows.slice(at, at + batch.length);
        const found = batch.map(({ values, run, line }) => ({ values, import: runs.indexOf(run), line }));
        expect(found).toEqual(expected);
        at += batch.length;
      }
      expect(at).toBe(rows.length);
    });
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
