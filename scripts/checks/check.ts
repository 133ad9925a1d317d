import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** One thing that `npm run check` looks at. */
export interface Check {
  readonly name: string;
  /** What is wrong in the project that lies in `root`, ready to print; empty when nothing is. */
  readonly problems: (root: string) => string;
}

export interface ToolRun {
  readonly status: number | null;
  readonly stdout: string;
  /** Both streams, as a person would see them. */
  readonly output: string;
}

/** Runs a tool out of node_modules/.bin in `root`. */
export function runTool(root: string, command: string, args: readonly string[]): ToolRun {
  const path = [join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter);
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PATH: path, NO_COLOR: '1', FORCE_COLOR: undefined },
    maxBuffer: 256 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  return { status, stdout, output: `${stdout}${stderr}` };
}

/** A check that is a tool's exit status. */
export function toolCheck(name: string, command: string, ...args: string[]): Check {
  return {
    name,
    problems(root) {
      const { status, output } = runTool(root, command, args);
      if (status === 0) return '';
      return output.trim() || `${command} ended with status ${status}.`;
    },
  };
}
