/**
 * What every store must do, run against real databases: an engine calls `describeStore` from a test of its own.
 * The tests know nothing but the interface in `store.ts` and the few probes of `StoreUnderTest`.
 */
import { describe } from 'vitest';
import { describeDatasets } from './conformance-datasets.ts';
import { describeEdits } from './conformance-edits.ts';
import { describePublish } from './conformance-publish.ts';
import { describeReading } from './conformance-reading.ts';
import { describeRuns } from './conformance-runs.ts';
import { describeSources } from './conformance-sources.ts';
import type { StoreFactory } from './conformance-steps.ts';
import { describeValues } from './conformance-values.ts';

export function describeStore(name: string, create: StoreFactory): void {
  describe(name, () => {
    describeRuns(create);
    describePublish(create);
    describeValues(create);
    describeEdits(create);
    describeDatasets(create);
    describeSources(create);
    describeReading(create);
  });
}
