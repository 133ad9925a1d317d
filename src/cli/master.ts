import { userCacheFolder } from '../config/cache-folder.ts';
import { type DatabaseUrl, databaseUrl } from '../config/database-url.ts';
import { type NamedSource, parseSource } from '../config/source-names.ts';
import { spoolFolderOf } from '../config/spool-folder.ts';
import type { MasterOptions } from '../processes/master.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { redactedUrl } from '../runtime/redacted-url.ts';
import type { SourcePatience } from '../schema/source-patience.ts';
import { type CommandSpec, exitStatus, type Given } from './command.ts';
import { datasetOptions, engineOptions, importOptions, readingPatience, tableOptions } from './import.ts';
import { printLine } from './terminal.ts';

export const masterPort = 5000;

/** Options of every command that runs a master. */
export const masterOptionNames = [
  ...(['db', ...datasetOptions] as const),
  ...([
    'port',
    'host',
    'token',
    'senseInterval',
    'senseTimeout',
    'rereadInterval',
    'connectTimeout',
    'stallTimeout',
    'drainTime',
    'logLevel',
    'spoolFolder',
    'spoolSize',
    'uploadLimit',
    'allowPrivateSources',
    'allowedHosts',
    'queueDb',
    'advertise',
  ] as const),
  ...importOptions.filter((name) => name !== 'db'),
];

export const masterCommand: CommandSpec = {
  name: 'master',
  summary: 'sense data sources and import what changes',
  description: `Senses data sources side by side, and imports each file that is not published as it is now, until Ctrl-C. Sources are
those of --source, of longhaul.yaml, and those that the database remembers ("longhaul sources add"), which may come and go meanwhile:
  http://… of "longhaul source", of a server with /sense and /read, of a CSV
  a path: a file, or a folder whose files are watched
A server of your own needs two answers: /sense → {"status":1} when there is something new, else 0, and /read → the CSV. Give it
Content-Length, or "bytes" beside the status: an answer without a length that breaks off looks whole, unless it ends inside quotes.
A source that is slow, down or answers nonsense delays no other; it is asked ever less often, and comes back by itself. A version
that changes while it is read or imported gives way to the next one. While it runs nobody else can import into this database;
edits go on. Killed at any moment, it goes on where it was.
  /api/status: sources, files, states, and how far the import in hand is
  /api/openapi.json: all other routes: rows, counts, edits, runs, sources, uploads
  /healthz, /readyz, /metrics: for whoever watches over it
The token that a source wants stands in LONGHAUL_TOKEN_NAME (of shop-1: LONGHAUL_TOKEN_SHOP_1), or in the file that token-file
names in longhaul.yaml.`,
  examples: [
    ['longhaul master --source shop=http://shop.example:5001', 'one source, into longhaul.db'],
    ['longhaul master --source a=http://127.0.0.1:5001 --source b=data/b.csv', 'several; a later run wins'],
    [
      'longhaul master --db postgres://ann@db.example/shop',
      'the sources that longhaul.yaml and the database name',
    ],
    ['curl http://127.0.0.1:5000/api/status', 'what it does at the moment'],
  ],
  options: masterOptionNames,
  extra: [
    ['--source <name=url>', 'a source to sense; it goes before another one of this name', 'repeatable'],
    ['--no-header', 'the first record is data; --columns says what its fields are'],
  ],
  async run(_args, given, invocation) {
    const { stdout, stderr } = invocation.terminal;
    const options = masterOptions(given, given.value('port') ?? masterPort, sourcesOf(given));
    // Only here: a server and its libraries would make every other command start later.
    const { runMaster } = await import('../processes/master.ts');
    const watcher = {
      onListening: (url: string) =>
        printLine(stdout, given.has('json') ? JSON.stringify({ listening: url }) : `listening on ${url}`),
      onEvent: () => undefined,
    };
    await runMaster(options, stderr, watcher, invocation.signal);
    return invocation.stoppedBy === 'SIGINT' ? exitStatus.interrupted : exitStatus.done;
  },
};

/** Those of the command line, then those of the config under other names. */
function sourcesOf(given: Given): NamedSource[] {
  const named = given.texts('source').map(parseSource);
  const names = new Set(named.map(({ name }) => name));
  if (names.size < named.length) {
    const twice = named.find(({ name }, index) => named.findIndex((other) => other.name === name) < index);
    const message = `--source names "${twice?.name ?? ''}" twice`;
    throw LonghaulError.of('bad_usage', { message, command: 'master ' });
  }
  return [...named, ...given.sources.filter(({ name }) => !names.has(name))];
}

function patienceOf(given: Given): SourcePatience {
  const ms = (option: 'senseInterval' | 'senseTimeout' | 'rereadInterval'): number =>
    Math.round(given.value(option) * 1000);
  return {
    ...{ senseIntervalMs: ms('senseInterval'), senseTimeoutMs: ms('senseTimeout') },
    ...{ rereadMs: ms('rereadInterval'), ...readingPatience(given) },
  };
}

export function masterOptions(given: Given, port: number, sources: readonly NamedSource[]): MasterOptions {
  const usualTable = given.value('table');
  const names = new Set([usualTable, ...given.tables]);
  const { plan: _, ...otherTables } = tableOptions(given.ofOtherTables());
  return {
    ...engineOptions(given),
    ...{ port, sources, usualTable, otherTables, advertise: given.value('advertise'), queue: queueOf(given) },
    tables: Array.from(names, (name) => tableOptions(given.ofTable(name))),
    host: given.value('host'),
    token: given.value('token'),
    allowedHosts: given.value('allowedHosts'),
    patience: patienceOf(given),
    drainMs: given.value('drainTime') * 1000,
    logLevel: given.has('quiet') ? 'error' : given.value('logLevel'),
    spoolFolder:
      given.value('spoolFolder') ?? spoolFolderOf(databaseUrl(given.value('db')), userCacheFolder()),
    spoolBytes: given.value('spoolSize'),
    uploadBytes: given.value('uploadLimit'),
    allowsPrivateSources: given.value('allowPrivateSources'),
  };
}

/** Where the queue of chunks is; null: in the database itself. */
export function queueOf(given: Given): DatabaseUrl | null {
  const url = given.value('queueDb');
  if (url === null) return null;
  const queue = databaseUrl(url);
  if (queue.engine === 'postgres') return queue;
  throw LonghaulError.of('bad_option', {
    option: '--queue-db',
    value: redactedUrl(url),
    expected: 'it must be postgres://user@host/database',
  });
}
