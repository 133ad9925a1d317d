/** Every way in which a request can fail, made readable in one place. */
import { ApiProblem } from '../../src/api/client.ts';
import type { Problem } from '../../src/api/wire/basics.ts';

/** Called when the master wants a token that this browser has not given. */
let onLocked: () => void = () => undefined;
export function whenLocked(call: () => void): void {
  onLocked = call;
}

/** What was thrown while something was asked for, as a problem. */
export function noticed(error: unknown): ApiProblem {
  const problem = error instanceof ApiProblem ? error : unreachable();
  if (problem.problem.code === 'token_wrong') onLocked();
  return problem;
}

/** The request did not get as far as the master, or its answer not back. */
export function unreachable(): ApiProblem {
  return new ApiProblem({
    ...{ type: 'about:blank', title: 'unreachable', status: 0, code: 'unreachable', retryable: true },
    detail: 'the master does not answer',
    hint: 'check that it runs; these pages go on by themselves once it is back',
  });
}

/** Of an answer that was read as a text. */
export function problemOfText(status: number, text: string): ApiProblem {
  try {
    const problem = JSON.parse(text) as Partial<Problem>;
    if (typeof problem.code === 'string') return new ApiProblem(problem as Problem);
  } catch {
    // Not from a master.
  }
  return new ApiProblem({
    ...{ type: 'about:blank', title: 'unexpected', status, code: 'unexpected', retryable: status >= 500 },
    detail: `the server answers ${status}`,
    hint: 'see what stands between here and the master',
  });
}

export interface Readable {
  readonly code: string;
  /** What happened, as a sentence. */
  readonly text: string;
  readonly hint: string;
}

export function readable(error: unknown): Readable {
  if (error instanceof ApiProblem) {
    const { code, detail, hint } = error.problem;
    return { code, text: sentence(detail), hint: sentence(hint) };
  }
  const text = error instanceof Error ? error.message : String(error);
  return { code: 'unexpected', text: sentence(text), hint: 'Reload the page.' };
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof ApiProblem && error.problem.code === code;
}

function sentence(text: string): string {
  if (text === '') return '';
  const first = text.charAt(0).toLocaleUpperCase('en') + text.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
