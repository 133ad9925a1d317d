import type { Readable } from 'node:stream';
import type { Clock } from '../runtime/clock.ts';
import { LonghaulError } from '../runtime/errors.ts';

/** About 1 KiB a second: any modem brings several times that. Whoever brings nothing at all is cut off by the connection's own limit. */
const leastBytes = 64 * 1024;
const perMs = 60_000;

/**
 * The blocks of a body that is taken as it comes. Left unread, the connection stays, so that there can be an answer. Only the time that is
 * waited for blocks counts: a slow disk of ours is nobody else's fault. Throws `upload_too_slow`, and `upload_cut_off` where the
 * connection ends too early.
 */
export async function* streamedBody(body: Readable, clock: Clock): AsyncGenerator<Uint8Array> {
  let [bytes, windowBytes, waitedMs] = [0, 0, 0];
  const blocks = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array, undefined>;
  try {
    for (;;) {
      const askedMs = clock.monotonicMs();
      const next = await blocks.next();
      if (next.done === true) return;
      const { value: block } = next;
      waitedMs += clock.monotonicMs() - askedMs;
      bytes += block.length;
      windowBytes += block.length;
      if (waitedMs >= perMs) {
        if (windowBytes < leastBytes)
          throw LonghaulError.of('upload_too_slow', { bytes, leastBytes, seconds: perMs / 1000 });
        [windowBytes, waitedMs] = [0, 0];
      }
      yield block;
    }
  } catch (error) {
    if (error instanceof LonghaulError) throw error;
    throw LonghaulError.of('upload_cut_off', { bytes }, { cause: error });
  } finally {
    await blocks.return?.();
  }
}
