/** The pages of docs/reference/, each out of the table that the program itself uses. */
import { type CommandSpec, commonSwitches } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';
import {
  datasetEntries,
  parseConfig,
  patienceOptions,
  readingOptions,
  sourceEntries,
  topOptions,
} from '../../src/config/config-file.ts';
import { environmentName, flagName, type OptionName, options } from '../../src/config/options.ts';
import { type ErrorCode, errorTable } from '../../src/runtime/errors.ts';
import { rejectReasons } from '../../src/schema/rejects.ts';
import { cell, code, written } from './markdown.ts';

export function commandsPage(): string {
  return [
    '# Commands',
    written,
    '',
    'An option on the command line goes before its environment variable, that before the default.',
    '',
    'Every command has:',
    ...commonSwitches.map(([flags, text]) => `* ${code(flags)}: ${text}`),
    ...commands.flatMap(commandSection),
    '',
  ].join('\n');
}

function commandSection(spec: CommandSpec): string[] {
  const usage = ['longhaul', spec.name, spec.args ?? ''].join(' ').trim();
  const extra = (spec.extra ?? []).map(([flags, text]) => `| ${code(flags)} | ${cell(text)} | | |`);
  const rows = spec.options.map((name) => {
    const { flags, text, fallbackText } = options[name];
    return `| ${code(flags)} | ${cell(text)} | ${code(fallbackText)} | ${code(environmentName(name))} |`;
  });
  const table = [...rows, ...extra];
  return [
    '',
    `## ${code(usage)}`,
    '',
    ...spec.description.split('\n').map((line) => (line.startsWith('  ') ? `* ${line.trim()}` : line)),
    ...(table.length === 0
      ? []
      : ['', '| option | meaning | default | environment |', '|---|---|---|---|', ...table]),
    '',
    '```sh',
    ...spec.examples.flatMap(([line, meaning]) => [`# ${meaning}`, line]),
    '```',
  ];
}

/** Checked as the program checks it, so that the example cannot be wrong. */
const configExample = `db: sqlite:shop.db
threads: 4
max-rejects: 1%
datasets:
  orders:
    key: [shop, number]
    count-by: status
    types: { amount: real, paid: boolean, ordered: timestamp }
    delimiter: ';'
  readings:            # no key: a file replaces the rows of its last version
    columns: [sensor, at, value]
    types: { at: timestamp, value: real }
    header: false
sources:
  shop: http://shop.example:5001
  depot:
    url: /srv/depot/orders.csv
    table: orders`;

export function configPage(): string {
  parseConfig(configExample, 'the example');
  const meaning = (name: OptionName): string => `| ${code(flagName(name))} | ${cell(options[name].text)} |`;
  return [
    '# longhaul.yaml',
    written,
    '',
    'What would else be said on every command line: options, the tables that are kept imported, and the sources they come from. It is read from the',
    'folder in which a command is called, or from `--config FILE`. What is on the command line or in the environment goes before it. All of it is',
    'checked before anything is done, and every mistake is told with its line.',
    '',
    '```yaml',
    configExample,
    '```',
    '',
    '| at the top | means |',
    '|---|---|',
    ...topOptions.map(meaning),
    '| `datasets` | tables by their names; of one that is in the database already nothing can be said that it is not |',
    '| `sources` | what `longhaul master` senses, by name: the URL alone, or entries; it goes before what the database remembers under the same name |',
    '',
    '| in a dataset | means |',
    '|---|---|',
    ...Object.entries(datasetEntries).map(([name, text]) => `| ${code(name)} | ${cell(text)} |`),
    ...readingOptions.map(meaning),
    '',
    '| in a source | means |',
    '|---|---|',
    ...Object.entries(sourceEntries).map(([name, text]) => `| ${code(name)} | ${cell(text)} |`),
    ...Object.values(patienceOptions).map(meaning),
    '',
  ].join('\n');
}

/** Stands for a fact that is only known when an error happens; texts show it as its name in capitals. */
function placeholder(name: string): unknown {
  const shown = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter}`).toUpperCase();
  return Object.assign(new String(shown), {
    slice: () => placeholder(name),
    map: (each: (value: string) => string) => [each(shown)],
    replace: () => shown,
  });
}

const placeholders = new Proxy({}, { get: (_, name) => placeholder(String(name)) });

export function errorsPage(): string {
  const rows = (Object.keys(errorTable) as ErrorCode[]).map((name) => {
    const entry = errorTable[name];
    const fill = (text: unknown): string => (text as (facts: object) => string)(placeholders);
    return `| ${code(name)} | ${cell(fill(entry.text))} | ${cell(fill(entry.hint))} | ${entry.httpStatus} | ${entry.retryable ? 'yes' : ''} |`;
  });
  return [
    '# Errors',
    written,
    '',
    'Errors go to standard error as `longhaul: what happened` and `Try: what to do`; receipts carry code and text. What is',
    'known only when it happens stands in capitals. *Again*: the same call can succeed later by itself.',
    '',
    '| code | what happened | Try | HTTP | again |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

export function rejectsPage(): string {
  return [
    '# Reject reasons',
    written,
    '',
    'Why a record can be refused; the first that fits, in this order. A refused record is kept with its line, byte offset and',
    'first bytes, and shown by `longhaul show rejects`. It never ends a run, until there are too many (`--max-rejects`).',
    '',
    '| code | reason |',
    '|---|---|',
    ...Object.entries(rejectReasons).map(([name, reason]) => `| ${code(name)} | ${cell(reason)} |`),
    '',
  ].join('\n');
}
