import type { Dataset } from '../../src/schema/dataset.ts';
import type { SearchIndexer } from '../../src/store/search.ts';
import type { Store } from '../../src/store/store.ts';

/** A store that does after each publish what a master does: makes the search indexes that are missing. */
export function indexingStore(store: Store, openIndexer: () => Promise<SearchIndexer>): Store {
  let dataset: Dataset | null = null;
  const openRun: Store['openRun'] = (plan) => {
    dataset = plan.dataset;
    return store.openRun(plan);
  };
  const publish: Store['publish'] = async (...run) => {
    const record = await store.publish(...run);
    await using indexer = await openIndexer();
    if (dataset !== null) await indexer.makeIndexes(dataset);
    return record;
  };
  return new Proxy(store, {
    get: (_, name) => {
      if (name === 'openRun') return openRun;
      if (name === 'publish') return publish;
      const value: unknown = Reflect.get(store, name, store);
      return typeof value === 'function' ? (value.bind(store) as unknown) : value;
    },
  });
}
