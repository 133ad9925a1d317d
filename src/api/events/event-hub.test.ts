import { afterEach, expect, test, vi } from 'vitest';
import { eventually } from '../../../test/helpers/eventually.ts';
import { EventHub, type EventHubOptions, type EventListener } from './event-hub.ts';

class Listener implements EventListener {
  text = '';
  bufferedBytes = 0;
  state: 'open' | 'ended' | 'cut' = 'open';
  /** Whether it takes what it is sent. */
  isReading = true;

  send(bytes: Buffer): void {
    this.text += bytes.toString();
    if (!this.isReading) this.bufferedBytes += bytes.length;
  }
  end(): void {
    this.state = 'ended';
  }
  cut(): void {
    this.state = 'cut';
  }

  /** What it was told: name and data of each event, without `hello`. */
  get events(): [string, unknown][] {
    return this.frames.map(({ event, data }) => [event, JSON.parse(data)] as [string, unknown]);
  }
  get lastId(): string {
    return (
      this.text
        .match(/^id: .*$/gm)
        ?.at(-1)
        ?.slice(4) ?? ''
    );
  }
  get frames(): { event: string; data: string }[] {
    const all = this.text.matchAll(/event: ([^\n]*)\ndata: ([^\n]*)\n\n/g);
    return Array.from(all, ([, event = '', data = '']) => ({ event, data })).filter(
      ({ event }) => event !== 'hello',
    );
  }
}

const hubs: EventHub[] = [];
afterEach(() => {
  for (const hub of hubs.splice(0)) hub.end();
});

const warnings: string[] = [];
function newHub(limits: EventHubOptions['limits'] = {}, instance = 'one'): EventHub {
  const warn = (message: string): void => void warnings.push(message);
  const hub = new EventHub({ instance, warn, limits: { gatherMs: 1, ...limits } });
  hubs.push(hub);
  return hub;
}

function listening(hub: EventHub, lastId: string | null = null): Listener {
  const listener = new Listener();
  hub.listen(listener, lastId);
  return listener;
}

const removed = (name: string): { name: string } => ({ name });
const told = (...names: string[]): [string, unknown][] =>
  names.map((name) => ['source_removed', { name }] as [string, unknown]);

test('all are told the same, in order, and first that it is this instance', async () => {
  const hub = newHub();
  const [a, b] = [listening(hub), listening(hub)];
  expect(a.text).toBe('retry: 2000\n\nid: one-0\nevent: hello\ndata: {"instance":"one"}\n\n');
  for (const name of ['x', 'y\n\ndata: forged', '\u2028']) hub.tell('source_removed', removed(name));
  await eventually('they are told', () => a.frames.length === 3);
  expect(a.events).toEqual(told('x', 'y\n\ndata: forged', '\u2028'));
  expect(b.text).toBe(a.text);
});

test('who comes back is told what it has missed, and nothing twice', async () => {
  const hub = newHub();
  const before = listening(hub);
  for (const name of ['a', 'b']) hub.tell('source_removed', removed(name));
  await eventually('it is told', () => before.frames.length === 2);
  for (const name of ['c', 'd']) hub.tell('source_removed', removed(name));
  const after = listening(hub, before.lastId);
  hub.tell('source_removed', removed('e'));
  await eventually('it is told', () => after.frames.length === 3);
  expect(after.events).toEqual(told('c', 'd', 'e'));
  expect(listening(hub, after.lastId).events).toEqual([]);
});

test.for([
  ['of another instance', 'two-1'],
  ['of a later time', 'one-9'],
  ['of what is not kept any more', 'one-1'],
  ['nonsense', 'one'],
  ['nonsense with a number', '-1'],
  ['no number', 'one-1e3'],
  ['a long number', `one-${'9'.repeat(400)}`],
  ['nothing', ''],
])('who comes back with an id %s is told to begin anew', async ([, id = '']) => {
  const hub = newHub({ keptEvents: 2 });
  for (const name of ['a', 'b', 'c', 'd']) hub.tell('source_removed', removed(name));
  const listener = listening(hub, id);
  expect(listener.events).toEqual([['reset', { instance: 'one' }]]);
  expect(listener.lastId).toBe('one-4');
});

