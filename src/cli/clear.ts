import { createInterface } from 'node:readline/promises';
import { clearDatabase } from '../processes/database.ts';
import { redactedUrl } from '../runtime/redacted-url.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { type CommandSpec, exitStatus, type Invocation } from './command.ts';
import { plural, printLine, visible } from './terminal.ts';

export const clearCommand: CommandSpec = {
  name: 'clear',
  summary: 'empty the database',
  description: `Removes all products (or all rows of --table), their counts, and all that is known of their files and runs. The tables
stay; one other than products can be described anew by its next import. Asks before it does so; where nobody can be
asked it wants --yes.`,
  examples: [['longhaul clear --yes', 'empty longhaul.db without asking']],
  options: ['db', 'config', 'table'],
  extra: [['--yes', 'do not ask']],
  async run(_args, given, invocation) {
    const { stdout, stderr } = invocation.terminal;
    const url = given.value('db');
    const shownUrl = redactedUrl(url);
    const plan = given.plan();
    const question = `Remove all ${plan.name === 'products' ? 'products' : `rows of ${visible(plan.name)}`} from ${shownUrl}? [y/N] `;
    if (!given.has('yes') && !(await confirmed(question, invocation))) {
      printLine(stderr, 'nothing was removed');
      return exitStatus.failed;
    }
    const warn = (message: string): void => printLine(stderr, `longhaul: warning: ${message}`);
    const { rows } = await clearDatabase(url, plan, warn);
    if (given.has('json')) printLine(stdout, JSON.stringify({ database: shownUrl, removedRows: rows }));
    else printLine(stdout, `${shownUrl}: ${visible(plan.name)} is empty, ${plural(rows, 'row')} removed`);
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
