import { userCacheFolder } from '../config/cache-folder.ts';
import { sourceToken, withoutPassword } from '../config/source-names.ts';
import { spoolFolderOf } from '../config/spool-folder.ts';
import { dialectOf } from '../config/dialect.ts';
import { databaseUrl } from '../config/database-url.ts';
import type { OptionName } from '../config/options.ts';
import { type FileToImport, importFiles, type ImportOptions } from '../processes/import.ts';
import type { EngineOptions, TableOptions } from '../processes/importer.ts';
import { previewOf } from '../processes/preview.ts';
import type { ImportProgress } from '../run/import-file.ts';
import type { Receipt } from '../run/receipt.ts';
import type { SourcePatience } from '../schema/source-patience.ts';
import { systemClock } from '../runtime/clock.ts';
import { asLonghaulError, LonghaulError } from '../runtime/errors.ts';
import { isHttpAddress } from '../runtime/redacted-url.ts';
import { type CommandSpec, exitStatus, type Given, type Invocation } from './command.ts';
import { printError } from './error-text.ts';
import { previewText } from './preview-text.ts';
import { progressDisplay } from './progress.ts';
import { receiptText } from './receipt-text.ts';
import { printLine, visible } from './terminal.ts';

/** Options of every command that imports. */
export const importOptions: readonly OptionName[] = [
  'db',
  'threads',
  'maxRejects',
  'delimiter',
  'quote',
  'escape',
  'encoding',
  'columns',
  'chunkSize',
  'maxRecordSize',
  'stagingMemory',
  'publishPartitions',
];

/** What describes the table to import into. */
export const datasetOptions: readonly OptionName[] = ['config', 'table', 'key', 'countBy', 'types'];

export const importCommand: CommandSpec = {
  name: 'import',
  args: '<file|url...>',
  summary: 'bring CSV files into the database',
  description: `Brings CSV files (with a header, in UTF-8 or --encoding; plain, gzip, zstd, zip or, by a name that ends in .br, brotli) into a table, by default "products", and keeps the number of
products per name. Rows are matched by "sku"; the last record of a sku wins. Rows that are equal already are not
written. A file is published in one step: other programs see all of it or nothing. A file whose content was
published last time is no work. An http:// or https:// address is read into --spool-folder first, and a read that broke off
goes on there the next time. - reads standard input.

Any other table: --table names it, and its first import makes it, with the columns of the file's header. --key says which
columns identify a row (text, never empty), --count-by of which columns to count the rows per value, --types which columns
are not text. A value that its type could not give back is refused (bad_value); an empty field of such a column is NULL.
Without --key a file replaces the rows of its version before. From then on the database knows the table: --table is
enough. longhaul.yaml can say all of it.

A bad record does not stop the import: it is kept with its reason ("longhaul show rejects"). Too many of them do
(--max-rejects), because then it is the wrong file.`,
  examples: [
    ['longhaul import products.csv.gz', 'import one file into longhaul.db'],
    ['longhaul import https://shop.example/products.csv.gz', 'a file that is elsewhere'],
    ['longhaul import --db sqlite:shop.db *.csv', 'several files, published in this order'],
    ['longhaul import --db postgres://ann@db.example/shop products.csv', 'into a PostgreSQL'],
    ['zcat dump.csv.gz | longhaul import - --as dump.csv', 'standard input, under a name of its own'],
    [
      'longhaul import --table orders --key id --count-by status --types amount=real,paid=boolean orders.csv',
      'another table; from then on --table orders is enough',
    ],
    ["longhaul import --delimiter ';' prices.csv", 'fields separated by semicolons'],
    ['longhaul import --no-header --columns sku,name,description a.csv', 'no line that names the columns'],
    ['longhaul import --dry-run prices.csv', 'see how a file would be read before it is imported'],
    ['longhaul import --encoding windows-1252 export.csv', 'a file in another encoding than UTF-8'],
    ['longhaul import --entry prices.csv archive.zip', 'one file of several in a zip archive'],
    ['longhaul import --strict --max-rejects 0 products.csv', 'accept no bad record at all'],
  ],
  options: [
    'db',
    ...datasetOptions,
    ...importOptions.filter((name) => name !== 'db'),
    ...(['spoolFolder', 'spoolSize', 'connectTimeout', 'stallTimeout'] as const),
  ],
  extra: [
    [
      '--as <name>',
      'the name that versions of this content belong to (default: the path; for - "stdin"; needed for <(…), of which the shell makes a path that names something else the next time)',
    ],
    [
      '--token-file <file>',
      'the file that holds the token that the address wants, and nothing else; LONGHAUL_TOKEN_IMPORT in the environment goes before it',
    ],
    ['--entry <name>', 'the file to read in a zip archive that holds several'],
    ['--no-header', 'the first record is data; --columns says what its fields are'],
    [
      '--dry-run',
      'write nothing; show how the file looks, its first rows as they would be stored, and exactly what the import would change',
    ],
    ['--strict', 'exit with status 3 when anything was rejected'],
  ],
  async run(args, given, invocation) {
    return importPaths(args, given, invocation);
  },
};

