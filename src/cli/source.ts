import { userCacheFolder } from '../config/cache-folder.ts';
import { dialectOf } from '../config/dialect.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { SourceServerOptions } from '../processes/source-server.ts';
import { type CommandSpec, exitStatus, type Given } from './command.ts';
import { printLine } from './terminal.ts';

const sourcePort = 5001;

export const sourceCommand: CommandSpec = {
  name: 'source',
  args: '<folder>',
  summary: 'host a folder as a data source',
  description: `Hosts the CSV files of a folder and of the folders in it, and says when they change, until Ctrl-C:
  /sense: which files there are, and the version of each (the SHA-256 of its bytes); /sense?since=VERSION says whether anything changed
  /read?file=NAME: the bytes, or a range of them, never part of one version and part of another
  /manifest?file=NAME: where its records can be cut, with a hash for each chunk
  /healthz, /readyz, /metrics: for whoever watches over it
A changed file can be read once it was left alone for 2 s and is hashed. Hidden files, temporary files of editors and
downloads, and links that lead out of the folder are not hosted. How the files are written (--delimiter and so on) decides
where they are cut.`,
  examples: [
    ['longhaul source data', 'host ./data on http://127.0.0.1:5001'],
    ["curl 'http://127.0.0.1:5001/sense'", 'what is there'],
    ["curl -O 'http://127.0.0.1:5001/read?file=products.csv'", 'read a file'],
    [
      'LONGHAUL_TOKEN=… longhaul source data --host 0.0.0.0',
      'for other machines, which then have to send the token',
    ],
  ],
  options: [
    ...([
      'port',
      'host',
      'token',
      'allowedHosts',
      'drainTime',
      'logLevel',
      'cacheFolder',
      'cacheSize',
    ] as const),
    ...(['delimiter', 'quote', 'escape', 'encoding', 'columns', 'chunkSize', 'maxRecordSize'] as const),
  ],
  extra: [['--no-header', 'the first record is data, not the names of the columns']],
  async run([folder = '.'], given, invocation) {
    const { stdout, stderr } = invocation.terminal;
    const options = {
      ...sourceServerOptions(given),
      folder,
      host: given.value('host'),
      port: given.value('port') ?? sourcePort,
      token: given.value('token'),
      allowedHosts: given.value('allowedHosts'),
      cacheFolder: given.value('cacheFolder') ?? userCacheFolder(),
      logLevel: given.has('quiet') ? ('error' as const) : given.value('logLevel'),
    };
    // Only here: a server and its libraries would make every other command start later.
    const { hostFolder } = await import('../processes/source-server.ts');
    const tell = (url: string): void =>
      printLine(stdout, given.has('json') ? JSON.stringify({ listening: url }) : `listening on ${url}`);
    await hostFolder(options, stderr, tell, invocation.signal);
    // Being told to end is how a server ends well; Ctrl-C says 130 as everywhere.
    return invocation.stoppedBy === 'SIGINT' ? exitStatus.interrupted : exitStatus.done;
  },
};

/** What any command that hosts a folder says of its files. */
export function sourceServerOptions(
  given: Given,
): Pick<
  SourceServerOptions,
  'dialect' | 'encoding' | 'chunkBytes' | 'maxRecordBytes' | 'columns' | 'drainMs' | 'cacheBytes'
> {
  const columns = given.value('columns');
  if (columns !== null && given.header()) {
    throw LonghaulError.of('bad_option', {
      option: '--columns',
      value: columns.join(','),
      expected: 'it must stand beside --no-header: a header names the columns itself',
    });
  }
  return {
    dialect: dialectOf({
      delimiter: given.value('delimiter'),
      quote: given.value('quote'),
      escape: given.value('escape'),
      header: given.header(),
    }),
    encoding: given.value('encoding'),
    chunkBytes: given.value('chunkSize'),
    maxRecordBytes: given.value('maxRecordSize'),
    columns: columns?.length ?? null,
    drainMs: given.value('drainTime') * 1000,
    cacheBytes: given.value('cacheSize'),
  };
}
