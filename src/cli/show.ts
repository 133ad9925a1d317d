import { rowStory } from '../processes/edit.ts';
import { readDataset } from '../processes/datasets.ts';
import { newestReceipts, openReader } from '../processes/reading.ts';
import { sourceSummaries } from '../processes/sources.ts';
import { workerSummaries } from '../processes/workers.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { type DatasetPlan, namedPlan } from '../schema/dataset-plan.ts';
import { csvField } from '../schema/csv-field.ts';
import { columnType, type Dataset, products, storedKey } from '../schema/dataset.ts';
import { valuesByColumn } from '../schema/json-values.ts';
import { jsValue } from '../schema/js-value.ts';
import type { Receipt } from '../run/receipt.ts';
import type { StoredRow, StoreReader } from '../store/store.ts';
import { type CommandSpec, exitStatus, type Given } from './command.ts';
import { keyText, plainTexts } from './row-values.ts';
import { storyObject, storyText } from './story-text.ts';
import { printPieces, table, visible } from './terminal.ts';
import { runNumber, tableOfRun } from './run-number.ts';

type Cell = string | number | null;

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

interface Asked {
  readonly reader: StoreReader;
  readonly dataset: Dataset;
  readonly which: readonly string[];
  readonly limit: number;
}

type Show = (asked: Asked) => Promise<Listing>;

const noRows = (dataset: Dataset): string =>
  `there are no ${rowsOf(dataset)} yet; "longhaul import ${isProducts(dataset) ? '' : '--table NAME '}FILE" brings some`;

const shows: Readonly<Record<string, Show>> = {
  products: showRows,
  rows: showRows,
  async counts({ reader, dataset, which: [column], limit }) {
    const count = column === undefined ? dataset.counts[0] : dataset.counts.find((c) => c.column === column);
    if (count === undefined) {
      const counted = dataset.counts.map((c) => `"${visible(c.column, 40)}"`).join(', ');
      throw LonghaulError.of('not_found', {
        what: `the rows of "${visible(dataset.name, 80)}" are not counted${column === undefined ? '' : ` by "${visible(column, 80)}"`}`,
        hint:
          counted === ''
            ? 'a table is counted by the columns of --count-by of its first import'
            : `they are counted by ${counted}`,
      });
    }
    const type = columnType(dataset, count.column);
    const counts = await reader.topCounts(dataset, count.column, limit);
    return {
      what: 'counts',
      heads: [count.column, count.numberColumn],
      rows: counts.map(({ value, number }) => [String(jsValue(type, value)), number]),
      empty: noRows(dataset),
    };
  },
  async runs({ reader, dataset, limit }) {
    const receipts = await newestReceipts(reader, dataset, limit);
    const heads = [
      'run',
      'status',
      'published',
      'source',
      'file',
      'records',
      'inserted',
      'updated',
      'unchanged',
      'rejected',
      'seconds',
      'error',
    ];
    return {
      what: 'runs',
      heads,
      rows: receipts.map((r) => [
        r.run,
        statusText(r),
        r.publishNumber === null ? '' : String(r.publishNumber),
        r.source,
        r.file,
        r.records,
        r.inserted,
        r.updated,
        r.unchanged,
        r.rejected,
        r.seconds.toFixed(2),
        r.error === null ? '' : `${r.error.code}: ${r.error.message}`,
      ]),
      objects: receipts,
      empty: 'there are no runs yet; "longhaul import FILE" makes one',
    };
  },
  async rejects({ reader, dataset, which: [argument], limit }) {
    const run = runNumber(argument);
    const rejects = await reader.rejects(dataset, run, limit);
    const raw = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
    return {
      what: 'rejects',
      heads: ['run', 'line', 'byte', 'reason', 'column', 'value', 'record'],
      rows: rejects.map((reject) => [
        String(reject.run),
        String(reject.line),
        String(reject.byteOffset),
        reject.code,
        reject.column,
        reject.value,
        raw(reject.raw),
      ]),
      objects: rejects.map((reject) => ({
        run: reject.run,
        line: reject.line,
        byteOffset: reject.byteOffset,
        byteLength: reject.byteLength,
        code: reject.code,
        column: reject.column,
        value: reject.value,
        rawBase64: Buffer.from(reject.raw).toString('base64'),
      })),
      empty: run === null ? 'no record was rejected' : `run ${run} has rejected no record`,
    };
  },
};

function statusText({ status, partitions }: Receipt): string {
  return status === 'publishing' && partitions !== null
    ? `publishing ${partitions.published} of ${partitions.of} partitions`
    : status;
}

