/**
 * `npm run start:cluster [-- --db postgres://… --port N --records N]`: the demo of `npm start` on PostgreSQL and with three workers, on this machine.
 * Without --db and TEST_PG_URL it starts a server of its own, from the packages for development, whose data goes with it. One Ctrl-C ends all.
 * Chunks are of 1 MiB, so that there are some for each worker in small files as well; what the workers have staged is told whenever they come to rest.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { workerSummaries } from '../src/processes/workers.ts';
import { pause } from '../src/watch/pause.ts';
import { PostgresServer } from '../test/helpers/postgres-server.ts';
import { TempFolder } from '../test/helpers/temp-folder.ts';

const launcher = fileURLToPath(new URL('../bin/longhaul.js', import.meta.url));
const workers = 3;
const lookMs = 500;

const args = process.argv.slice(2);
const at = args.indexOf('--db');
const given = at === -1 ? process.env['TEST_PG_URL'] : args[at + 1];
if (at !== -1) args.splice(at, 2);

/** Ctrl-C is ours to hand on: first the master, which the others serve, ends as it likes. */
function start(command: readonly string[], output: 'inherit' | 'ignore'): ChildProcess {
  const stdio = ['ignore', output, 'inherit'] as const;
  return spawn(process.execPath, [launcher, ...command], { stdio: [...stdio], detached: true });
}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());

async function ended(child: ChildProcess): Promise<number> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? 1;
}

/** A line for each time at which the workers have staged something and have nothing more in hand. */
async function tellOfWorkers(db: string, signal: AbortSignal): Promise<void> {
  let told = 0;
  for (; !signal.aborted; await pause(lookMs, signal)) {
    // Before the first master there is no table of them, and at the end perhaps no server.
    const all = await workerSummaries(db).catch(() => []);
    const staged = all.reduce((sum, { chunks }) => sum + chunks, 0);
    if (staged === told || all.some(({ inHand }) => inHand.length > 0)) continue;
    told = staged;
    const each = all.map(({ worker, chunks, rows }) => `${worker} ${chunks} chunks, ${rows} rows`);
    console.log(`workers have staged ${staged} chunks so far: ${each.join('; ')}`);
  }
}

async function run(db: string): Promise<number> {
  // Workers join the ledger that this makes; else the master would meet none at its first import.
  const made = await ended(start(['init', '--quiet', '--db', db], 'ignore'));
  if (made !== 0) return made;
  const staging = Array.from({ length: workers }, () =>
    start(['worker', '--db', db, '--threads', '1', '--quiet'], 'ignore'),
  );
  console.log(`${workers} workers; "node bin/longhaul.js show workers --db '${db}'" shows them`);
  const demo = start(['start', '--db', db, '--chunk-size', '1MiB', ...args], 'inherit');
  const over = new AbortController();
  const telling = tellOfWorkers(db, over.signal);
  const stop = (): void => void demo.kill('SIGINT');
  interrupted.signal.addEventListener('abort', stop);
  if (interrupted.signal.aborted) stop();
  const status = await ended(demo);
  over.abort();
  await telling;
  for (const worker of staging) worker.kill('SIGTERM');
  await Promise.all(staging.map(ended));
  return status;
}

if (given !== undefined) process.exitCode = await run(given);
else {
  console.log('starting a PostgreSQL server …');
  await using server = await PostgresServer.start(['shared_buffers=256MB', 'max_wal_size=4GB'], {
    isApart: true,
  });
  // Its data goes with it, so what waits for it does as well.
  using folder = new TempFolder();
  args.unshift('--spool-folder', folder.file('spool'));
  process.exitCode = await run(server.url);
}