test('what is kept is bounded in bytes', () => {
  const hub = newHub({ keptBytes: 1000 });
  for (let event = 1; event <= 50; event++) hub.tell('source_removed', removed('x'.repeat(100)));
  const missed = listening(hub, 'one-45');
  expect(missed.frames).toHaveLength(5);
  expect(listening(hub, 'one-20').events).toEqual([['reset', { instance: 'one' }]]);
});

test('who takes nothing is cut off at the limit, and the others are not', async () => {
  const hub = newHub({ keptBytes: 1000, bufferedBytes: 5000 });
  const [slow, quick] = [listening(hub), listening(hub)];
  slow.isReading = false;
  let most = 0;
  for (let event = 1; event <= 100; event++) {
    hub.tell('source_removed', removed('x'.repeat(100)));
    // One sending each.
    await eventually('it is sent', () => quick.frames.length === event);
    most = Math.max(most, slow.bufferedBytes);
  }
  expect([slow.state, quick.state, hub.listeners]).toEqual(['cut', 'open', 1]);
  expect(most).toBeGreaterThan(5000);
  expect(most).toBeLessThan(5500);
  expect(warnings.some((each) => each.includes('was cut off'))).toBe(true);
});

test('what changes often is told rarely, and the last state is told', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const hub = newHub();
    const listener = listening(hub);
    let [rows, made] = [0, 0];
    const dataset = (name: string): object => ({ name, rows, number: ++made });
    for (let ms = 0; ms < 5000; ms += 10) {
      rows++;
      for (const name of ['a', 'b']) hub.tellNow('dataset', name, () => dataset(name) as never);
      await vi.advanceTimersByTimeAsync(10);
    }
    await vi.advanceTimersByTimeAsync(1000);
    const ofA = listener.events.filter(([, data]) => (data as { name: string }).name === 'a');
    // Twice a second each, the first one at once; and nothing is made that is not told.
    expect(ofA.length).toBeGreaterThanOrEqual(10);
    expect(ofA.length).toBeLessThanOrEqual(12);
    expect(made).toBe(listener.frames.length);
    expect(ofA.at(-1)?.[1]).toMatchObject({ rows: 500 });
  } finally {
    vi.useRealTimers();
  }
});

test('what cannot be made known is a warning, and what has gone is not told', async () => {
  const hub = newHub();
  const listener = listening(hub);
  warnings.length = 0;
  hub.tellNow('dataset', 'a', () => Promise.reject(new Error('away')));
  hub.tellNow('dataset', 'b', () => null);
  await eventually('it is told', () => warnings.length === 1);
  expect(warnings).toEqual(['dataset: Error: away']);
  expect(listener.frames).toEqual([]);
});

test('signs of life come by themselves', async () => {
  const listener = listening(newHub({ heartbeatMs: 5 }));
  await eventually('two have come', () => listener.text.split(': alive\n\n').length > 2);
});

test('more listeners than are allowed are refused, and a place becomes free', () => {
  const hub = newHub({ listeners: 2 });
  const leave = hub.listen(new Listener(), null);
  listening(hub);
  expect(() => listening(hub)).toThrow('2 clients listen to events already');
  leave();
  leave();
  expect(listening(hub).state).toBe('open');
});

test('ended, all are told what was still to be told, and nobody is taken any more', () => {
  const hub = newHub();
  const listener = listening(hub);
  hub.tell('source_removed', removed('last'));
  hub.end();
  hub.end();
  hub.tell('source_removed', removed('later'));
  expect([listener.state, listener.events]).toEqual(['ended', told('last')]);
  expect(() => listening(hub)).toThrow('ending');
});
