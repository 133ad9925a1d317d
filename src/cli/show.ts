import { rowStory } from '../processes/edit.ts';
import { newestReceipts, openReader } from '../processes/reading.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { products } from '../schema/dataset.ts';
import type { StoreReader } from '../store/store.ts';
import { type CommandSpec, exitStatus } from './command.ts';
import { storyObject, storyText } from './story-text.ts';
import { csvField, printLine, table, visible } from './terminal.ts';
import { noSuchRun, runNumber } from './verify.ts';

type Cell = string | number;

/** What can be shown, as columns: `full` for programs, `brief` for the eye. */
interface Listing {
  readonly what: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** For JSON, where it is more than heads and rows. */
  readonly objects?: readonly unknown[];
  /** For the eye, where it is no table. */
  readonly text?: readonly string[];
  readonly empty: string;
}

type Show = (reader: StoreReader, argument: string | undefined, limit: number) => Promise<Listing>;

const shows: Readonly<Record<string, Show>> = {
  async products(reader, sku, limit) {
    const story = sku === undefined ? null : await rowStory(reader, products, [sku]);
    if (sku !== undefined && story === null) {
      throw LonghaulError.of('not_found', {
        what: `there is no product with the sku "${visible(sku, 80)}"`,
        hint: 'skus are compared to the letter; "longhaul show products" lists the first ones',
      });
    }
    const rows = story === null ? await reader.rows(products, null, limit) : [story.row];
    return {
      ...(story === null ? {} : { objects: [storyObject(products, story)], text: storyText(story) }),
      what: 'products',
      heads: [...products.columns.map((column) => column.name), '_run', '_line'],
      rows: rows.map((row) => [...row.values.map(String), row.run, row.line]),
      empty: 'there are no products yet; "longhaul import FILE" brings some',
    };
  },
  async counts(reader, _argument, limit) {
    const counts = await reader.topCounts(products, 'name', limit);
    return {
      what: 'counts',
      heads: ['name', 'no_of_products'],
      rows: counts.map((count) => [count.value, count.number]),
      empty: 'there are no products yet; "longhaul import FILE" brings some',
    };
  },
  async runs(reader, _argument, limit) {
    const receipts = await newestReceipts(reader, products, limit);
    const heads = [
      'run',
      'status',
      'published',
      'file',
      'records',
      'inserted',
      'updated',
      'unchanged',
      'rejected',
      'seconds',
    ];
    return {
      what: 'runs',
      heads,
      rows: receipts.map((r) => [
        r.run,
        r.status,
        r.publishNumber === null ? '' : String(r.publishNumber),
        r.file,
        r.records,
        r.inserted,
        r.updated,
        r.unchanged,
        r.rejected,
        r.seconds.toFixed(2),
      ]),
      objects: receipts,
      empty: 'there are no runs yet; "longhaul import FILE" makes one',
    };
  },
  async rejects(reader, argument, limit) {
    const run = runNumber(argument);
    if (run !== null && (await reader.run(run)) === null) throw noSuchRun(run);
    const rejects = await reader.rejects(products, run, limit);
    const raw = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
    return {
      what: 'rejects',
      heads: ['run', 'line', 'byte', 'reason', 'record'],
      rows: rejects.map((reject) => [
        String(reject.run),
        String(reject.line),
        String(reject.byteOffset),
        reject.code,
        raw(reject.raw),
      ]),
      objects: rejects.map((reject) => ({
        run: reject.run,
        line: reject.line,
        byteOffset: reject.byteOffset,
        byteLength: reject.byteLength,
        code: reject.code,
        rawBase64: Buffer.from(reject.raw).toString('base64'),
      })),
      empty: run === null ? 'no record was rejected' : `run ${run} has rejected no record`,
    };
  },
};

export const showCommand: CommandSpec = {
  name: 'show',
  args: '<what> [which]',
  summary: 'read the database: products, counts, runs, rejects',
  description: `Shows what is in the database:
  products [sku]   the products in the order of their skus, or the story of the one with this sku:
                   the file, version and line that it came from, and its edits
  counts           how many products there are of each name, the most frequent first
  runs             the runs and how their records came out, the newest first
  rejects [run]    records that were refused, with reason, line and byte`,
  examples: [
    ['longhaul show counts --limit 10', 'the ten most frequent names'],
    [
      'longhaul show products lay-raise-best-end',
      'one product: which file and line brought it, and its edits',
    ],
    ['longhaul show rejects 3 --csv > rejects.csv', 'the rejects of run 3 as a file'],
  ],
  options: ['db', 'limit'],
  extra: [['--csv', 'print CSV instead of text']],
  async run([what = '', which], given, { terminal }) {
    const show = Object.hasOwn(shows, what) ? shows[what] : undefined;
    if (show === undefined) {
      const expected = `it must be one of ${Object.keys(shows).join(', ')}`;
      throw LonghaulError.of('bad_option', { option: 'show', value: what, expected });
    }
    if (which !== undefined && (what === 'counts' || what === 'runs')) {
      const message = `show ${what} shows all ${what}: nothing can come after it`;
      throw LonghaulError.of('bad_usage', { message, command: 'show ' });
    }
    await using reader = await openReader(given.value('db'));
    const listing = await show(reader, which, given.value('limit'));
    for (const line of lines(listing, given.has('json'), given.has('csv'))) printLine(terminal.stdout, line);
    return exitStatus.done;
  },
};

function lines(
  { what, heads, rows, objects, text, empty }: Listing,
  json: boolean,
  csv: boolean,
): readonly string[] {
  if (json) {
    const named = rows.map((row) =>
      Object.fromEntries(row.map((cell, index): [string, Cell] => [heads[index] ?? '', cell])),
    );
    return [JSON.stringify({ [what]: objects ?? named })];
  }
  if (csv) return [heads, ...rows].map((row) => row.map(csvField).join(','));
  if (text !== undefined) return text;
  if (rows.length === 0) return [empty];
  const brief = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell : visible(cell, 60))));
  return table(heads, brief);
}
