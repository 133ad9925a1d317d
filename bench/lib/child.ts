/** Times a whole process, from its start to its end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

export interface Measured {
  readonly seconds: number;
  /** Of all its threads, to a hundredth; grows much less than `seconds` when others use the machine. */
  readonly cpuSeconds: number | null;
  /** The most memory the process held at once; null where nobody can tell. */
  readonly peakRssBytes: number | null;
}

export interface ChildResult extends Measured {
  readonly stdout: string;
}

/** The peak of a process that ends within this time of its last growth can be missed. */
const sampleMs = 20;

/** Runs a program to its end. Throws when it fails. */
export async function runChild(
  command: string,
  args: readonly string[],
  { stdin = '' } = {},
): Promise<ChildResult> {
  const cpuBefore = cpuOfEndedChildren();
  const start = process.hrtime.bigint();
  const child = spawn(command, args, { env: environment() });
  const exited = once(child, 'exit').then(() => Number(process.hrtime.bigint() - start) / 1e9);
  const closed = once(child, 'close');
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  // Who fails before it has read all says why by its exit status.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  let peakRssBytes: number | null = null;
  const sample = (): void => {
    peakRssBytes = (child.pid === undefined ? null : peakSoFar(child.pid)) ?? peakRssBytes;
  };
  const sampler = setInterval(sample, sampleMs);
  try {
    const [seconds] = await Promise.all([exited, closed]);
    if (child.exitCode !== 0) {
      throw new Error(`${command} ended with status ${child.exitCode}:\n${output.stderr}${output.stdout}`);
    }
    const cpuAfter = cpuOfEndedChildren();
    const cpuSeconds = cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore;
    return { seconds, cpuSeconds, peakRssBytes, stdout: output.stdout };
  } finally {
    clearInterval(sampler);
  }
}

/** Seconds in user and system mode of all children that were waited for, by Linux's own account. */
function cpuOfEndedChildren(): number | null {
  try {
    // After the name, which may hold spaces: state is field 3, cutime and cstime are 16 and 17, in ticks of 10 ms.
    const [, rest = ''] = readFileSync('/proc/self/stat', 'utf8').split(') ');
    const fields = rest.split(' ');
    return (Number(fields[13]) + Number(fields[14])) / 100;
  } catch {
    return null;
  }
}

/** Peak memory of a running process by Linux's own account; null elsewhere, and once the process has ended. */
function peakSoFar(pid: number): number | null {
  try {
    const kibibytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kibibytes === undefined ? null : Number(kibibytes) * 1024;
  } catch {
    return null;
  }
}

/** Ours, but without settings that would make an import another one. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LONGHAUL_')));
}
