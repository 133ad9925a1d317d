/**
 * Which of several masters of one database leads. The right to it is a term with an end, by the server's clock, that its holder puts off
 * again and again. A master that was stopped for longer than its term does not know that another one leads by now: so whatever it writes is
 * fenced by its term, and a lease promises nothing by itself.
 */
export interface Leadership extends AsyncDisposable {
  /**
   * Begins a term if nobody holds one. Of a former master's that has ended, sessions that still hold the import lock are ended.
   *
   * @param url where workers get what only the master has
   * @returns the term; null: another master leads
   */
  tryLead(url: string): Promise<number | null>;
  /** Puts the end of the term off. @returns false: another one has begun */
  renew(term: number): Promise<boolean>;
  /** Ends the term, so that nobody waits for its end. */
  resign(term: number): Promise<void>;
  /** Who leads, as its session is called. */
  leader(): Promise<string>;
}

/** A term lasts so long unless it is renewed, which is done three times in it. */
export const termSeconds = 15;
