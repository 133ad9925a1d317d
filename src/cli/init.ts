import { initDatabase } from '../processes/database.ts';
import { redactedUrl } from '../runtime/redacted-url.ts';
import { type CommandSpec, exitStatus } from './command.ts';
import { plural, printLine, visible } from './terminal.ts';

export const initCommand: CommandSpec = {
  name: 'init',
  summary: 'create the database',
  description: `Creates the database and its tables where they are missing, and changes nothing where they are there.
"longhaul import" does the same by itself.`,
  examples: [['longhaul init --db sqlite:shop.db', 'create shop.db in this folder']],
  options: ['db', 'config', 'table', 'key', 'countBy', 'types', 'columns'],
  async run(_args, given, { terminal }) {
    const url = given.value('db');
    const shownUrl = redactedUrl(url);
    const warn = (message: string): void => printLine(terminal.stderr, `longhaul: warning: ${message}`);
    const plan = given.plan();
    const { name, rows, groups } = await initDatabase(url, { plan, columns: given.value('columns') }, warn);
    if (given.has('json')) printLine(terminal.stdout, JSON.stringify({ database: shownUrl, rows, groups }));
    else printLine(terminal.stdout, `${shownUrl} is ready: ${visible(name)} has ${plural(rows, 'row')}`);
    return exitStatus.done;
  },
};
