/** Every way in which a request can fail, made readable in one place. */
import type { Problem } from '../../src/api/wire/basics.ts';

export class ApiProblem extends Error {
  readonly code: string;
  readonly status: number;
  readonly hint: string;
  readonly retryable: boolean;

  constructor({ code, status, detail, hint, retryable }: Problem) {
    super(detail);
    this.name = 'ApiProblem';
    this.code = code;
    this.status = status;
    this.hint = hint;
    this.retryable = retryable;
  }
}

/** The request did not get as far as the master, or its answer not back. */
const unreachable = {
  code: 'unreachable',
  detail: 'the master does not answer',
  hint: 'it is asked again by itself; check that it runs',
  retryable: true,
};

export function unreachableProblem(): ApiProblem {
  return new ApiProblem({ ...unreachable, status: 0, type: '', title: '' });
}

/** Of an answer that is no success. What stands between browser and master may answer in its own words. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const text = await response.text().catch(() => '');
  return problemOfText(response.status, text);
}

export function problemOfText(status: number, text: string): ApiProblem {
  try {
    const body = JSON.parse(text) as Partial<Problem>;
    if (typeof body.code === 'string' && typeof body.detail === 'string')
      return new ApiProblem({ type: '', title: '', hint: '', retryable: false, ...body, status } as Problem);
  } catch {
    // Not from us.
  }
  return new ApiProblem({
    ...{ type: '', title: '', status, code: 'unexpected', retryable: status >= 500 },
    detail: `the answer was ${status}, which no master gives`,
    hint: 'a proxy between this browser and the master may have answered',
  });
}

export interface Readable {
  readonly code: string;
  /** What happened, as a sentence. */
  readonly text: string;
  readonly hint: string;
}

export function readable(error: unknown): Readable {
  if (error instanceof ApiProblem)
    return { code: error.code, text: sentence(error.message), hint: sentence(error.hint) };
  const text = error instanceof Error ? error.message : String(error);
  return { code: 'unexpected', text: sentence(text), hint: 'Reload the page.' };
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof ApiProblem && error.code === code;
}

function sentence(text: string): string {
  if (text === '') return '';
  const first = text.charAt(0).toLocaleUpperCase('en') + text.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
