/** The one stream of events of this page: opened before anything is asked, opened again whenever it ends. */
import type { EventData, EventName } from '../../src/api/wire/events.ts';
import { problemOfText } from '../api/problem.ts';
import { nowMs } from '../parts/clock.ts';
import { EventParser, type StreamEvent } from './event-stream.ts';

/**
 * `refreshing`: the master is back as another one, and what is shown is asked for anew; `deaf`: it answers but not this, most often
 * because too many listen already; `locked`: it wants a token.
 */
export type ConnectionState = 'connecting' | 'live' | 'away' | 'refreshing' | 'deaf' | 'locked';

export interface Connection {
  readonly state: ConnectionState;
  /** When the master was last heard of; `null`: never. */
  readonly heardMs: number | null;
}

export interface Listener {
  onEvent<N extends EventName>(name: N, data: EventData<N>): void;
  /** What is known may be stale. Resolves once what is shown was asked for anew. */
  onReset(): Promise<void>;
  onState(state: ConnectionState): void;
}

/** The master sends a comment more often than that; a connection that is silent for longer is dead, in milliseconds. */
const silentMs = 40_000;
const firstWaitMs = 400;
const mostWaitMs = 4000;

const opened = Promise.withResolvers<void>();
let current: Connection = { state: 'connecting', heardMs: null };
const watchers = new Set<() => void>();
let listener: Listener | null = null;
let instance: string | null = null;
let lastId: string | null = null;
let wake: () => void = () => undefined;
let ending = new AbortController();

/** Resolves once the stream is open, or is known not to open. */
export function listening(): Promise<void> {
  return opened.promise;
}

export function connectionNow(): Connection {
  return current;
}

export function watchConnection(call: () => void): () => void {
  watchers.add(call);
  return () => watchers.delete(call);
}

/** Never ends. */
export async function connect(to: Listener): Promise<never> {
  listener = to;
  for (const [target, name] of [
    [window, 'online'],
    [document, 'visibilitychange'],
  ] as const)
    target.addEventListener(name, () => wake());
  let waitMs = firstWaitMs;
  for (;;) {
    const wasHeard = await listen();
    waitMs = wasHeard ? firstWaitMs : Math.min(waitMs * 1.6, mostWaitMs);
    await pause(current.state === 'locked' ? null : waitMs);
  }
}

/** Opens the stream anew, at once: after a login, or when an answer says that there is none any more. */
export function reconnect(): void {
  ending.abort();
  wake();
}

function change(state: ConnectionState): void {
  if (state !== 'connecting') opened.resolve();
  if (state === current.state) return;
  current = { ...current, state };
  listener?.onState(state);
  for (const call of watchers) call();
}

/** @param ms `null`: until somebody wants it */
async function pause(ms: number | null): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  wake = resolve;
  const timer = ms === null ? undefined : setTimeout(resolve, ms);
  await promise;
  clearTimeout(timer);
}

/** One connection, from its beginning to its end. @returns whether it was one */
async function listen(): Promise<boolean> {
  const here = new AbortController();
  ending = here;
  let timer = setTimeout(() => here.abort(), silentMs);
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => here.abort(), silentMs);
    current = { ...current, heardMs: nowMs() };
  };
  try {
    const headers = new Headers({ accept: 'text/event-stream' });
    if (lastId !== null) headers.set('last-event-id', lastId);
    const response = await fetch('/api/events', { headers, signal: here.signal, cache: 'no-store' });
    if (!response.ok || response.body === null) {
      change(stateAfter(response.status, await response.text()));
      return false;
    }
    const parser = new EventParser();
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      heard();
      for (const event of parser.push(text)) take(event);
    }
    change('away');
    return true;
  } catch {
    change('away');
    return false;
  } finally {
    clearTimeout(timer);
    here.abort();
  }
}

function stateAfter(status: number, text: string): ConnectionState {
  const { code } = problemOfText(status, text).problem;
  if (code === 'token_wrong') return 'locked';
  return code === 'too_many_listeners' || status < 500 ? 'deaf' : 'away';
}

function take({ name, data, id }: StreamEvent): void {
  if (id !== null) lastId = id;
  const value = JSON.parse(data) as unknown;
  if (name === 'hello') {
    const { instance: told } = value as EventData<'hello'>;
    const isAnother = instance !== null && instance !== told;
    instance = told;
    if (isAnother) refresh();
    else if (current.state !== 'refreshing') change('live');
  } else if (name === 'reset') {
    instance = (value as EventData<'reset'>).instance;
    refresh();
  } else listener?.onEvent(name as EventName, value as EventData);
}

/** Until all that is shown was asked for anew, it is not shown as fresh. */
function refresh(): void {
  change('refreshing');
  void listener?.onReset().then(() => {
    if (current.state === 'refreshing') change('live');
  });
}
