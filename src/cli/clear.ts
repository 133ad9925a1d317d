import { createInterface } from 'node:readline/promises';
import { clearDatabase } from '../processes/database.ts';
import { redactedUrl } from '../runtime/redacted-url.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { products } from '../schema/dataset.ts';
import { type CommandSpec, exitStatus, type Invocation } from './command.ts';
import { plural, printLine } from './terminal.ts';

export const clearCommand: CommandSpec = {
  name: 'clear',
  summary: 'empty the database',
  description: `Removes all products, their counts, and all that is known of files and runs. The tables stay. Asks before it
does so; where nobody can be asked it wants --yes.`,
  examples: [['longhaul clear --yes', 'empty longhaul.db without asking']],
  options: ['db'],
  extra: [['--yes', 'do not ask']],
  async run(_args, given, invocation) {
    const { stdout, stderr } = invocation.terminal;
    const url = given.value('db');
    const shownUrl = redactedUrl(url);
    if (!given.has('yes') && !(await confirmed(`Remove all products from ${shownUrl}? [y/N] `, invocation))) {
      printLine(stderr, 'nothing was removed');
      return exitStatus.failed;
    }
    const warn = (message: string): void => printLine(stderr, `longhaul: warning: ${message}`);
    const { rows } = await clearDatabase(url, products, warn);
    if (given.has('json')) printLine(stdout, JSON.stringify({ database: shownUrl, removedRows: rows }));
    else printLine(stdout, `${shownUrl} is empty: ${plural(rows, 'row')} removed`);
    return exitStatus.done;
  },
};

async function confirmed(question: string, { terminal }: Invocation): Promise<boolean> {
  if (!terminal.stdin.isTTY) {
    const message = 'clear removes all products and nobody can be asked here';
    throw LonghaulError.of('bad_usage', { message: `${message}: add --yes`, command: 'clear ' });
  }
  const lines = createInterface({ input: terminal.stdin, output: terminal.stderr });
  // Ctrl-C and Ctrl-D reach the reader of lines, not the process; both are a no.
  const closed = new Promise<string>((resolve) => {
    lines.once('SIGINT', () => {
      printLine(terminal.stderr, '');
      lines.close();
    });
    lines.once('close', () => resolve(''));
  });
  try {
    return /^y(es)?$/i.test((await Promise.race([lines.question(question), closed])).trim());
  } finally {
    lines.close();
  }
}
