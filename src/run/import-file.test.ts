import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../test/helpers/manual-clock.ts';
import { MemoryFile, type Sensing } from '../../test/helpers/memory-file.ts';
import { ShufflingPool } from '../../test/helpers/shuffling-pool.ts';
import { TempFolder } from '../../test/helpers/temp-folder.ts';
import { defaultDialect } from '../csv/dialect.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { products } from '../schema/dataset.ts';
import type { SourceFile } from '../source/source-file.ts';
import { seeTable } from '../store/conformance-steps.ts';
import { SqliteReader } from '../store/sqlite/reader.ts';
import { SqliteStore } from '../store/sqlite/store.ts';
import { type ImportOutcome, type ImportProgress, type ImportSettings, importFile } from './import-file.ts';

const settings: ImportSettings = {
  dataset: products,
  dialect: defaultDialect,
  chunkBytes: 30,
  maxRecordBytes: 1000,
  rejectLimit: { kind: 'number', number: 1 },
};

const header = 'name,sku,description\n';
const text =
  header + Array.from({ length: 20 }, (_, index) => `Name ${index % 3},sku-${index},text\n`).join('');

/** A file that tells how often it was read. */
class CountedFile extends MemoryFile {
  opened = 0;
  hashed = 0;

  constructor(content: string | Uint8Array, sensing: Sensing = 'settled', name = 'a.csv') {
    super(name, Buffer.from(content), sensing, 7);
  }
  override async open(): ReturnType<MemoryFile['open']> {
    this.opened++;
    return await super.open();
  }
  override async version(): Promise<string | null> {
    this.hashed++;
    return await super.version();
  }
}

interface Process extends AsyncDisposable {
  readonly store: SqliteStore;
  readonly progress: readonly ImportProgress[];
  run(
    file: SourceFile,
    changes?: { settings?: Partial<ImportSettings>; pool?: ShufflingPool; signal?: AbortSignal },
  ): Promise<ImportOutcome>;
}

