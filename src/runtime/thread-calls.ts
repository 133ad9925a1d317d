/**
 * Calls from one thread to another: each has an answer or an error, and a thread that dies fails all calls that wait for it.
 */
import { type MessagePort, receiveMessageOnPort, type Transferable, type Worker } from 'node:worker_threads';
import { asLonghaulError, type ErrorCode, LonghaulError } from './errors.ts';

/** The id of no call. */
const noticeId = 0;

interface CallMessage {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}
type ReplyMessage =
  | { readonly id: number; readonly event: unknown }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: WireError };

/** An error on its way between threads: messages would lose its class. */
export interface WireError {
  readonly code: ErrorCode;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly stack: string | undefined;
}

export function toWire(error: unknown): WireError {
  const known = asLonghaulError(error);
  const origin = known.cause instanceof Error ? known.cause : known;
  return { code: known.code, facts: known.facts, stack: origin.stack };
}

export function fromWire(wire: WireError): LonghaulError {
  const error = LonghaulError.from(wire.code, wire.facts);
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

interface WaitingCall {
  resolve(value: unknown): void;
  reject(error: Error): void;
  onEvent(event: unknown): void;
}

/** The caller's side. */
export class ThreadCaller implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, WaitingCall>();
  readonly #onNotice: (notice: unknown) => void;
  readonly #onDeath: (error: Error) => void;
  #lastId = noticeId;
  #dead: Error | null = null;

  /**
   * @param onNotice called with what the thread tells on its own, outside any call
   * @param onDeath called once when the thread has ended, unless it was ended here
   */
  constructor(
    worker: Worker,
    onNotice: (notice: unknown) => void = () => undefined,
    onDeath: (error: Error) => void = () => undefined,
  ) {
    this.#worker = worker;
    this.#onNotice = onNotice;
    this.#onDeath = onDeath;
    worker.on('message', (message: ReplyMessage) => this.#receive(message));
    worker.on('error', (error) => this.#died(asLonghaulError(error)));
    worker.on('exit', (status) => this.#died(new Error(`a thread ended with status ${status}`)));
  }

  /** @param transfer buffers that move to the other thread instead of being copied */
  call<Value>(
    method: string,
    args: readonly unknown[],
    transfer: readonly Transferable[] = [],
    onEvent: (event: unknown) => void = () => undefined,
  ): Promise<Value> {
    if (this.#dead !== null) return Promise.reject(this.#dead);
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    // A message that cannot be sent throws here, and then nobody waits for its answer.
    this.#worker.postMessage({ id, method, args } satisfies CallMessage, transfer);
    this.#waiting.set(id, { resolve, reject, onEvent });
    return promise as Promise<Value>;
  }

  /** Ends the thread at once, whatever it is doing. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#die(new Error('the thread was ended'));
    await this.#worker.terminate();
  }

  #receive(message: ReplyMessage): void {
    if (message.id === noticeId && 'event' in message) {
      this.#onNotice(message.event);
      return;
    }
    const call = this.#waiting.get(message.id);
    if (call === undefined) return;
    if ('event' in message) {
      call.onEvent(message.event);
      return;
    }
    this.#waiting.delete(message.id);
    if ('failure' in message) call.reject(fromWire(message.failure));
    else call.resolve(message.value);
  }

  #died(error: Error): void {
    const isNews = this.#dead === null;
    this.#die(error);
    if (isNews) this.#onDeath(error);
  }

  #die(error: Error): void {
    this.#dead ??= error;
    for (const call of this.#waiting.values()) call.reject(this.#dead);
    this.#waiting.clear();
  }
}

/** Tells the caller's side something that no call has asked for. */
export function sendNotice(port: MessagePort, notice: unknown): void {
  port.postMessage({ id: noticeId, event: notice } satisfies ReplyMessage);
}

/** An answer, with the buffers that move with it. */
export interface Answer {
  readonly value: unknown;
  readonly transfer?: readonly Transferable[];
}

export type Handler = (
  args: readonly unknown[],
  sendEvent: (event: unknown) => void,
) => Promise<Answer> | Answer;

/**
 * The called thread's side: answers calls by their method's handler, in the order they came.
 *
 * @param mostAtOnce so many are begun before the first has ended; with one, each sees what those before it have done
 * @param patient a method whose calls wait until there is no other one, however late that came
 */
export function answerCalls(
  port: MessagePort,
  handlers: Readonly<Record<string, Handler>>,
  { mostAtOnce = 1, patient = null }: { mostAtOnce?: number; patient?: string | null } = {},
): void {
  const waiting: CallMessage[] = [];
  let underWay = 0;
  const answer = async ({ id, method, args }: CallMessage): Promise<void> => {
    try {
      const handler = handlers[method];
      if (handler === undefined) throw new Error(`no handler for ${method}`);
      const { value, transfer = [] } = await handler(args, (event) => port.postMessage({ id, event }));
      port.postMessage({ id, value }, transfer);
    } catch (error) {
      port.postMessage({ id, failure: toWire(error) });
    }
  };
  const next = (): CallMessage | undefined => {
    if (patient === null) return waiting.shift();
    // Handlers that never wait give the event loop no turn, so what came meanwhile is still in the port.
    for (let came = receiveMessageOnPort(port); came !== undefined; came = receiveMessageOnPort(port)) {
      waiting.push(came.message as CallMessage);
    }
    const first = waiting.findIndex(({ method }) => method !== patient);
    return waiting.splice(Math.max(0, first), 1)[0];
  };
  const work = async (): Promise<void> => {
    underWay++;
    for (let call = next(); call !== undefined; call = next()) await answer(call);
    underWay--;
  };
  port.on('message', (message: CallMessage) => {
    waiting.push(message);
    if (underWay < mostAtOnce) void work();
  });
}
