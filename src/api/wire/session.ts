import { z } from 'zod';

export const login = z.strictObject({ token: z.string().min(1).max(4096) });
export const session = z.object({
  /** Whether a token is needed at all. */
  required: z.boolean(),
  /** Whether this request has brought it. */
  authenticated: z.boolean(),
});
export type Session = z.infer<typeof session>;
