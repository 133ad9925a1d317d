/**
 * `longhaul.yaml`: options, the tables that are kept imported, and the sources that a master senses. Everything in it is checked before anything is done, and
 * all that is wrong is told at once, each with its line.
 *
 *     db: sqlite:shop.db
 *     threads: 4
 *     datasets:
 *       orders:
 *         key: [id]
 *         count-by: [status]
 *         types: { amount: real, paid: boolean }
 *         delimiter: ';'
 *     sources:
 *       shop: http://shop.example:5001
 *       depot: { url: /srv/depot, table: orders }
 */
import {
  Alias,
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { LonghaulError } from '../runtime/errors.ts';
import { type DatasetPlan, planDataset } from '../schema/dataset-plan.ts';
import { columnTypes } from '../schema/dataset.ts';
import { sourceKinds } from '../schema/source-kinds.ts';
import type { OwnPatience, SourcePatience } from '../schema/source-patience.ts';
import { flagName, type OptionName, options } from './options.ts';
import { type NamedSource, sourceKindOf, withoutPassword } from './source-names.ts';
import { sourceNameProblem, sourceUrlProblem } from '../schema/source-names.ts';
import { typedColumns } from './values.ts';

export interface Config {
  readonly path: string;
  /** As they would stand on the command line. */
  readonly options: ReadonlyMap<OptionName, string>;
  readonly datasets: ReadonlyMap<string, DatasetConfig>;
  /** In their order. */
  readonly sources: readonly NamedSource[];
}

/** What a config says of one dataset and of how its files are written. */
export interface DatasetConfig {
  readonly plan: DatasetPlan;
  readonly options: ReadonlyMap<OptionName, string>;
  readonly header: boolean | null;
}

/** How the files of a dataset are written; at the top of the config, how all are that say nothing else. */
export const readingOptions: readonly OptionName[] = [
  'delimiter',
  'quote',
  'escape',
  'encoding',
  'maxRejects',
];
/** How often sources are asked, and how patiently; at the top of the config, all that say nothing else. */
export const patienceOptions: Readonly<Record<keyof SourcePatience, OptionName>> = {
  senseIntervalMs: 'senseInterval',
  senseTimeoutMs: 'senseTimeout',
  rereadMs: 'rereadInterval',
  connectMs: 'connectTimeout',
  silentMs: 'stallTimeout',
};
/** What can stand at the top, besides the datasets. */
export const topOptions: readonly OptionName[] = [
  ...([
    'db',
    'table',
    'threads',
    'chunkSize',
    'maxRecordSize',
    'stagingMemory',
    'publishPartitions',
    'limit',
  ] as const),
  ...(['uploadLimit', 'allowPrivateSources', 'allowedHosts'] as const),
  ...Object.values(patienceOptions),
  ...readingOptions,
];

/** Reads the text of a config. Throws `config_wrong`, which tells every mistake. */
export function parseConfig(text: string, path: string): Config {
  const reader = new ConfigReader(text);
  const config = reader.read(path);
  if (reader.mistakes.length > 0)
    throw LonghaulError.of('config_wrong', { file: path, mistakes: reader.mistakes });
  return config;
}

/** What can stand in a dataset besides `readingOptions`, and what it means. */
export const datasetEntries: Readonly<Record<string, string>> = {
  key: 'the columns that identify a row (text, never empty): a name, or a list of names; none: a file replaces the rows of its last version',
  'count-by': 'the columns of which the rows per value are counted',
  types: `columns that are not text, each with its type: ${columnTypes.join(', ')}`,
  columns: 'the columns of the table; without them those of the header of its first file',
  header:
    'true or false: whether its files begin with the names of their columns (without: in the order of columns)',
};

/** What can stand in a source, and what it means. */
export const sourceEntries: Readonly<Record<string, string>> = {
  url: 'where it is: http://… or https://… of a source server or of one CSV, or the path of a file or folder',
  kind: `what it is, where that is not to be found out by asking it: ${sourceKinds.join(', ')}`,
  table: 'the table that its files go into; without it that of --table',
  'token-file':
    'a file that holds the token it wants, and nothing else; LONGHAUL_TOKEN_NAME in the environment goes before it',
  paused: 'true or false: whether it is left alone for the time being',
};

/** Of what was said in seconds. */
function ownPatience(said: ReadonlyMap<OptionName, string>): OwnPatience {
  const fields = Object.entries(patienceOptions).flatMap(([field, option]) => {
    const text = said.get(option);
    return text === undefined ? [] : [[field, Number(text) * 1000] as const];
  });
  return Object.fromEntries(fields);
}

type Entries = readonly (readonly [name: string, value: Node | null, at: Node])[];

class ConfigReader {
  readonly mistakes: string[] = [];
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;

  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
  }

  read(path: string): Config {
    for (const error of this.#document.errors) this.#mistake(error.pos[0], error.message);
    const values = new Map<OptionName, string>();
    const datasets = new Map<string, DatasetConfig>();
    const sources: NamedSource[] = [];
    const root = this.#document.contents;
    if (this.mistakes.length > 0 || root === null) return { path, options: values, datasets, sources };
    const names = new Map(topOptions.map((name) => [flagName(name), name]));
    for (const [name, value, at] of this.#entries(root, 'the file')) {
      const option = names.get(name);
      if (name === 'datasets') {
        for (const [dataset, described, where] of this.#entries(value ?? at, '"datasets"'))
          datasets.set(dataset, this.#dataset(dataset, described ?? where, where));
      } else if (name === 'sources') {
        for (const [source, described, where] of this.#entries(value ?? at, '"sources"'))
          sources.push(this.#source(source, described, where));
      } else if (option === undefined) {
        this.#unknown(name, at, [...names.keys(), 'datasets', 'sources']);
      } else {
        this.#option(option, value, at, values);
      }
    }
    return { path, options: values, datasets, sources };
  }

  /** Its URL alone, or its entries. */
  #source(name: string, described: Node | null, at: Node): NamedSource {
    const nameProblem = sourceNameProblem(name);
    if (nameProblem !== null) this.#mistakeAt(at, `a source cannot be called "${name}": ${nameProblem}`);
    const texts = new Map<string, string>();
    const patience = new Map<OptionName, string>();
    const own = new Map(Object.values(patienceOptions).map((option) => [flagName(option), option]));
    let paused = false;
    const short = this.#text(described);
    if (short !== null) texts.set('url', short);
    else {
      for (const [entry, value, where] of this.#entries(described ?? at, `"${name}"`)) {
        const option = own.get(entry);
        if (option !== undefined) this.#option(option, value, where, patience);
        else if (entry === 'paused') paused = this.#boolean(entry, value, where) ?? false;
        else if (Object.hasOwn(sourceEntries, entry)) texts.set(entry, this.#needed(entry, value, where));
        else this.#unknown(entry, where, [...Object.keys(sourceEntries), ...own.keys()]);
      }
    }
    const url = texts.get('url') ?? '';
    const problem = texts.has('url') ? sourceUrlProblem(url) : 'it must be said';
    if (problem !== null)
      this.#mistakeAt(
        described ?? at,
        `the url of "${name}" cannot be "${withoutPassword(url)}": ${problem}`,
      );
    const kind = texts.get('kind') ?? null;
    if (kind !== null && sourceKindOf(kind) === null)
      this.#mistakeAt(described ?? at, `kind: it must be one of ${sourceKinds.join(', ')}`);
    return {
      ...{ name, url, paused },
      kind: kind === null ? null : sourceKindOf(kind),
      table: texts.get('table') ?? null,
      tokenFile: texts.get('token-file') ?? null,
      patience: ownPatience(patience),
    };
  }

  #needed(entry: string, value: Node | null, at: Node): string {
    const text = this.#text(value);
    if (text !== null && text !== '') return text;
    this.#mistakeAt(value ?? at, `${entry}: it must be at least one character`);
    return '';
  }

  #dataset(name: string, described: Node, at: Node): DatasetConfig {
    const values = new Map<OptionName, string>();
    const names = new Map(readingOptions.map((option) => [flagName(option), option]));
    const lists = new Map<string, readonly string[]>();
    let types: DatasetPlan['types'] = null;
    let header: boolean | null = null;
    // An empty description is one of nothing but the name.
    const isEmpty = described === at || (isScalar(described) && described.value === null);
    for (const [entry, value, where] of isEmpty ? [] : this.#entries(described, `"${name}"`)) {
      const option = names.get(entry);
      if (entry === 'key' || entry === 'count-by' || entry === 'columns') {
        lists.set(entry, this.#names(entry, value, where));
      } else if (entry === 'types') {
        types = this.#types(value, where);
      } else if (entry === 'header') {
        header = this.#boolean(entry, value, where);
      } else if (option === undefined) {
        this.#unknown(entry, where, [...Object.keys(datasetEntries), ...names.keys()]);
      } else {
        this.#option(option, value, where, values);
      }
    }
    const [key = null, countBy = null, columns = null] = ['key', 'count-by', 'columns'].map((list) =>
      lists.get(list),
    );
    const plan = { name, key, countBy, columns, types };
    this.#checkPlan(plan, at);
    return { plan, options: values, header };
  }

  /** Columns that are not listed are for the first file to say; the rest is checked as if those that are named were there. */
  #checkPlan(plan: DatasetPlan, at: Node): void {
    const named = [...(plan.key ?? []), ...(plan.countBy ?? []), ...(plan.types?.keys() ?? [])];
    const dataset = planDataset(plan, plan.columns ?? [...new Set(['?', ...named])]);
    if (typeof dataset === 'string') this.#mistakeAt(at, `"${plan.name}": ${dataset}`);
  }

  #option(option: OptionName, value: Node | null, at: Node, into: Map<OptionName, string>): void {
    const text = this.#text(value);
    const { kind } = options[option];
    if (text === null || kind.read(text) === null)
      this.#mistakeAt(
        value ?? at,
        `${flagName(option)}${text === null ? '' : ` cannot be "${text}"`}: ${kind.expected}`,
      );
    else into.set(option, text);
  }

  #names(entry: string, value: Node | null, at: Node): readonly string[] {
    const list = this.#resolved(value);
    const items = isSeq(list) ? (list.items as Node[]).map((item) => this.#text(item)) : [this.#text(list)];
    const names = items.filter((item) => item !== null && item !== '');
    if (names.length === items.length) return names as string[];
    this.#mistakeAt(
      value ?? at,
      `${entry}: it must be the name of a column, or a list of names such as [sku, shop]`,
    );
    return [];
  }

  #types(value: Node | null, at: Node): DatasetPlan['types'] {
    const types = new Map();
    for (const [column, type, where] of this.#entries(value ?? at, '"types"')) {
      const read = typedColumns.read(`x=${this.#text(type) ?? ''}`)?.get('x');
      if (read === undefined)
        this.#mistakeAt(
          type ?? where,
          `the type of "${column}" ${typedColumns.expected.replace(/^.*; types are/, 'must be one of')}`,
        );
      else types.set(column, read);
    }
    return types;
  }

  #boolean(entry: string, value: Node | null, at: Node): boolean | null {
    const text = this.#text(value);
    if (text === 'true' || text === 'false') return text === 'true';
    this.#mistakeAt(value ?? at, `${entry}: it must be true or false`);
    return null;
  }

  /** The entries of a map, in their order, names as they are written. */
  #entries(given: Node, what: string): Entries {
    const node = this.#resolved(given);
    if (!isMap(node)) {
      this.#mistakeAt(given, `${what} must hold names with their values, such as "threads: 4"`);
      return [];
    }
    return (node as YAMLMap<Node, Node | null>).items.map(({ key, value }) => [
      this.#text(key) ?? '',
      value,
      key,
    ]);
  }

  /** What a scalar says, letter by letter: `0017` stays what it is. */
  #text(given: Node | null): string | null {
    const node = this.#resolved(given);
    if (!isScalar(node) || node.value === null) return null;
    return typeof node.value === 'string' ? node.value : (node.source ?? null);
  }

  #resolved(node: Node | null): Node | null {
    return node instanceof Alias ? ((node.resolve(this.#document) as Node | undefined) ?? null) : node;
  }

  #unknown(name: string, at: Node, known: readonly string[]): void {
    this.#mistakeAt(at, `"${name}" is not known here; it must be one of ${known.join(', ')}`);
  }

  #mistakeAt(node: Node, message: string): void {
    this.#mistake(node.range?.[0] ?? 0, message);
  }

  #mistake(offset: number, message: string): void {
    this.mistakes.push(`line ${this.#lines.linePos(offset).line}: ${message}`);
  }
}