async function showRows({ reader, dataset, which, limit }: Asked): Promise<Listing> {
  const key = storedKey(dataset);
  if (which.length > 0 && which.length !== key.length) {
    const message = `a row of "${visible(dataset.name, 80)}" is known by ${key.join(' and ')}, and ${which.length} values are given`;
    throw LonghaulError.of('bad_usage', { message, command: 'show ' });
  }
  const story = which.length === 0 ? null : await rowStory(reader, dataset, which);
  if (which.length > 0 && story === null) {
    const what = isProducts(dataset)
      ? `there is no product with the sku "${visible(which[0] ?? '', 80)}"`
      : `"${visible(dataset.name, 80)}" has no row with ${keyText(key, which)}`;
    throw LonghaulError.of('not_found', {
      what,
      hint: `keys are compared to the letter; "longhaul show ${rowsOf(dataset)}" lists the first ones`,
    });
  }
  const rows = story === null ? await reader.rows(dataset, null, limit) : [story.row];
  const origin = ({ run, line }: StoredRow): object => ({ _run: run, _line: line });
  return {
    ...(story === null
      ? { objects: rows.map((row) => ({ ...valuesByColumn(dataset, row.values), ...origin(row) })) }
      : { objects: [storyObject(dataset, story)], text: storyText(dataset, story) }),
    what: rowsOf(dataset),
    heads: [...dataset.columns.map((column) => column.name), '_run', '_line'],
    rows: rows.map((row) => [...plainTexts(dataset, row.values), row.run, row.line]),
    empty: noRows(dataset),
  };
}

/** All tables of the database: what they are and how much is in them. */
async function listTables(reader: StoreReader): Promise<Listing> {
  const rows: Cell[][] = [];
  const objects: object[] = [];
  for (const name of await reader.datasets()) {
    const dataset = await reader.dataset(name);
    if (dataset === null) continue;
    const { rows: number } = await reader.totals(dataset);
    const columns = dataset.columns.map((c) => (c.type === 'text' ? c.name : `${c.name} ${c.type}`));
    const counts = dataset.counts.map((count) => count.column);
    rows.push([name, number, dataset.key.join(', '), counts.join(', '), columns.join(', ')]);
    objects.push({ table: name, rows: number, key: dataset.key, countBy: counts, columns: dataset.columns });
  }
  const empty = 'there are no tables yet; "longhaul import FILE" makes one';
  return { what: 'tables', heads: ['table', 'rows', 'key', 'counted by', 'columns'], rows, objects, empty };
}

/** The sources that longhaul.yaml says and those that the database remembers. */
async function listSources(url: string, given: Given): Promise<Listing> {
  const sources = await sourceSummaries(url, given.sources, given.value('table'));
  const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  return {
    what: 'sources',
    heads: ['source', 'url', 'kind', 'table', 'state', 'said in', 'files', 'last published'],
    rows: sources.map(({ name, url: where, kind, table: into, paused, saidIn, files, publishedMs }) => [
      ...[name, where, kind, into, paused ? 'paused' : 'active'],
      ...[saidIn === 'config' ? 'longhaul.yaml' : saidIn, files, time(publishedMs)],
    ]),
    objects: sources.map(({ addedMs, publishedMs, ...source }) => ({
      ...source,
      added: time(addedMs),
      published: time(publishedMs),
    })),
    empty: 'there are no sources; "longhaul sources add NAME URL" adds one',
  };
}

/** Who stages chunks for the master of this database, or did so of late. */
async function listWorkers(url: string): Promise<Listing> {
  const workers = await workerSummaries(url);
  return {
    what: 'workers',
    heads: ['worker', 'host', 'process', 'state', 'in hand', 'chunks', 'rows', 'MB', 'last seen'],
    rows: workers.map((w) => [
      ...[w.worker, w.host, w.process, w.state],
      ...[w.inHand.map(({ run, chunk }) => `${run}/${chunk}`).join(' '), w.chunks, w.rows],
      ...[(w.bytes / 1e6).toFixed(1), new Date(w.seenMs).toISOString()],
    ]),
    objects: workers.map(({ startedMs, seenMs, ...worker }) => ({
      ...worker,
      started: new Date(startedMs).toISOString(),
      seen: new Date(seenMs).toISOString(),
    })),
    empty: 'no worker has joined of late; "longhaul worker --db postgres://…" is one',
  };
}

/** What belongs to no table. */
const ofDatabase: Readonly<Record<string, (url: string, given: Given) => Promise<Listing>>> = {
  sources: listSources,
  workers: listWorkers,
};

function isProducts(dataset: Dataset): boolean {
  return dataset.name === products.name;
}
function rowsOf(dataset: Dataset): string {
  return isProducts(dataset) ? 'products' : 'rows';
}

