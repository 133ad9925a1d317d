/** The real command, as a user starts it: `node bin/longhaul.js …` in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';

export const launcher = fileURLToPath(new URL('../../bin/longhaul.js', import.meta.url));

/** A command that takes longer hangs, unless its test says otherwise; it is killed, and its test fails with what it has printed. */
const usuallyLongestMs = 100_000;

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** All of standard input. Without it standard input is empty; `null`: the test writes to `child.stdin`. */
  readonly stdin?: string | Uint8Array | null;
  readonly longestMs?: number;
  /** Another user and group, for what root may do and others may not. */
  readonly uid?: number;
  /** A command that runs it, such as `ip netns exec NAME`. */
  readonly within?: readonly string[];
}

export interface CliResult {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running command. Disposing kills it if it still runs, and waits for its end. */
export class CliProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<CliResult>;
  stdout = '';
  stderr = '';

  constructor(
    args: readonly string[],
    { cwd = tmpdir(), env = {}, stdin = '', uid, within = [], longestMs = usuallyLongestMs }: CliOptions = {},
  ) {
    const [program, ...rest] = [...within, process.execPath, launcher, ...args];
    this.child = spawn(program ?? process.execPath, rest, {
      cwd,
      env: { ...environment(uid), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    const { stdout, stderr, stdin: input } = this.child;
    stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    // A command that needs no more input closes it: no fault of the test.
    input?.on('error', () => undefined);
    if (stdin !== null) input?.end(stdin);
    const { promise, resolve, reject } = Promise.withResolvers<CliResult>();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), longestMs);
    this.child.on('error', reject);
    this.child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, stdout: this.stdout, stderr: this.stderr });
    });
    this.ended = promise;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Waits until the command has taken all of `bytes`, or has ended. */
  async feed(bytes: string | Uint8Array): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.child.stdin?.write(bytes, () => resolve());
    await Promise.race([promise, this.ended]);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits for a condition that this process brings about; fails at once when it ends without. */
  async until(what: string, condition: () => boolean): Promise<void> {
    await eventually(what, () => {
      if (condition()) return true;
      if (this.hasEnded) throw new Error(`the command ended before ${what}: ${this.stdout}${this.stderr}`);
      return false;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.hasEnded) this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** Runs a command to its end. */
export async function longhaul(args: readonly string[], options?: CliOptions): Promise<CliResult> {
  await using command = new CliProcess(args, options);
  return await command.ended;
}

/** Runs `longhaul … --json` and gives back what it printed; fails unless it has ended with `status`. */
export async function longhaulJson<Result>(
  [command, ...args]: readonly [string, ...string[]],
  { status: expected = 0, ...options }: CliOptions & { status?: number } = {},
): Promise<Result> {
  const { status, stdout, stderr } = await longhaul([command, '--json', ...args], options);
  if (status !== expected)
    throw new Error(`longhaul ${command} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Result;
}

/** What is set for whoever runs the tests must not reach the command. */
function environment(uid: number | undefined): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(LONGHAUL_|NODE_|VITEST)/.test(name));
  return {
    ...Object.fromEntries(own),
    LONGHAUL_SRC: '1',
    // Shared by all tests: without it each start compiles all sources again. One that another user may write to is none.
    NODE_COMPILE_CACHE: join(tmpdir(), `longhaul-test-cache-${uid ?? process.getuid?.() ?? 0}`),
  };
}
