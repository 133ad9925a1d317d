import { databaseUrl } from '../config/database-url.ts';
import { type CommandSpec, exitStatus } from './command.ts';
import { queueOf } from './master.ts';
import { printLine } from './terminal.ts';

export const workerCommand: CommandSpec = {
  name: 'worker',
  summary: 'stage chunks for a master that uses PostgreSQL',
  description: `Joins the master of a PostgreSQL database, from any machine: takes chunks of the runs under way, reads their bytes from the
source (or from the master, for what only it has), parses and sorts them, and brings their rows to the database, until Ctrl-C. Any number of workers
may come and go; one that is killed loses nothing, its chunks are done by others within 15 seconds. It keeps two connections.
The token that the master wants stands in LONGHAUL_TOKEN; the one that a source wants in LONGHAUL_TOKEN_NAME, else its chunks come from the master.
"longhaul show workers" tells who is there and what they have in hand.`,
  examples: [
    ['longhaul worker --db postgres://ann@db.example/shop', 'one more worker, with a thread a core'],
    [
      'longhaul worker --db postgres://ann@pooler.example:6432/shop',
      'through a pooler that gives out transactions',
    ],
  ],
  options: ['db', 'queueDb', 'threads', 'token', 'drainTime', 'logLevel'],
  async run(_args, given, invocation) {
    const { stdout, stderr } = invocation.terminal;
    const { runWorker } = await import('../processes/worker.ts');
    const { sharedDatabase } = await import('../processes/shared-database.ts');
    const database = sharedDatabase(databaseUrl(given.value('db')), queueOf(given));
    const options = {
      ...{ database, threads: given.value('threads'), token: given.value('token') },
      drainMs: given.value('drainTime') * 1000,
      logLevel: given.has('quiet') ? ('error' as const) : given.value('logLevel'),
    };
    const texts = { waiting: 'waits for a master', working: 'takes chunks' };
    const watcher = {
      onState: (worker: string, state: keyof typeof texts) =>
        printLine(
          stdout,
          given.has('json') ? JSON.stringify({ worker, state }) : `worker ${worker}: ${texts[state]}`,
        ),
    };
    await runWorker(options, stderr, watcher, invocation.signal);
    return invocation.stoppedBy === 'SIGINT' ? exitStatus.interrupted : exitStatus.done;
  },
};