/** `show products` is about the products whatever table is the usual one; naming another is a mistake. The rejects of a run are of its table. */
async function planToShow(what: string, which: readonly string[], given: Given): Promise<DatasetPlan> {
  const plan = given.plan();
  if (what === 'rejects' && which.length > 0) {
    await using reader = await openReader(given.value('db'));
    const name = await tableOfRun(reader, given, runNumber(which[0]));
    return name === undefined || name === plan.name ? plan : namedPlan(name);
  }
  if (what !== 'products' || plan.name === products.name) return plan;
  const named = given.text('table');
  if (named !== undefined) {
    const message = `show products is about the table "products"; of "${visible(named, 80)}" it is show rows`;
    throw LonghaulError.of('bad_usage', { message, command: 'show ' });
  }
  return namedPlan(products.name);
}

export const showCommand: CommandSpec = {
  name: 'show',
  args: '<what> [which...]',
  summary:
    'read the database: products, rows of another table, counts, runs, rejects, tables, sources, workers',
  description: `Shows what is in the database:
  products [sku]    the products in the order of their skus, or the story of the one with this sku:
                    the file, version and line that it came from, and its edits
  rows [key...]     the same for the table of --table; without a key of its own a row is known by run and line
  counts [column]   how many products there are of each name (rows of each value), the most frequent first
  runs              the runs and how their records came out, the newest first
  rejects [run]     records that were refused, with reason, line and byte
  tables            the tables that are kept in the database
  sources           the sources of longhaul.yaml and those that the database remembers, and what was published of them
  workers           who stages chunks for the master of a PostgreSQL database, and what each has in hand (run/chunk)`,
  examples: [
    ['longhaul show counts --limit 10', 'the ten most frequent names'],
    [
      'longhaul show products lay-raise-best-end',
      'one product: which file and line brought it, and its edits',
    ],
    ['longhaul show counts status --table orders', 'how many orders there are of each status'],
    ['longhaul show rejects 3 --csv > rejects.csv', 'the rejects of run 3 as a file'],
  ],
  options: ['db', 'config', 'table', 'limit'],
  extra: [['--csv', 'print CSV instead of text']],
  async run([what = '', ...which], given, { terminal }) {
    const show = Object.hasOwn(shows, what) ? shows[what] : undefined;
    if (show === undefined && what !== 'tables' && !Object.hasOwn(ofDatabase, what)) {
      const expected = `it must be one of ${[...Object.keys(shows), 'tables', ...Object.keys(ofDatabase)].join(', ')}`;
      throw LonghaulError.of('bad_option', { option: 'show', value: what, expected });
    }
    const most = { runs: 0, tables: 0, sources: 0, workers: 0, products: 1, counts: 1, rejects: 1 }[what];
    if (most !== undefined && which.length > most) {
      const message =
        most === 0
          ? `show ${what} shows all ${what}: nothing can come after it`
          : `show ${what} takes one more word at most`;
      throw LonghaulError.of('bad_usage', { message, command: 'show ' });
    }
    const url = given.value('db');
    const limit = given.value('limit');
    let listing: Listing;
    const list = Object.hasOwn(ofDatabase, what) ? ofDatabase[what] : undefined;
    if (list !== undefined) {
      listing = await list(url, given);
    } else if (show === undefined) {
      await using reader = await openReader(url);
      listing = await listTables(reader);
    } else {
      const plan = await planToShow(what, which, given);
      listing = await readDataset(url, plan, (reader, dataset) => show({ reader, dataset, which, limit }));
    }
    await printPieces(terminal.stdout, pieces(listing, given.has('json'), given.has('csv')));
    return exitStatus.done;
  },
};

function* pieces(listing: Listing, json: boolean, csv: boolean): Generator<string> {
  if (json) yield* jsonPieces(listing);
  else for (const line of lines(listing, csv)) yield `${line}\n`;
}

/** One object, which may be longer than a string can be. */
function* jsonPieces({ what, heads, rows, objects }: Listing): Generator<string> {
  const named = (row: readonly Cell[]): object =>
    Object.fromEntries(row.map((cell, index): [string, Cell] => [heads[index] ?? '', cell]));
  yield `{${JSON.stringify(what)}:[`;
  for (const [index, each] of (objects ?? rows).entries()) {
    const object = objects === undefined ? named(each as readonly Cell[]) : each;
    yield `${index === 0 ? '' : ','}${JSON.stringify(object)}`;
  }
  yield ']}\n';
}

function* lines({ heads, rows, text, empty }: Listing, csv: boolean): Generator<string> {
  if (csv) {
    yield heads.map(csvField).join(',');
    for (const row of rows) yield row.map(csvField).join(',');
  } else if (text !== undefined) {
    yield* text;
  } else if (rows.length === 0) {
    yield empty;
  } else {
    yield* table(heads, brief(rows));
  }
}

function brief(rows: Listing['rows']): (string | number)[][] {
  return rows.map((row) => row.map((cell) => (typeof cell === 'string' ? visible(cell, 60) : (cell ?? ''))));
}
