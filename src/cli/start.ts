import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { userCacheFolder } from '../config/cache-folder.ts';
import type { NamedSource } from '../config/source-names.ts';
import type { SourceServerOptions } from '../processes/source-server.ts';
import { type CommandSpec, exitStatus, type Given, type Invocation } from './command.ts';
import { generate, sampleText } from './generate.ts';
import { masterOptionNames, masterOptions, masterPort } from './master.ts';
import { sourceServerOptions } from './source.ts';
import { printLine } from './terminal.ts';
import { WatchDisplay } from './watch-display.ts';

const sourceNames = ['source-1', 'source-2'] as const;
const pathOf = (name: string): string => join('data', name, 'products.csv');

export const startCommand: CommandSpec = {
  name: 'start',
  summary: 'see it all at work: two data sources and a master, in one process',
  description: `Makes ${sourceNames.map(pathOf).join(' and ')} (half a million products each) where they are missing, hosts the two
folders as data sources on the two ports after --port, and runs a master on --port, which imports both, prints the receipts, and goes
on sensing until Ctrl-C. Change one of the files, and it is imported within seconds. "npm start" runs this.`,
  examples: [
    ['longhaul start', 'a master on port 5000, sources on 5001 and 5002'],
    [
      `echo 'Ann,a-sku-of-mine,"text"' >> ${pathOf(sourceNames[0])}`,
      'in another terminal: imported within seconds',
    ],
    ['longhaul show products a-sku-of-mine', 'which source, file and line has brought it'],
  ],
  options: [...masterOptionNames.filter((name) => name !== 'logLevel' && name !== 'host'), 'records'],
  async run(_args, given, invocation) {
    const { terminal } = invocation;
    await makeSamples(given, invocation);
    const display = await WatchDisplay.open(terminal, { quiet: given.has('quiet'), json: given.has('json') });
    const port = given.value('port') ?? masterPort;
    // Only here: a server and its libraries would make every other command start later.
    const { hostFolder } = await import('../processes/source-server.ts');
    const { runMaster } = await import('../processes/master.ts');
    const failing = new AbortController();
    const signal = AbortSignal.any([invocation.signal, failing.signal]);
    const listening = (what: string, url: string): void =>
      display.line(given.has('json') ? JSON.stringify({ [what]: url }) : `${what}: listening on ${url}`);
    const running: Promise<void>[] = [];
    /** What has failed ends all others. */
    const run = (service: Promise<void>): void => {
      running.push(
        service.catch((error: unknown) => {
          failing.abort();
          throw error;
        }),
      );
    };
    const urls = sourceNames.map((name, index) => {
      const { promise, resolve } = Promise.withResolvers<string>();
      const options = hosting(given, name, port === 0 ? 0 : port + 1 + index);
      run(hostFolder(options, terminal.stderr, resolve, signal));
      return promise;
    });
    const sources = await Promise.race([Promise.all(urls), Promise.all(running).then(() => null)]).catch(
      () => null,
    );
    if (sources !== null) {
      for (const [index, url] of sources.entries()) listening(sourceNames[index] ?? '', url);
      const options = { ...masterOptions(given, port, named(sources)), logLevel: 'silent' as const };
      const watcher = {
        onListening: (url: string) => {
          listening('master', url);
          if (given.has('json')) return;
          display.line('both sources are watched from now on; Ctrl-C ends it');
          display.line(`\n  Open ${url} in a browser: watch the import, find and edit products\n`);
        },
        onEvent: (event: Parameters<WatchDisplay['show']>[0]) => display.show(event),
      };
      run(runMaster(options, terminal.stderr, watcher, signal));
    }
    const ended = await Promise.allSettled(running);
    display.end();
    const failed = ended.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return invocation.stoppedBy === 'SIGINT' ? exitStatus.interrupted : exitStatus.done;
  },
};

async function makeSamples(given: Given, invocation: Invocation): Promise<void> {
  const { stdout, stderr } = invocation.terminal;
  for (const [index, name] of sourceNames.entries()) {
    const path = pathOf(name);
    if (existsSync(path)) continue;
    if (!given.has('quiet')) printLine(stderr, `making ${path} …`);
    mkdirSync(dirname(path), { recursive: true });
    const sample = await generate(path, given.value('records'), index + 1, 0, invocation);
    if (!given.has('json')) printLine(stdout, `${path}: ${sampleText(sample)}`);
  }
}

function named(urls: readonly string[]): NamedSource[] {
  return urls.map((url, index) => ({
    ...{ name: sourceNames[index] ?? '', url, kind: 'longhaul' as const },
    ...{ table: null, tokenFile: null, paused: false, patience: {} },
  }));
}

/** The sources of this command are for its own master only. */
function hosting(given: Given, name: string, port: number): SourceServerOptions {
  return {
    ...sourceServerOptions(given),
    ...{
      folder: dirname(pathOf(name)),
      port,
      host: '127.0.0.1',
      token: null,
      allowedHosts: [],
      logLevel: 'warn',
    },
    cacheFolder: userCacheFolder(),
  };
}
