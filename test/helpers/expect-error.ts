import { expect } from 'vitest';
import { LonghaulError } from '../../src/runtime/errors.ts';

/**
 * It fails with these words and with advice, none of them secret: whatever is holds `geheim`.
 *
 * @param message with `URL` for the address that the error tells
 */
export async function expectError(work: Promise<unknown>, code: string, message: string): Promise<void> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(LonghaulError);
  const { message: told, code: found, hint, facts } = error as LonghaulError;
  const { url: shown = '' } = facts as { readonly url?: string };
  expect([found, told]).toEqual([code, message.replace('URL', shown)]);
  expect(hint.length).toBeGreaterThan(10);
  expect(JSON.stringify([told, hint, facts])).not.toMatch(/geheim/);
}
