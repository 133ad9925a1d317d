import { Command, CommanderError } from 'commander';
import {
  environmentName,
  type OptionName,
  type OptionValue,
  options,
  optionValue,
} from '../config/options.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { Terminal } from './terminal.ts';

/** Exit statuses, as the help lists them. */
export const exitStatus = { done: 0, failed: 1, usage: 2, rejects: 3, interrupted: 130 } as const;

/** What every command is given. */
export interface Invocation {
  readonly terminal: Terminal;
  /** Fires at the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/** A command's options as they were given: those of the options table by their names there, others by their flags. */
export class Given {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  value<Name extends OptionName>(name: Name): OptionValue<Name> {
    return optionValue(name, this.#values[name] as string | undefined);
  }
  has(flag: string): boolean {
    return this.#values[flag] === true;
  }
  /** Whether `--no-<flag>` was given. */
  hasNo(flag: string): boolean {
    return this.#values[flag] === false;
  }
  text(name: string): string | undefined {
    return this.#values[name] as string | undefined;
  }
}

export interface CommandSpec {
  readonly name: string;
  /** As commander writes arguments: `<needed>`, `[optional]`, `<several...>`. */
  readonly args?: string;
  readonly summary: string;
  /** What the help says before the options: what it does, in sentences. */
  readonly description: string;
  /** What the help shows after the options. */
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  readonly options: readonly OptionName[];
  /** Switches and free texts that have no default and so no place in the options table. */
  readonly extra?: readonly (readonly [flags: string, text: string])[];
  run(args: readonly string[], given: Given, invocation: Invocation): Promise<number>;
}

/** Every command has these. */
export const commonSwitches: readonly (readonly [flags: string, text: string])[] = [
  ['--json', 'print one JSON object instead of text'],
  ['--quiet', 'print results and errors only'],
  ['--verbose', 'with an error, print where in the program it happened'],
];

export function toCommand(
  spec: CommandSpec,
  invocation: Invocation,
  done: (status: number) => void,
): Command {
  const command = new Command(spec.name).summary(spec.summary).description(paragraphs(spec.description));
  for (const arg of (spec.args ?? '').split(' ').filter(Boolean)) command.argument(arg);
  for (const name of spec.options) {
    const { flags, text, fallbackText } = options[name];
    command.option(flags, `${text} (default: ${fallbackText}; environment: ${environmentName(name)})`);
  }
  for (const [flags, text] of [...(spec.extra ?? []), ...commonSwitches]) command.option(flags, text);
  const examples = spec.examples.map(([line, meaning]) => `  $ ${line}\n      ${meaning}`).join('\n');
  command.addHelpText('after', `\nExamples:\n${examples}`);
  command.allowExcessArguments(false).showHelpAfterError(false);
  return command.action(async () => {
    const opts = command.opts() as Record<string, unknown>;
    // Commander names options after their flags; the table's names are the same words in camel case.
    const byName = { ...opts };
    for (const name of spec.options) byName[name] = opts[camelCase(options[name].flags)];
    done(await spec.run(command.args, new Given(byName), invocation));
  });
}

/** Lines of one paragraph as one line, for commander to wrap; indented lines stay as they are. */
function paragraphs(text: string): string {
  return text.replace(/(?<=\S)\n(?=\S)/g, ' ');
}

function camelCase(flags: string): string {
  return flags
    .replace(/^--/, '')
    .replace(/ .*$/, '')
    .replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** What commander refuses, in the words of the error table. */
export function usageError(error: CommanderError, command: string): LonghaulError {
  // "help" for a command that is not there: all that commander says of it is this.
  const message =
    error.message === '(outputHelp)'
      ? 'there is no such command'
      : error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  return LonghaulError.of('bad_usage', { message, command: command === '' ? '' : `${command} ` });
}
