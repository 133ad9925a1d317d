/** Servers as their users start them, and how long they take to answer. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../../bin/longhaul.js', import.meta.url));

/** A command that listens. Disposing kills it. */
export class Server implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async start(args: readonly string[]): Promise<Server> {
    const child = spawn(process.execPath, [launcher, ...args, '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    return new Server(child, line.trim().replace('listening on ', ''));
  }

  /** Seconds of a core that it has used so far, in user and system mode, by Linux's own account. */
  get cpuSeconds(): number {
    // After the name, which may hold spaces: state is field 3, utime and stime are 14 and 15, in ticks of 10 ms.
    const [, rest = ''] = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ');
    const fields = rest.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }
}

export interface Answer {
  readonly seconds: number;
  readonly status: number;
  readonly text: string;
}

export const agent = new Agent({ keepAlive: true });

/** Node's plain client on a kept connection: what is measured is the server. */
export async function ask(url: string): Promise<Answer> {
  const start = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  get(url, { agent }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => (text += part));
    response.on('end', () =>
      resolve({ seconds: (performance.now() - start) / 1000, status: response.statusCode ?? 0, text }),
    );
  }).on('error', reject);
  return promise;
}

export function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0;
}

export function percentiles(what: string, values: readonly number[]): string {
  const ms = (part: number): string => (quantile(values, part) * 1000).toFixed(1);
  return `${what}: p50 ${ms(0.5)} ms, p99 ${ms(0.99)} ms, slowest ${ms(1)} ms of ${values.length}`;
}
