import { Command, CommanderError } from 'commander';
import type { Config, DatasetConfig } from '../config/config-file.ts';
import type { NamedSource } from '../config/source-names.ts';
import { loadConfig } from '../config/load-config.ts';
import {
  environmentName,
  type OptionName,
  type OptionValue,
  options,
  optionValue,
} from '../config/options.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { DatasetPlan } from '../schema/dataset-plan.ts';
import type { Terminal } from './terminal.ts';

/** Exit statuses, as the help lists them. */
export const exitStatus = { done: 0, failed: 1, usage: 2, rejects: 3, interrupted: 130 } as const;

/** What every command is given. */
export interface Invocation {
  readonly terminal: Terminal;
  /** Fires at the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Which of the two it was. */
  readonly stoppedBy: NodeJS.Signals | null;
}

/** A command's options as they were given: those of the options table by their names there, others by their flags. */
export class Given {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #config: Config | null;

  constructor(values: Readonly<Record<string, unknown>>, config: Config | null) {
    this.#values = values;
    this.#config = config;
  }

  value<Name extends OptionName>(name: Name): OptionValue<Name> {
    const configured =
      (name === 'table' ? undefined : this.#dataset?.options.get(name)) ?? this.#config?.options.get(name);
    const given = this.#values[name] as string | true | undefined;
    // A switch is given without a value.
    return optionValue(name, given === true ? 'true' : given, configured);
  }
  /** What is said of the table, on the command line or else in the config. */
  plan(): DatasetPlan {
    const configured = this.#dataset?.plan;
    return {
      name: this.value('table'),
      key: this.value('key') ?? configured?.key ?? null,
      countBy: this.value('countBy') ?? configured?.countBy ?? null,
      types: this.value('types') ?? configured?.types ?? null,
      columns: configured?.columns ?? null,
    };
  }
  /** The same for another table: what the config says of it; what the command line says is about its own table only. */
  ofTable(table: string): Given {
    return table === this.value('table') ? this : new Given({ table }, this.#config);
  }
  /** The same for tables of which nothing is said. */
  ofOtherTables(): Given {
    return new Given({}, this.#config === null ? null : { ...this.#config, datasets: new Map() });
  }
  /** The tables that the config describes. */
  get tables(): readonly string[] {
    return [...(this.#config?.datasets.keys() ?? [])];
  }
  /** The sources of the config. */
  get sources(): readonly NamedSource[] {
    return this.#config?.sources ?? [];
  }
  /** Whether files begin with a header. */
  header(): boolean {
    return !this.hasNo('header') && this.#dataset?.header !== false;
  }
  get #dataset(): DatasetConfig | undefined {
    return this.#config?.datasets.get(this.value('table'));
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
  /** What was given to a repeatable option, in its order. */
  texts(name: string): readonly string[] {
    return this.#values[name] as readonly string[];
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
  readonly extra?: readonly (readonly [flags: string, text: string, times?: 'repeatable'])[];
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
  for (const [flags, text, times] of [...(spec.extra ?? []), ...commonSwitches]) {
    if (times === undefined) command.option(flags, text);
    else command.option(flags, text, (value, before: readonly string[]) => [...before, value], []);
  }
  const examples = spec.examples.map(([line, meaning]) => `  $ ${line}\n      ${meaning}`).join('\n');
  command.addHelpText('after', `\nExamples:\n${examples}`);
  command.allowExcessArguments(false).showHelpAfterError(false);
  return command.action(async () => {
    const opts = command.opts() as Record<string, unknown>;
    // Commander names options after their flags; the table's names are the same words in camel case.
    const byName = { ...opts };
    for (const name of spec.options) byName[name] = opts[camelCase(options[name].flags)];
    const config = spec.options.includes('config')
      ? await loadConfig(byName['config'] as string | undefined)
      : null;
    done(await spec.run(command.args, new Given(byName, config), invocation));
  });
}

/** Lines of one paragraph as one line, for commander to wrap; indented lines stay as they are, and end one. */
function paragraphs(text: string): string {
  return text.replace(/^(\S.*)\n(?=\S)/gm, '$1 ');
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
