import { resolve } from 'node:path';
import { sourceKindOf, withoutPassword } from '../config/source-names.ts';
import { addSource, pauseSource, removeSource } from '../processes/sources.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { isHttpAddress, redactedUrl } from '../runtime/redacted-url.ts';
import { sourceKinds } from '../schema/source-kinds.ts';
import { sourceNameProblem, sourceUrlProblem } from '../schema/source-names.ts';
import { type CommandSpec, exitStatus, type Given } from './command.ts';
import { printLine } from './terminal.ts';

const told = {
  add: 'added',
  pause: 'paused',
  resume: 'resumed',
  remove: 'removed; what was published of it stays',
} as const;

export const sourcesCommand: CommandSpec = {
  name: 'sources',
  args: '<what> <name> [url]',
  summary: 'add, pause, resume and remove sources',
  description: `Changes the sources that a master of this database senses, also while it runs:
  add <name> <url>    one more: http://… of a server or a CSV, a file, a folder
  pause <name>        leave it alone for the time being
  resume <name>       sense it again
  remove <name>       forget it; the rows that it has brought stay
"longhaul show sources" lists them. Sources of longhaul.yaml and of "longhaul master --source" are added and removed there, and go
before one of the same name here; they are paused and resumed here as well, by their names.`,
  examples: [
    ['longhaul sources add shop http://shop.example:5001', 'the master senses it within seconds'],
    ['longhaul sources add depot /srv/depot --table orders --kind folder', 'a folder of this machine'],
    ['longhaul sources pause shop', 'until "longhaul sources resume shop"'],
  ],
  options: ['db', 'config', 'table'],
  extra: [
    [
      '--kind <kind>',
      `with add: what it is (${sourceKinds.join(', ')}), where that is not to be found out by asking it`,
    ],
    ['--token-file <file>', 'with add: the file that holds the token it wants, and nothing else'],
  ],
  async run([what = '', name = '', url], given, { terminal }) {
    if (!Object.hasOwn(told, what)) {
      const expected = `it must be one of ${Object.keys(told).join(', ')}`;
      throw LonghaulError.of('bad_option', { option: 'sources', value: what, expected });
    }
    const action = what as keyof typeof told;
    if ((action === 'add') !== (url !== undefined)) {
      const message =
        action === 'add' ? 'sources add needs a name and a url' : `sources ${what} needs a name only`;
      throw LonghaulError.of('bad_usage', { message, command: 'sources ' });
    }
    const database = given.value('db');
    switch (action) {
      case 'add':
        await addSource(database, newSource(name, url ?? '', given));
        break;
      case 'remove':
        await removeSource(database, name);
        break;
      default:
        await pauseSource(database, name, action === 'pause', given.sources);
    }
    const { stdout } = terminal;
    if (given.has('json'))
      printLine(stdout, JSON.stringify({ database: redactedUrl(database), source: name, done: action }));
    else printLine(stdout, `${name}: ${told[action]}`);
    return exitStatus.done;
  },
};

function newSource(name: string, url: string, given: Given) {
  const refuse = (option: string, value: string, expected: string): never => {
    throw LonghaulError.of('bad_option', { option, value: withoutPassword(value), expected });
  };
  const nameProblem = sourceNameProblem(name);
  if (nameProblem !== null) refuse('the name', name, nameProblem);
  const urlProblem = sourceUrlProblem(url);
  if (urlProblem !== null) refuse('the url', url, urlProblem);
  const kind = given.text('kind') ?? null;
  if (kind !== null && sourceKindOf(kind) === null)
    refuse('--kind', kind, `it must be one of ${sourceKinds.join(', ')}`);
  const tokenFile = given.text('tokenFile') ?? null;
  return {
    ...{ name, kind, table: given.value('table'), guarded: false },
    // The master may have been started in another folder.
    url: isHttpAddress(url) ? url : resolve(url),
    tokenFile: tokenFile === null ? null : resolve(tokenFile),
  };
}
