/** What can happen to the parts of a cluster, one thing after the other, at random moments. */
import { setTimeout as sleep } from 'node:timers/promises';
import { leaseSeconds } from '../../src/queue/chunk-queue.ts';
import type { Cluster } from './cluster.ts';
import type { PostgresServer } from './postgres-server.ts';
import type { Random } from './random.ts';

const kinds = ['kill', 'kill', 'kill', 'zombie', 'crash', 'restart', 'master'] as const;
type Fault = (typeof kinds)[number];

/** A frozen worker sleeps for longer than its lease. */
const asleepMs = (leaseSeconds + 3) * 1000;

/**
 * Kills workers, freezes one for longer than its lease, crashes and restarts the server, kills the master: each once at least, and
 * workers for as long as `isOver` says no. @returns what was done, in order
 */
export async function disturb(
  cluster: Cluster,
  server: PostgresServer,
  random: Random,
  isOver: () => boolean,
): Promise<Fault[]> {
  const done: Fault[] = [];
  const asleep: Promise<void>[] = [];
  const planned: Fault[] = random.shuffled(kinds);
  while (planned.length > 0 || !isOver()) {
    const fault = planned.shift() ?? 'kill';
    await sleep(500 + random.below(2500));
    const living = cluster.workers.filter(({ hasEnded }) => !hasEnded);
    const victim = living[random.below(living.length)]!;
    done.push(fault);
    switch (fault) {
      case 'kill':
        victim.kill('SIGKILL');
        await victim.ended;
        cluster.startWorker();
        break;
      case 'zombie':
        victim.kill('SIGSTOP');
        asleep.push(sleep(asleepMs).then(() => victim.kill('SIGCONT')));
        break;
      case 'crash':
        await server.crash();
        await server.resume();
        break;
      case 'restart':
        await server.stop();
        await server.resume();
        break;
      case 'master':
        await cluster.master.kill();
        await cluster.master.start();
    }
  }
  await Promise.all(asleep);
  return done;
}