async function startProcess(folder: TempFolder): Promise<Process> {
  const warn = (message: string): never => expect.fail(message);
  const path = folder.file('test.db');
  const store = new SqliteStore({
    path,
    clock: new ManualClock(),
    stagingMemoryBytes: 0,
    stagingMemoryMs: 5000,
    warn,
  });
  await store.lockImports();
  await store.ensureDataset(products);
  const progress: ImportProgress[] = [];
  return {
    store,
    progress,
    run: async (
      file,
      { settings: changed = {}, pool = new ShufflingPool(1), signal = new AbortController().signal } = {},
    ) =>
      importFile({ store, pool, signal, onProgress: (step) => progress.push(step) }, file, {
        ...settings,
        ...changed,
      }),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

describe('the same version again', () => {
  test('is known by its fingerprint alone: nothing is read', async () => {
    using folder = new TempFolder();
    await using longhaul = await startProcess(folder);
    expect(await longhaul.run(new CountedFile(text))).toMatchObject({ kind: 'published' });
    const again = new CountedFile(text);
    expect(await longhaul.run(again)).toMatchObject({
      kind: 'already_published',
      published: { run: 1, publishNumber: 1 },
    });
    expect([again.opened, again.hashed]).toEqual([0, 0]);
  });

  test('just written: its fingerprint is not trusted, then or later, so it is hashed', async () => {
    using folder = new TempFolder();
    await using longhaul = await startProcess(folder);
    await longhaul.run(new CountedFile(text, 'unsettled'));
    const again = new CountedFile(text, 'settled');
    expect(await longhaul.run(again)).toMatchObject({ kind: 'already_published' });
    expect([again.opened, again.hashed]).toEqual([0, 1]);
  });

  test('from a stream is known at its end, and leaves no run', async () => {
    using folder = new TempFolder();
    await using longhaul = await startProcess(folder);
    await longhaul.run(new CountedFile(text));
    expect(await longhaul.run(new CountedFile(text, 'stream'))).toMatchObject({ kind: 'already_published' });
    await using reader = new SqliteReader(folder.file('test.db'));
    expect(await reader.runs(products, 10)).toHaveLength(1);
  });

  test('of another length is not hashed before it is read', async () => {
    using folder = new TempFolder();
    await using longhaul = await startProcess(folder);
    await longhaul.run(new CountedFile(text));
    const longer = new CountedFile(`${text}n,another,d\n`);
    expect(await longhaul.run(longer)).toMatchObject({ record: { inserted: 1, unchanged: 20 } });
    expect([longer.opened, longer.hashed]).toEqual([1, 0]);
  });

  test('compressed is another version of the same rows', async () => {
    using folder = new TempFolder();
    await using longhaul = await startProcess(folder);
    await longhaul.run(new CountedFile(text));
    const stored = gzipSync(text);
    expect(await longhaul.run(new CountedFile(stored))).toMatchObject({
      record: {
        unchanged: 20,
        bytes: stored.length,
        contentBytes: text.length,
        version: createHash('sha256').update(stored).digest('hex'),
      },
    });
  });
});

describe('a file that fails', () => {
  test.each([
    ['reject_limit', `${text}n\n\nn,s,d,e\n`, { records: 22, rejected: 2, blankLines: 1 }],
    ['unterminated_quote', `${text}n,"s\n`, {}],
    ['compressed_truncated', gzipSync(text).subarray(0, -3), {}],
    ['header_missing_column', 'name,price\n', null],
    ['file_empty', '', null],
  ])('%s: the table stays, the next file goes on', async (code, content, expected) => {
    using folder = new TempFolder();
    await using longhaul = await startProcess(folder);
    await longhaul.run(new CountedFile(`${header}n,s,d\n`, 'settled', 'b.csv'));
    const outcome = await longhaul.run(new CountedFile(content));
    expect(outcome).toMatchObject({ kind: 'failed', error: { code } });
    if (outcome.kind !== 'failed') return;
    if (expected === null) expect(outcome.record).toBeNull();
    else
      expect(outcome.record).toMatchObject({
        state: 'failed',
        failure: { code, message: outcome.error.message },
        ...expected,
      });
    expect(await longhaul.run(new CountedFile(`${header}n,s2,d\n`, 'settled', 'c.csv'))).toMatchObject({
      kind: 'published',
    });
    await using reader = new SqliteReader(folder.file('test.db'));
    expect((await seeTable(reader)).rows).toHaveLength(2);
    if (code === 'reject_limit')
      expect(await reader.rejects(products, outcome.record?.run ?? 0, 10)).toHaveLength(2);
  });

  test('because it changed is not published', async () => {
    using folder = new TempFolder();
    await using longhaul = await startProcess(folder);
    class Changing extends CountedFile {
      override async open(): ReturnType<MemoryFile['open']> {
        const content = await super.open();
        const finish = (): Promise<string> =>
          Promise.reject(LonghaulError.of('file_changed', { file: this.label }));
        return { ...content, finish, read: (target) => content.read(target), storedBytes: 0 };
      }
    }
    expect(await longhaul.run(new Changing(text))).toMatchObject({
      kind: 'failed',
      error: { code: 'file_changed' },
      record: { version: null },
    });
    expect(await longhaul.run(new CountedFile(text))).toMatchObject({
      kind: 'published',
      record: { inserted: 20 },
    });
  });
});

describe('an interrupted import', () => {
  test('goes on with the same run and stages only what is missing', async () => {
    using folder = new TempFolder();
    const abort = new AbortController();
    {
      await using first = await startProcess(folder);
      const pool = new ShufflingPool(1, (number) => {
        if (number === 8) abort.abort();
      });
      await expect(first.run(new CountedFile(text), { pool, signal: abort.signal })).rejects.toMatchObject({
        code: 'interrupted',
      });
    }
    await using second = await startProcess(folder);
    let staged = 0;
    const outcome = await second.run(new CountedFile(text), {
      pool: new ShufflingPool(2, () => void staged++),
    });
    expect(outcome).toMatchObject({ kind: 'published', record: { run: 1, inserted: 20 } });
    if (outcome.kind !== 'published') return;
    expect(outcome.record.chunksTakenOver).toBe(8);
    expect(staged).toBe(outcome.record.chunks - 8);
    const last = second.progress.at(-1);
    expect(last).toEqual({ phase: 'publishing', rows: 20, ofRows: 20 });
  });

  test('takes over no chunk whose bytes are others now, though nothing else tells', async () => {
    using folder = new TempFolder();
    const abort = new AbortController();
    {
      await using first = await startProcess(folder);
      const pool = new ShufflingPool(1, (number) => {
        if (number === 8) abort.abort();
      });
      await expect(
        first.run(new CountedFile(text, 'stream'), { pool, signal: abort.signal }),
      ).rejects.toThrow('interrupted');
    }
    await using second = await startProcess(folder);
    const changed = text.replace('Name 1,sku-1,text', 'Name 1,sku-1,TEXT');
    expect(await second.run(new CountedFile(changed, 'stream'))).toMatchObject({
      record: { chunksTakenOver: 7, inserted: 20 },
    });
    await using reader = new SqliteReader(folder.file('test.db'));
    expect(await reader.row(products, ['sku-1'])).toMatchObject({ values: ['Name 1', 'sku-1', 'TEXT'] });
  });

  test.each(['settled', 'stream'] as const)(
    'takes over nothing that was read in another way (%s)',
    async (sensing) => {
      using folder = new TempFolder();
      const others: Partial<ImportSettings>[] = [
        { chunkBytes: 31 },
        { maxRecordBytes: 999 },
        { dialect: { ...defaultDialect, quote: null } },
      ];
      for (const [index, changes] of others.entries()) {
        const name = `${index}.csv`;
        const abort = new AbortController();
        const pool = new ShufflingPool(1, (number) => {
          if (number === 5) abort.abort();
        });
        await using longhaul = await startProcess(folder);
        const stopped = longhaul.run(new CountedFile(text, sensing, name), { pool, signal: abort.signal });
        await expect(stopped).rejects.toThrow('interrupted');
        const outcome = await longhaul.run(new CountedFile(text, sensing, name), { settings: changes });
        expect(outcome).toMatchObject({ kind: 'published', record: { chunksTakenOver: 0 } });
      }
    },
  );
});

test('what is not the fault of the file is thrown, after everything under way has ended', async () => {
  using folder = new TempFolder();
  await using longhaul = await startProcess(folder);
  class Broken extends ShufflingPool {
    underWay = 0;
    override async stage(...args: Parameters<ShufflingPool['stage']>): ReturnType<ShufflingPool['stage']> {
      this.underWay++;
      try {
        const staged = await super.stage(...args);
        if (args[1].offset > 100) throw new Error('a thread ended');
        return staged;
      } finally {
        this.underWay--;
      }
    }
  }
  const pool = new Broken(3);
  await expect(longhaul.run(new CountedFile(text), { pool })).rejects.toThrow('a thread ended');
  expect(pool.underWay).toBe(0);
});

test('scanner and parser must count alike', async () => {
  using folder = new TempFolder();
  await using longhaul = await startProcess(folder);
  class Miscounting extends ShufflingPool {
    override async stage(...args: Parameters<ShufflingPool['stage']>): ReturnType<ShufflingPool['stage']> {
      const { rows, buffer } = await super.stage(...args);
      return { rows: { ...rows, records: rows.records + 1 }, buffer };
    }
  }
  await expect(longhaul.run(new CountedFile(text), { pool: new Miscounting(3) })).rejects.toThrow(
    /the scanner found \d+ records/,
  );
});

test('progress never goes back', async () => {
  using folder = new TempFolder();
  await using longhaul = await startProcess(folder);
  await longhaul.run(new CountedFile(text));
  const staging = longhaul.progress.filter((step) => step.phase === 'staging');
  expect(staging.length).toBeGreaterThan(10);
  expect(staging.map(({ chunkIndex }) => chunkIndex)).toEqual(Array.from(staging.keys()));
  for (const [index, step] of staging.entries()) {
    const before = staging[index - 1] ?? step;
    expect(step.storedBytes).toBeGreaterThanOrEqual(before.storedBytes);
    expect(step.contentBytes).toBeGreaterThanOrEqual(before.contentBytes);
    expect(step.records).toBeGreaterThanOrEqual(before.records);
    expect(step.expectedBytes).toBe(text.length);
  }
  expect(staging.at(-1)).toMatchObject({ storedBytes: text.length, contentBytes: text.length, records: 20 });
});
