/** How browsers come by a cookie that stands for the token. */
import type { Access } from '../http/access.ts';
import { type ApiAnswer, answer } from './answer.ts';
import type { ApiHandlers } from './register.ts';
import type { Session } from './wire/session.ts';

const nothing: ApiAnswer = { status: 204, body: null };

export function sessionHandlers(
  access: Access,
): Pick<ApiHandlers, 'session' | 'openSession' | 'closeSession'> {
  return {
    session: async (_asked, { request }) => {
      const required = access.isTokenNeeded;
      return answer({ required, authenticated: access.isAllowed(request) } satisfies Session);
    },
    openSession: async ({ body }, { request, reply }) => {
      access.openSession(request, reply, body.token);
      return nothing;
    },
    closeSession: async (_asked, { request, reply }) => {
      access.closeSession(request, reply);
      return nothing;
    },
  };
}
