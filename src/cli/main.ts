/** The command line: `longhaul …`. One file a command; this one finds it, and tells what went wrong. */
import { Command, CommanderError } from 'commander';
import { asLonghaulError, type ErrorCode, LonghaulError } from '../runtime/errors.ts';
import { programVersion } from '../runtime/program-version.ts';
import { exitStatus, type Invocation, toCommand, usageError } from './command.ts';
import { commands } from './commands.ts';
import { printError } from './error-text.ts';
import type { Terminal } from './terminal.ts';

const usageCodes: ReadonlySet<ErrorCode> = new Set(['bad_option', 'bad_usage', 'workers_need_server']);

/** Runs one command. @returns the exit status */
export async function main(argv: readonly string[], terminal: Terminal = process): Promise<number> {
  const interrupts = new Interrupts();
  const output = watchOutput(terminal);
  try {
    const invocation = {
      terminal,
      get signal() {
        return interrupts.signal;
      },
      get stoppedBy() {
        return interrupts.stoppedBy;
      },
    };
    const status = await runCommand(argv, invocation);
    return (await output.failed()) ? exitStatus.failed : status;
  } finally {
    interrupts[Symbol.dispose]();
  }
}

/**
 * Ctrl-C and SIGTERM as an abort signal, from the moment at which a command asks for it. A command that does not, such as
 * `verify`, is simply ended by them: it has nothing to bring to an end.
 */
class Interrupts implements Disposable {
  readonly #stopping = new AbortController();
  readonly #stop = (signal: NodeJS.Signals): void => {
    this.stoppedBy = signal;
    this.#stopping.abort();
  };
  stoppedBy: NodeJS.Signals | null = null;
  #listening = false;

  get signal(): AbortSignal {
    if (!this.#listening) {
      this.#listening = true;
      // Once: a second Ctrl-C ends the process as if we had not listened. Every write that counts is in a transaction.
      process.once('SIGINT', this.#stop);
      process.once('SIGTERM', this.#stop);
    }
    return this.#stopping.signal;
  }

  [Symbol.dispose](): void {
    process.off('SIGINT', this.#stop);
    process.off('SIGTERM', this.#stop);
  }
}

/**
 * Without a listener a failed write ends the process with a stack trace. A reader that wants no more (`| head`) is
 * none of our business; anything else, such as a full disk, is told.
 */
function watchOutput({ stdout, stderr }: Terminal): { failed(): Promise<boolean> } {
  let failure: NodeJS.ErrnoException | null = null;
  stderr.on('error', () => undefined);
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure ??= error;
  });
  return {
    async failed() {
      // Errors of a write are told in the turn after it.
      await new Promise((resolve) => setImmediate(resolve));
      if (failure === null) return false;
      const reason = failure.code ?? failure.message;
      printError(stderr, LonghaulError.of('output_failed', { reason }, { cause: failure }), false);
      return true;
    },
  };
}

async function runCommand(argv: readonly string[], invocation: Invocation): Promise<number> {
  const { stdout, stderr } = invocation.terminal;
  let status: number = exitStatus.done;
  const program = new Command('longhaul')
    .description('Keeps one database table exact from many large CSV files.')
    .version(programVersion(), '--version', 'print the version')
    .helpCommand('help [command]', 'show the help of a command')
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: () => undefined })
    .exitOverride()
    .addHelpText(
      'after',
      `
First steps:
  $ longhaul generate products.csv.gz      make a file of half a million products
  $ longhaul import products.csv.gz        bring it into longhaul.db
  $ longhaul show counts --limit 10        the ten most frequent names
  $ longhaul verify                        recount everything

Exit status: 0 done, 1 failed, 2 wrong usage, 3 done with rejects (--strict), 130 after Ctrl-C.`,
    );
  for (const spec of commands) {
    const command = toCommand(spec, invocation, (result) => {
      status = result;
    });
    program.addCommand(command.copyInheritedSettings(program));
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitStatus.done;
      const name = commands.find((spec) => spec.name === argv[0])?.name ?? '';
      if (argv.length === 0) {
        stdout.write(program.helpInformation());
        return exitStatus.usage;
      }
      printError(stderr, usageError(error, name), false);
      return exitStatus.usage;
    }
    const known = asLonghaulError(error);
    printError(stderr, known, argv.includes('--verbose'));
    if (known.code === 'interrupted') return exitStatus.interrupted;
    return usageCodes.has(known.code) ? exitStatus.usage : exitStatus.failed;
  }
}
