import type { SearchingReader } from '../../store/search.ts';

function never(): never {
  throw new Error('where there is no database there is no dataset to ask for');
}

/** Stands for a database that nobody has made yet: all else is asked of a dataset or a run. */
export const emptyReader: SearchingReader = {
  ...{ dataset: async () => null, datasets: async () => [], run: async () => null, sources: async () => [] },
  ...{ totals: never, rows: never, row: never, scan: never, topCounts: never, countDifferences: never },
  ...{
    runs: never,
    rejects: never,
    edits: never,
    standingEdits: never,
    chunks: never,
    publishedFiles: never,
    cancelledFiles: never,
  },
  ...{ findRows: never, findCounts: never, distribution: never, indexesReady: never, indexFaults: never },
  ...{ findRuns: async () => [], findRejects: never, findChunks: never },
  consistently: (work) => work(),
  [Symbol.asyncDispose]: async () => undefined,
};