/** The database, and what an import may use. */
export function engineOptions(given: Given): EngineOptions {
  return {
    database: databaseUrl(given.value('db')),
    threads: given.value('threads'),
    chunkBytes: given.value('chunkSize'),
    maxRecordBytes: given.value('maxRecordSize'),
    stagingMemoryBytes: given.value('stagingMemory'),
    publishPartitions: given.value('publishPartitions'),
  };
}

/** How patiently what is elsewhere is read. */
export function readingPatience(given: Given): Pick<SourcePatience, 'connectMs' | 'silentMs'> {
  const ms = (option: 'connectTimeout' | 'stallTimeout'): number => Math.round(given.value(option) * 1000);
  return { connectMs: ms('connectTimeout'), silentMs: ms('stallTimeout') };
}

/** The table, and how the files are written that go into it. */
export function tableOptions(given: Given): TableOptions {
  return {
    plan: given.plan(),
    dialect: dialectOf({
      delimiter: given.value('delimiter'),
      quote: given.value('quote'),
      escape: given.value('escape'),
      header: given.header(),
    }),
    columns: given.value('columns'),
    encoding: given.value('encoding'),
    rejectLimit: given.value('maxRejects'),
  };
}

/** Imports the named files and prints their receipts. */
export async function importPaths(
  paths: readonly string[],
  given: Given,
  invocation: Invocation,
): Promise<number> {
  const { stdout, stderr } = invocation.terminal;
  const json = given.has('json');
  const engine = engineOptions(given);
  const options = {
    ...engine,
    ...tableOptions(given),
    spoolFolder: given.value('spoolFolder') ?? spoolFolderOf(engine.database, userCacheFolder()),
    spoolBytes: given.value('spoolSize'),
    patience: readingPatience(given),
  };
  const files = filesToImport(paths, given, invocation);
  if (given.has('dryRun')) return previewPaths(options, files, given, invocation);
  if (!given.text('as')) refuseNameless(paths);
  const display = await progressDisplay(stderr, systemClock, given.has('quiet') || json);
  const receipts: Receipt[] = [];
  let status: number = exitStatus.done;
  try {
    await importFiles(
      { ...options, thisThreadHelps: true },
      files,
      {
        onProgress: (label, progress) => display.show(visible(label), progress),
        onResult: ({ receipt, error }) => {
          display.end();
          if (receipt !== null) receipts.push(receipt);
          if (receipt !== null && !json && error === null) {
            for (const line of receiptText(receipt)) printLine(stdout, line);
          }
          if (error !== null) {
            printError(stderr, error, given.has('verbose'));
            status = exitStatus.failed;
          } else if (given.has('strict') && (receipt?.rejected ?? 0) > 0 && status === exitStatus.done) {
            status = exitStatus.rejects;
          }
        },
        onWarning: (message) => {
          display.end();
          printLine(stderr, `longhaul: warning: ${visible(message)}`);
        },
      },
      invocation.signal,
    );
  } finally {
    display.end();
    if (json) printLine(stdout, JSON.stringify({ receipts }));
  }
  return status;
}

