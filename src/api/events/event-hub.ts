/** Tells many listeners what happens. Each event is written out once; nobody is waited for, and what nobody takes is not kept. */
import { LonghaulError } from '../../runtime/errors.ts';
import type { EventData, EventName } from '../wire/events.ts';
import { EventRing } from './event-ring.ts';

/** Somebody who is told. */
export interface EventListener {
  /** Hands bytes on without waiting. */
  send(bytes: Buffer): void;
  /** Bytes that were handed on and that the system has not taken yet. */
  readonly bufferedBytes: number;
  /** There will be no more. */
  end(): void;
  /** It takes too little: without further ado. */
  cut(): void;
}

export interface EventHubOptions {
  /** Of this process: what has happened in another one is not known here. */
  readonly instance: string;
  /** What could not be made known, or who was not told any more. */
  readonly warn: (message: string) => void;
  readonly limits?: Partial<EventLimits>;
}

interface EventLimits {
  readonly listeners: number;
  /** That are kept for whoever comes back. */
  readonly keptEvents: number;
  readonly keptBytes: number;
  /** Of one listener; more than `keptBytes`, since all that is kept can be handed on at once. */
  readonly bufferedBytes: number;
  /** What happens within so many milliseconds is sent together: each sending costs each listener a call of the system. */
  readonly gatherMs: number;
  /** A sign of life, so that proxies and clients know a silent connection from a dead one. */
  readonly heartbeatMs: number;
}

const usualLimits: EventLimits = {
  listeners: 400,
  keptEvents: 2000,
  keptBytes: 2 ** 20,
  bufferedBytes: 2 * 2 ** 20,
  gatherMs: 50,
  heartbeatMs: 15_000,
};

/** How often each of these is told at most, for each thing that it is about; milliseconds. */
const leastMs: Partial<Record<EventName, number>> = { source: 500, progress: 250, dataset: 500 };

const heartbeat = Buffer.from(': alive\n\n');
/** How long a browser waits before it comes back, in milliseconds. */
const opening = Buffer.from('retry: 2000\n\n');

type Make = () => unknown;

export class EventHub {
  readonly #options: EventHubOptions;
  readonly #limits: EventLimits;
  readonly #ring: EventRing;
  readonly #listeners = new Set<EventListener>();
  /** What is told rarely enough: `next`: what is to be told when its time has come. */
  readonly #resting = new Map<string, { next: Make | null }>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #heartbeat: NodeJS.Timeout;
  #gathered: Buffer[] = [];
  #isEnded = false;

  constructor(options: EventHubOptions) {
    this.#options = options;
    this.#limits = { ...usualLimits, ...options.limits };
    this.#ring = new EventRing(this.#limits.keptEvents, this.#limits.keptBytes);
    this.#heartbeat = setInterval(() => this.#sendToAll(heartbeat), this.#limits.heartbeatMs);
    this.#heartbeat.unref();
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  tell<Name extends EventName>(name: Name, data: EventData<Name>): void {
    if (this.#isEnded) return;
    const frame = this.#ring.add((number) => framed(name, data, this.#id(number)));
    this.#gathered.push(frame);
    if (this.#gathered.length === 1) this.#in(this.#limits.gatherMs, () => this.#flush());
  }

  /**
   * Tells how something is now, not more often than events of this name are told: what changes meanwhile is told once, as it is then.
   *
   * @param key which of the things that such events are about
   * @param make called when it is told; `null`: there is nothing to tell any more
   */
  tellNow<Name extends EventName>(
    name: Name,
    key: string,
    make: () => Promise<EventData<Name> | null> | EventData<Name> | null,
  ): void {
    const resting = this.#resting.get(`${name} ${key}`);
    if (resting === undefined) this.#make(name, key, make);
    else resting.next = make;
  }

  /**
   * Tells a listener from now on, first what it has missed.
   *
   * @param lastId of the last event that it knows, as it was told; `null`: it knows none
   * @returns what ends it; Throws `too_many_listeners`
   */
  listen(listener: EventListener, lastId: string | null): () => void {
    const { listeners: most } = this.#limits;
    if (this.#isEnded) throw LonghaulError.of('server_ending', {});
    if (this.#listeners.size >= most) throw LonghaulError.of('too_many_listeners', { most });
    // What is gathered belongs to what it has missed.
    this.#flush();
    const { instance } = this.#options;
    const missed = lastId === null ? [] : this.#missed(lastId);
    const now = this.#id(this.#ring.last);
    // Cut off in the middle of what it has missed, it comes back with the last event that it has seen.
    const hello = framed('hello', { instance }, lastId === null ? now : null);
    listener.send(Buffer.concat([opening, hello, ...(missed ?? [framed('reset', { instance }, now)])]));
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The last words are sent, and nobody is told any more. */
  end(): void {
    if (this.#isEnded) return;
    this.#flush();
    this.#isEnded = true;
    clearInterval(this.#heartbeat);
    for (const timer of this.#timers) clearTimeout(timer);
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
  }

  #id(number: number): string {
    return `${this.#options.instance}-${number}`;
  }

  #missed(lastId: string): Buffer[] | null {
    const at = lastId.lastIndexOf('-');
    const number = lastId.slice(at + 1);
    if (lastId.slice(0, Math.max(at, 0)) !== this.#options.instance || !/^\d{1,15}$/.test(number))
      return null;
    return this.#ring.after(Number(number));
  }

  #make(name: EventName, key: string, make: Make): void {
    const resting: { next: Make | null } = { next: null };
    const id = `${name} ${key}`;
    this.#resting.set(id, resting);
    const rest = (): void =>
      this.#in(leastMs[name] ?? 0, () => {
        const { next } = resting;
        if (next === null) this.#resting.delete(id);
        else this.#make(name, key, next);
      });
    void (async () => {
      try {
        const data = await make();
        if (data !== null) this.tell(name, data as EventData);
      } catch (error) {
        this.#options.warn(`${name}: ${String(error)}`);
      }
      rest();
    })();
  }

  #in(ms: number, work: () => void): void {
    if (this.#isEnded) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }

  #flush(): void {
    const gathered = this.#gathered;
    if (gathered.length === 0) return;
    this.#gathered = [];
    if (this.#listeners.size > 0) this.#sendToAll(Buffer.concat(gathered));
  }

  #sendToAll(bytes: Buffer): void {
    for (const listener of this.#listeners) {
      listener.send(bytes);
      if (listener.bufferedBytes <= this.#limits.bufferedBytes) continue;
      this.#listeners.delete(listener);
      listener.cut();
      this.#options.warn(
        `a listener to events has left ${listener.bufferedBytes} bytes unread and was cut off`,
      );
    }
  }
}

function framed(name: EventName, data: unknown, id: string | null): Buffer {
  return Buffer.from(`${id === null ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
