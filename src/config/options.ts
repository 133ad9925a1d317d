/**
 * Every option in one table: from it come validation, environment names, `--help` and the option pages. An option on the
 * command line goes before the environment, that before the default.
 */
import { availableParallelism } from 'node:os';
import { LonghaulError } from '../runtime/errors.ts';
import { type LogLevel, logLevels } from '../runtime/log-levels.ts';
import { columnTypes } from '../schema/dataset.ts';
import { defaultRejectLimit, limitText, type RejectLimit } from '../schema/reject-limit.ts';
import {
  bytes,
  encodingName,
  hostNames,
  httpAddress,
  integer,
  names,
  oneByte,
  oneByteOrNone,
  oneOf,
  onOrOff,
  percent,
  seconds,
  text,
  token,
  typedColumns,
  type ValueKind,
} from './values.ts';

interface OptionEntry<Value> {
  /** As it stands in `--help`. */
  readonly flags: string;
  readonly text: string;
  readonly kind: ValueKind<Value>;
  readonly fallback: Value;
  /** What the help says the default is. */
  readonly fallbackText: string;
}

function option<Value>(
  flags: string,
  help: string,
  kind: ValueKind<Value>,
  fallback: Value,
  fallbackText = String(fallback),
): OptionEntry<Value> {
  return { flags, text: help, kind, fallback, fallbackText };
}

const rejectLimit: ValueKind<RejectLimit> = {
  expected: 'it must be a number of records such as 100, or a percentage such as 5%',
  read(value) {
    const part = percent.read(value);
    if (part !== null) return { kind: 'part', part, atLeast: 0 };
    const number = integer(0, Number.MAX_SAFE_INTEGER).read(value);
    return number === null ? null : { kind: 'number', number };
  },
};