async function previewPaths(
  options: ImportOptions,
  files: readonly FileToImport[],
  given: Given,
  { terminal: { stdout, stderr }, signal }: Invocation,
): Promise<number> {
  const previews: object[] = [];
  let status: number = exitStatus.done;
  const display = await progressDisplay(stderr, systemClock, given.has('quiet') || given.has('json'));
  for (const file of files) {
    try {
      const onProgress = (label: string, progress: ImportProgress): void =>
        display.show(visible(label), progress);
      const preview = await previewOf(options, file, onProgress, signal);
      display.end();
      const { error } = preview;
      previews.push({
        ...preview,
        error: error === null ? null : { code: error.code, message: error.message },
      });
      if (!given.has('json')) for (const line of previewText(preview)) printLine(stdout, line);
      if (error !== null) throw error;
    } catch (error) {
      display.end();
      if (signal.aborted) {
        throw LonghaulError.of('interrupted', { advice: 'run the same command again' }, { cause: error });
      }
      printError(stderr, asLonghaulError(error), given.has('verbose'));
      status = exitStatus.failed;
    }
  }
  if (given.has('json')) printLine(stdout, JSON.stringify({ previews }));
  return status;
}

/** What the shell makes of <(…) and of standard input: different content each time, under one path. */
const shellPath = /^\/dev\/(stdin$|fd\/)|^\/proc\/[^/]+\/fd\//;

/** Versions of one file replace each other, so content must not become a version of what it has nothing to do with. */
function refuseNameless(paths: readonly string[]): void {
  const path = paths.find((candidate) => shellPath.test(candidate));
  if (path === undefined) return;
  throw LonghaulError.of('bad_usage', {
    message: `${path} stands for other content each time: add --as NAME to say which file this is a version of`,
    command: 'import ',
  });
}

/** One token is for one server: no other may see it. */
function tokenFor(urls: readonly string[], tokenFile: string | null): string | null {
  const token = urls.length === 0 ? null : sourceToken({ name: 'import', tokenFile });
  const origins = new Set(urls.map((url) => URL.parse(url)?.origin));
  if (token === null || origins.size === 1) return token;
  const message = `the token is for one server, and the addresses are of ${origins.size}`;
  throw LonghaulError.of('bad_usage', { message, command: 'import ' });
}

function filesToImport(paths: readonly string[], given: Given, { terminal }: Invocation): FileToImport[] {
  const [name, entry] = [given.text('as'), given.text('entry')];
  if (name === '') {
    throw LonghaulError.of('bad_option', {
      option: '--as',
      value: name,
      expected: 'it must be at least one character',
    });
  }
  if (name !== undefined && paths.length !== 1) {
    throw LonghaulError.of('bad_usage', {
      message: `--as "${name}" names one file, but ${paths.length} are given`,
      command: 'import ',
    });
  }
  if (paths.filter((path) => path === '-').length > 1) {
    throw LonghaulError.of('bad_usage', {
      message: 'standard input (-) can be read once only',
      command: 'import ',
    });
  }
  if (entry !== undefined && paths.includes('-')) {
    throw LonghaulError.of('bad_usage', {
      message: `--entry "${entry}" is a file in a zip archive, and standard input (-) cannot be one`,
      command: 'import ',
    });
  }
  const other = paths.find((path) => /^[a-z][a-z0-9+.-]*:\/\//i.test(path) && !isHttpAddress(path));
  if (other !== undefined) {
    throw LonghaulError.of('bad_option', {
      option: 'file|url',
      value: withoutPassword(other),
      expected: 'it must be http://HOST…, https://HOST…, or the path of a file',
    });
  }
  const token = tokenFor(paths.filter(isHttpAddress), given.text('tokenFile') ?? null);
  return paths.map((path) => {
    if (path === '-') return { stream: terminal.stdin, name };
    return isHttpAddress(path) ? { url: path, name, entry, token } : { path, name, entry };
  });
}
