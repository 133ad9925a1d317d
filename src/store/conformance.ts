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

/** @param byPartitions large runs are published by key ranges: then what holds of one step only is not asked for */
export function describeStore(name: string, create: StoreFactory, byPartitions = false): void {
  describe(name, () => {
    describeRuns(create);
    describePublish(create, byPartitions);
    describeValues(create);
    describeEdits(create, byPartitions);
    describeDatasets(create);
    describeSources(create);
    describeReading(create);
  });
}
