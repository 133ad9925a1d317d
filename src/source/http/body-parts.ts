import type { Readable } from 'node:stream';

/** Of what has come and is not taken yet, bytes: beyond it the sender has to wait. */
const mostWaitingBytes = 256 * 1024;

/**
 * What a stream gives, as `for await` over it would, except that what has come before it broke off is given first: a stream
 * that fails throws away what waits in it, which for a connection that is cut again and again adds up.
 */
export async function* bodyParts(body: Readable): AsyncGenerator<Uint8Array> {
  const waiting: Uint8Array[] = [];
  let bytes = 0;
  const outcome: { hasEnded: boolean; error: Error | null } = { hasEnded: false, error: null };
  let wake = (): void => undefined;
  const end = (error: Error | null): void => {
    if (!outcome.hasEnded) Object.assign(outcome, { hasEnded: true, error });
    wake();
  };
  body.on('data', (part: Uint8Array) => {
    waiting.push(part);
    bytes += part.length;
    if (bytes > mostWaitingBytes) body.pause();
    wake();
  });
  body.once('end', () => end(null));
  body.once('error', end);
  body.once('close', () => end(new Error('terminated')));
  // It may have failed before anybody listened.
  if (body.destroyed) end(body.errored ?? new Error('terminated'));
  try {
    for (;;) {
      const part = waiting.shift();
      if (part !== undefined) {
        bytes -= part.length;
        yield part;
      } else if (!outcome.hasEnded) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        body.resume();
        await promise;
      } else {
        if (outcome.error !== null) throw outcome.error;
        return;
      }
    }
  } finally {
    body.destroy();
  }
}