export const options = {
  db: option(
    '--db <url>',
    'the database: sqlite:PATH, or postgres://user@host/database with ?schema=NAME if wanted',
    text,
    'sqlite:longhaul.db',
  ),
  config: option(
    '--config <file>',
    'a file that says options and describes tables',
    text,
    'longhaul.yaml',
    'longhaul.yaml, if it is there',
  ),
  table: option('--table <name>', 'the table', text, 'products'),
  key: option(
    '--key <columns>',
    'of a new table: the columns that identify a row; without any, a file replaces the rows of its last version',
    names,
    null,
    'none; of products sku',
  ),
  countBy: option(
    '--count-by <columns>',
    'of a new table: for each of these columns keep the number of rows per value',
    names,
    null,
    'none; of products name',
  ),
  types: option(
    '--types <column=type,...>',
    `of a new table: columns that are not text (${columnTypes.join(', ')})`,
    typedColumns,
    null,
    'all text',
  ),
  threads: option(
    '--threads <n>',
    'threads that parse and sort',
    integer(1, 64),
    availableParallelism(),
    'one a core',
  ),
  chunkSize: option(
    '--chunk-size <size>',
    'bytes of the file that one thread takes at a time',
    bytes('64KiB', '64MiB'),
    8 * 2 ** 20,
    '8MiB',
  ),
  maxRecordSize: option(
    '--max-record-size <size>',
    'longest record; longer ones are rejected unread',
    bytes('64B', '64MiB'),
    8 * 2 ** 20,
    '8MiB',
  ),
  stagingMemory: option(
    '--staging-memory <size>',
    'staged rows that may wait in memory; beyond it they wait in files beside the database',
    bytes('0B', '1TiB'),
    128 * 2 ** 20,
    '128MiB',
  ),
  publishPartitions: option(
    '--publish-partitions <n>',
    'PostgreSQL only: publish a run that is too large to wait in memory in so many ranges of keys, side by side; readers may see some of them new and others old meanwhile',
    integer(1, 1024),
    1,
    '1: all of it in one step',
  ),
  maxRejects: option(
    '--max-rejects <n|p%>',
    'fail, and change nothing, when more records than this are rejected',
    rejectLimit,
    defaultRejectLimit,
    limitText(defaultRejectLimit),
  ),
  delimiter: option('--delimiter <char>', 'what stands between two fields', oneByte, 0x2c, ','),
  quote: option(
    '--quote <char>',
    'what opens and closes a quoted field; none: quotes are data',
    oneByteOrNone,
    0x22,
    '"',
  ),
  escape: option(
    '--escape <char>',
    'what makes the next character inside quotes plain text; none: a quote is written twice',
    oneByteOrNone,
    'none',
  ),
  columns: option(
    '--columns <names>',
    'with --no-header: what the fields are, in their order',
    names,
    null,
    'the columns of the table',
  ),
  encoding: option(
    '--encoding <name>',
    'how the file writes its characters: utf-16le, windows-1252, shift_jis, …; UTF-16 with its mark at the beginning is known without',
    encodingName,
    'utf-8',
  ),
  host: option(
    '--host <address>',
    'the address to listen on; one that other machines can reach needs --token',
    text,
    '127.0.0.1',
  ),
  port: option(
    '--port <n>',
    'the port to listen on; 0: one that is free',
    integer(0, 65_535) as ValueKind<number | null>,
    null,
    '5001 of a source, 5000 of a master',
  ),
  token: option(
    '--token <text>',
    'what whoever asks has to send ("Authorization: Bearer TEXT"); better given in the environment, where nobody else sees it',
    token,
    null,
    'none',
  ),
  queueDb: option(
    '--queue-db <url>',
    'where the chunks for workers queue, if not in the database itself: postgres://… with ?schema=NAME if wanted; the same for the master and all workers',
    text as ValueKind<string | null>,
    null,
    'the database',
  ),
  advertise: option(
    '--advertise <url>',
    'where workers reach this master, for what only it can read',
    httpAddress as ValueKind<string | null>,
    null,
    'the address that it listens on',
  ),
  master: option('--master <url>', 'where the master is', httpAddress, 'http://127.0.0.1:5000'),
  cacheFolder: option(
    '--cache-folder <folder>',
    'where manifests are kept, so that a restart does not hash again',
    text as ValueKind<string | null>,
    null,
    "longhaul in the user's cache folder",
  ),
  cacheSize: option(
    '--cache-size <size>',
    'what is kept there at most; what was not used for longest goes first',
    bytes('0B', '1TiB'),
    256 * 2 ** 20,
    '256MiB',
  ),
  senseInterval: option(
    '--sense-interval <s>',
    'seconds between two looks at a source that answers; a tenth more or less',
    seconds(0.05, 86_400),
    2,
  ),
  senseTimeout: option(
    '--sense-timeout <s>',
    'seconds after which a source that has not answered a sense is slow, and asked less often',
    seconds(0.05, 3600),
    10,
  ),
  rereadInterval: option(
    '--reread-interval <s>',
    'seconds after which all is read again of a source that does not surely tell what has changed (a plain one; a URL without a strong ETag)',
    seconds(1, 31_536_000),
    3600,
  ),
  connectTimeout: option(
    '--connect-timeout <s>',
    'seconds until a connection to a source has to stand',
    seconds(0.05, 600),
    10,
  ),
  stallTimeout: option(
    '--stall-timeout <s>',
    'seconds for which a source may say nothing in the middle of an answer; slow but steady is fine',
    seconds(0.05, 3600),
    30,
  ),
  spoolFolder: option(
    '--spool-folder <folder>',
    'where files from elsewhere are brought to before they are imported',
    text as ValueKind<string | null>,
    null,
    'DATABASE.spool beside an SQLite database; a folder named by the PostgreSQL database in the cache folder of the user',
  ),
  spoolSize: option(
    '--spool-size <size>',
    'what may lie there at most',
    bytes('1MiB', '1PiB'),
    64 * 2 ** 30,
    '64GiB',
  ),
  uploadLimit: option(
    '--upload-limit <size>',
    'the largest file that may be uploaded',
    bytes('1KiB', '1PiB'),
    16 * 2 ** 30,
    '16GiB',
  ),
  allowPrivateSources: option(
    '--allow-private-sources',
    'let sources that are given through the API be anywhere: at private addresses, on this machine, files and folders of it',
    onOrOff,
    false,
  ),
  allowedHosts: option(
    '--allowed-hosts <names>',
    'without a token: names besides localhost by which this server may be asked, such as that of a proxy before it',
    hostNames,
    [],
    'none',
  ),
  drainTime: option(
    '--drain-time <s>',
    'seconds that what is in hand (reads of a source, the import of a master) gets to finish after Ctrl-C',
    integer(0, 86_400),
    30,
  ),
  logLevel: option(
    '--log-level <level>',
    `what is logged to standard error, one JSON object a line: ${logLevels.join(', ')}`,
    oneOf<LogLevel>(logLevels),
    'info',
  ),
  limit: option('--limit <n>', 'how many to show at most', integer(1, 1_000_000_000), 20),
  records: option('--records <n>', 'records to write', integer(0, 4_294_967_295), 500_000),
  seed: option(
    '--seed <n>',
    'another seed gives other records; the same seed the same bytes',
    integer(0, 4_294_967_295),
    1,
  ),
  changed: option(
    '--changed <p%>',
    'give this part of the records another description: the next version of the same file',
    percent,
    0,
    '0%',
  ),
} as const;

export type OptionName = keyof typeof options;
export type OptionValue<Name extends OptionName> = (typeof options)[Name]['fallback'];

/** The environment variable of an option: `--chunk-size` is LONGHAUL_CHUNK_SIZE. */
export function environmentName(name: OptionName): string {
  return `LONGHAUL_${flagName(name).replaceAll('-', '_').toUpperCase()}`;
}

/** An option's name as it is written: `chunk-size`. */
export function flagName(name: OptionName): string {
  return options[name].flags.replace(/^--/, '').replace(/ .*$/, '');
}

/**
 * The value of an option, from what was given on the command line, else the environment, else what a checked config says,
 * else its default.
 */
export function optionValue<Name extends OptionName>(
  name: Name,
  given: string | undefined,
  configured?: string,
): OptionValue<Name> {
  const fromEnvironment = given === undefined;
  const value = given ?? process.env[environmentName(name)] ?? configured;
  const { kind, fallback } = options[name] as OptionEntry<OptionValue<Name>>;
  if (value === undefined) return fallback;
  const read = kind.read(value);
  if (read !== null) return read;
  throw LonghaulError.of('bad_option', {
    option: fromEnvironment ? environmentName(name) : `--${flagName(name)}`,
    value,
    expected: kind.expected,
  });
}
