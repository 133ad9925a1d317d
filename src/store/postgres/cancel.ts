import type { Connection } from './connection.ts';

/** Ends the statements under way when the signal fires. To be disposed before the next one, which would else be ended. */
export function cancelWhenAborted(signal: AbortSignal, connections: readonly Connection[]): AsyncDisposable {
  const cancelling: Promise<void>[] = [];
  const cancel = (): void => {
    // If the server cannot be told, the statement ends by itself and the wish is seen then.
    for (const connection of connections) cancelling.push(connection.cancel().catch(() => undefined));
  };
  signal.addEventListener('abort', cancel);
  return {
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', cancel);
      await Promise.all(cancelling);
    },
  };
}
