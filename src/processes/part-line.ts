/**
 * How a store thread has parts of a publish built by other threads. It does not give its event loop a turn meanwhile, so it waits
 * in shared memory and takes the answer out of the port itself.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { fromWire, toWire, type WireError } from '../runtime/thread-calls.ts';
import {
  type BuiltPart,
  buildPart,
  type PartBuilder,
  type PartToBuild,
} from '../store/sqlite/fresh/build-part.ts';
import { translated } from '../store/sqlite/errors.ts';

/** One end of a line between two threads. Posted, its port has to move. */
export interface PartLine {
  readonly port: MessagePort;
  /** One number in shared memory: a `lineState`. */
  readonly state: Int32Array;
}

/** `built`: the part is written, and is being brought to the disk. */
const lineState = { atWork: 0, built: 1, idle: 2, dead: 3 } as const;

type PartAnswer =
  | { readonly built: BuiltPart }
  | { readonly settled: true }
  | { readonly failure: WireError };

export function newPartLine(): { readonly near: PartLine; readonly far: PartLine } {
  const { port1, port2 } = new MessageChannel();
  const state = new Int32Array(new SharedArrayBuffer(4)).fill(lineState.idle);
  return { near: { port: port1, state }, far: { port: port2, state } };
}

/** The thread at the far end has ended: nobody shall wait for it. */
export function breakLine({ state }: PartLine): void {
  setState(state, lineState.dead);
}

/** The end that asks. */
export class PartLineBuilder implements PartBuilder {
  readonly #line: PartLine;

  constructor(line: PartLine) {
    this.#line = line;
  }

  begin(part: PartToBuild): void {
    const { port, state } = this.#line;
    Atomics.compareExchange(state, 0, lineState.idle, lineState.atWork);
    port.postMessage(part);
  }

  finish(): BuiltPart {
    const answer = this.#answerAfter(lineState.atWork);
    if (!('built' in answer)) throw new Error('a thread has not built its part');
    return answer.built;
  }

  settle(): void {
    this.#answerAfter(lineState.built);
  }

  #answerAfter(busy: number): PartAnswer {
    const { port, state } = this.#line;
    Atomics.wait(state, 0, busy);
    const answer = receiveMessageOnPort(port)?.message as PartAnswer | undefined;
    if (answer === undefined) throw new Error('a thread has ended that was building a part');
    if ('failure' in answer) throw fromWire(answer.failure);
    return answer;
  }
}

/** The end that builds. */
export function answerParts({ port, state }: PartLine): void {
  const step = (from: number, to: number): void => {
    Atomics.compareExchange(state, 0, from, to);
    Atomics.notify(state, 0);
  };
  port.on('message', (part: PartToBuild) => {
    let busy: number = lineState.atWork;
    try {
      buildPart(part, (built) => {
        const { pages, ends, cells } = built.leaves;
        const counts = built.counts.flatMap((count) => (count === null ? [] : [count.buffer]));
        port.postMessage({ built } satisfies PartAnswer, [
          pages.buffer,
          ends.buffer,
          cells.buffer,
          ...counts,
        ]);
        step(busy, lineState.built);
        busy = lineState.built;
      });
      port.postMessage({ settled: true } satisfies PartAnswer);
    } catch (error) {
      port.postMessage({ failure: toWire(translated(error, part.database)) } satisfies PartAnswer);
    }
    step(busy, lineState.idle);
  });
}

function setState(state: Int32Array, value: number): void {
  Atomics.store(state, 0, value);
  Atomics.notify(state, 0);
}
