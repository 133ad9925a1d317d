/** What JavaScript can call: see `src/kernel/kernel.ts`. */
export { scanWindow } from './scan';
export { parseRecords } from './parse';
export { bytesOfRows, findOdd, gatheredEntries, gatherRows, packRecords, sortRows } from './pack';
export { compareRows, countOutcomes } from './compare';
export { listRecord, listTextRows, listTreeRows } from './existing';
export { goOn, hasRow, join, mergeRows, moveWindow } from './merge';
export { addCell, addCounts, addRows, beginPage, sealPage } from './leaves';
export { addCounted, countValues, sortValues } from './count';
export { sortEntries } from './sort';
