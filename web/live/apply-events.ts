/** What each event changes of what this page knows. */
import { onlineManager, type QueryClient } from '@tanstack/react-query';
import type { EventData, EventName } from '../../src/api/wire/events.ts';
import type { Row } from '../../src/api/wire/rows.ts';
import type { Status } from '../../src/api/wire/status.ts';
import { keys } from '../api/queries.ts';
import type { Listener } from './connection.ts';
import { noteProgress } from './progress.ts';
import { Refresher } from './refresher.ts';

type Handlers = { readonly [N in EventName]?: (data: EventData<N>) => void };

export function eventListener(client: QueryClient): Listener {
  const refresher = new Refresher(client);
  const again = (...each: (readonly unknown[])[]): void => {
    for (const key of each) void refresher.refresh(key);
  };
  const changeStatus = (change: (status: Status) => Partial<Status>): void => {
    // An answer that is on its way may be older than this event.
    if (client.isFetching({ queryKey: keys.status }) > 0) again(keys.status);
    client.setQueryData<Status>(keys.status, (status) => status && { ...status, ...change(status) });
  };
  const handlers: Handlers = {
    source(source) {
      changeStatus(({ sources }) => ({ sources: replaced(sources, source) }));
      again(keys.files(source.name));
    },
    source_removed({ name }) {
      changeStatus(({ sources }) => ({ sources: sources.filter((source) => source.name !== name) }));
    },
    progress(progress) {
      noteProgress(progress);
      if (progress.progress.phase === 'staging') again(keys.chunks(progress.progress.run));
    },
    run(run) {
      client.setQueryData(keys.run(run.run), run);
      again(keys.runs, keys.chunks(run.run), keys.rejects(run.run), keys.uploads, keys.throughput);
      if (run.publishNumber !== null) again(['row', run.dataset], ['story', run.dataset]);
    },
    dataset(dataset) {
      changeStatus(({ datasets }) => ({ datasets: replaced(datasets, dataset) }));
      again(keys.rows(dataset.name), keys.counts(dataset.name));
    },
    edit({ dataset, id, hash }) {
      const known = client.getQueryData<Row>(keys.row(dataset, id));
      if (known?.hash !== hash) again(keys.row(dataset, id), keys.story(dataset, id));
    },
    database({ trouble }) {
      changeStatus(({ database }) => ({ database: { ...database, trouble } }));
    },
  };
  return {
    onEvent(name, data) {
      handlers[name]?.(data);
    },
    async onReset() {
      client.removeQueries({ type: 'inactive' });
      await client.invalidateQueries();
    },
    onState(state) {
      // While the master is away nothing is asked; what a page wants then is asked as soon as it is back.
      onlineManager.setOnline(state !== 'away' && state !== 'locked');
    },
  };
}

/** In the order of the names, as the master lists them. */
function replaced<T extends { readonly name: string }>(list: readonly T[], item: T): T[] {
  if (list.some(({ name }) => name === item.name))
    return list.map((each) => (each.name === item.name ? item : each));
  return [...list, item];
}
