import type { QueryClient, QueryKey } from '@tanstack/react-query';

/**
 * Asks anew for what is shown, as often as it changes and no more than once at a time: an answer that was on its way when something
 * changed is asked for once more, and one that takes long is not cut off by each event again and again.
 */
export class Refresher {
  readonly #client: QueryClient;
  /** By key: whether it has changed again since it was asked for. */
  readonly #running = new Map<string, boolean>();

  constructor(client: QueryClient) {
    this.#client = client;
  }

  async refresh(queryKey: QueryKey): Promise<void> {
    const name = JSON.stringify(queryKey);
    if (this.#running.has(name)) {
      this.#running.set(name, true);
      return;
    }
    do {
      // Whoever has nothing yet is not asked anew but given what is on its way, which may be older than what has changed.
      this.#running.set(name, this.#isFirstAnswerDue(queryKey));
      await this.#client.invalidateQueries({ queryKey });
    } while (this.#running.get(name) === true);
    this.#running.delete(name);
  }

  #isFirstAnswerDue(queryKey: QueryKey): boolean {
    const asked = this.#client.getQueryCache().findAll({ queryKey, fetchStatus: 'fetching' });
    return asked.some(({ state }) => state.data === undefined);
  }
}
