/** What a person says of a source: how it is called and where it is. */
import { readFileSync } from 'node:fs';
import { LonghaulError } from '../runtime/errors.ts';
import { type SourceKind, sourceKinds } from '../schema/source-kinds.ts';
import { sourceNameProblem, sourceUrlProblem } from '../schema/source-names.ts';
import type { OwnPatience } from '../schema/source-patience.ts';
import { token } from './values.ts';

/** A source as a config, the command line or the database names it. */
export interface NamedSource {
  readonly name: string;
  readonly url: string;
  /** `null`: found out by asking it. */
  readonly kind: SourceKind | null;
  /** The dataset that its files go into; `null`: the one of `--table`. */
  readonly table: string | null;
  /** The file that holds its token, if one does. */
  readonly tokenFile: string | null;
  readonly paused: boolean;
  readonly patience: OwnPatience;
}

export function sourceKindOf(text: string): SourceKind | null {
  return sourceKinds.find((kind) => kind === text) ?? null;
}

/** A source as `--source` has it: NAME=URL. Throws `bad_option`. */
export function parseSource(given: string): NamedSource {
  const at = given.indexOf('=');
  const [name, url] = [given.slice(0, Math.max(0, at)), given.slice(at + 1)];
  const refuse = (expected: string): never => {
    throw LonghaulError.of('bad_option', { option: '--source', value: withoutPassword(given), expected });
  };
  if (at < 1) refuse('it must be NAME=URL, such as shop=http://shop.example:5001');
  const problem = sourceNameProblem(name) ?? sourceUrlProblem(url);
  if (problem !== null) refuse(problem);
  return { name, url, kind: null, table: null, tokenFile: null, paused: false, patience: {} };
}

/** What is said in an error must not show what somebody has put into a URL. */
export function withoutPassword(text: string): string {
  return text.replace(/(:\/\/)[^/@]*@/, '$1…@');
}

/** The environment variable that holds the token of a source: that of `shop-1` is LONGHAUL_TOKEN_SHOP_1. */
export function tokenVariable(name: string): string {
  return `LONGHAUL_TOKEN_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
}

/** The token of a source: from its environment variable, else from its file; `null`: it has none. Throws `source_token_wrong`. */
export function sourceToken({ name, tokenFile }: Pick<NamedSource, 'name' | 'tokenFile'>): string | null {
  const variable = tokenVariable(name);
  const given = process.env[variable];
  if (given === undefined && tokenFile === null) return null;
  const from = given === undefined ? String(tokenFile) : variable;
  let text: string;
  try {
    text = given ?? readFileSync(String(tokenFile), 'utf8').trim();
  } catch (error) {
    const { code: reason = 'unknown error' } = error as NodeJS.ErrnoException;
    throw LonghaulError.of('source_token_wrong', { source: name, from, reason }, { cause: error });
  }
  const read = token.read(text);
  if (read !== null) return read;
  throw LonghaulError.of('source_token_wrong', { source: name, from, reason: token.expected });
}
