/** What a master tells of while it works, in the words of the wire format. */
import { expect, test } from 'vitest';
import { events, type EventName } from '../../src/api/wire/events.ts';
import { eventually } from '../helpers/eventually.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

interface Told {
  readonly id: string;
  readonly name: EventName;
  readonly data: Record<string, unknown>;
}

/** Listens for as long as the test. */
function listening(url: string, signal: AbortSignal, lastId?: string) {
  const told: Told[] = [];
  let text = '';
  const reading = (async () => {
    const headers: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId };
    const response = await fetch(`${url}/api/events`, { headers, signal });
    const decoder = new TextDecoder();
    for await (const part of response.body! as AsyncIterable<Uint8Array>) {
      text += decoder.decode(part, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
        if (!block.includes('event: ')) continue;
        const name = field('event') as EventName;
        const data = JSON.parse(field('data')) as Record<string, unknown>;
        // Each is what its schema says.
        events[name].parse(data);
        told.push({ id: field('id'), name, data });
      }
    }
  })();
  // Cut off at the end of the test.
  reading.catch(() => undefined);
  return told;
}

test('an import, an edit and the comings and goings of sources are told, and what was missed is told later', async () => {
  using folder = new TempFolder();
  await using master = await MasterProcess.start(folder, [
    '--quiet',
    '--sense-interval',
    '0.1',
    '--allow-private-sources',
  ]);
  const leaving = new AbortController();
  const told = listening(master.url, leaving.signal);
  const tells = (list: Told[], name: EventName, facts: Record<string, unknown>): Promise<void> =>
    eventually(`${name} ${JSON.stringify(facts)}`, () =>
      list.some(
        (each) =>
          each.name === name && Object.entries(facts).every(([fact, value]) => each.data[fact] === value),
      ),
    );
  try {
    await tells(told, 'hello', {});
    const path = folder.write('a.csv', 'name,sku,description\nAnn,a,x\nBob,b,y\n');
    await master.api.call('addSource', { body: { name: 'shop', url: path } });
    await tells(told, 'source', { name: 'shop', state: 'ok' });
    await tells(told, 'run', { source: 'shop', status: 'done', inserted: 2 });
    await tells(told, 'dataset', { name: 'products', rows: 2 });
    const before = told.at(-1)!.id;
    leaving.abort();
    const params = { dataset: 'products', key: 'a' };
    const { hash } = await master.api.call('changeRow', { params, body: { values: { description: 'new' } } });
    await master.api.call('changeSource', { params: { source: 'shop' }, body: { paused: true } });
    await master.api.call('removeSource', { params: { source: 'shop' } });
    const again = new AbortController();
    const later = listening(master.url, again.signal, before);
    await tells(later, 'edit', { dataset: 'products', id: 'a', hash });
    await tells(later, 'source_removed', { name: 'shop' });
    await tells(later, 'dataset', { name: 'products', rows: 2 });
    expect(later.some(({ name }) => name === 'reset')).toBe(false);
    const numbers = [...told, ...later]
      .filter(({ name }) => name !== 'hello')
      .map(({ id }) => Number(id.split('-').at(-1)));
    expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index));
    again.abort();
  } finally {
    leaving.abort();
  }
});
