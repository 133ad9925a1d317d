/** Random cases for as long as there is time, but never so few that a busy machine would have tested nothing. */
import fc from 'fast-check';

export interface HowMany<Case extends readonly unknown[]> {
  /** Tried however long they take, so that what they must have met can be asserted. */
  readonly least: number;
  /** More are tried until so much time has gone. */
  readonly seconds: number;
  /** Tried first: what every run of the test has to meet, whatever its seed. */
  readonly examples?: readonly Case[];
}

/** Runs `compare` on cases one after another; a failure is shrunk and printed with its seed. Resolves to the number of cases. */
export async function runCases<Case extends [unknown, ...unknown[]]>(
  arbitraries: { [Index in keyof Case]: fc.Arbitrary<Case[Index]> },
  { least, seconds, examples = [] }: HowMany<Case>,
  compare: (...given: Case) => Promise<void>,
): Promise<number> {
  const endMs = performance.now() + seconds * 1000;
  let cases = 0;
  let running = Promise.resolve();
  const property = fc.asyncProperty<Case>(...arbitraries, async (...given) => {
    running = compare(...given);
    await running;
    cases++;
  });
  await fc.assert(property, { numRuns: Math.max(least, examples.length), examples: [...examples] });
  const leftMs = endMs - performance.now();
  if (leftMs > 0) {
    const found = await fc.check(property, {
      numRuns: 100_000,
      plugins: [fc.interruptAfterTimeLimit(leftMs)],
    });
    // The limit does not wait for the case that is under way; if that is the first one, nothing was found and nothing is wrong.
    await running;
    if (found.counterexample !== null)
      throw new Error(await fc.asyncDefaultReportMessage(found), { cause: found.errorInstance });
  }
  return cases;
}
