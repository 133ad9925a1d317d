/** What an upload's import takes while 200 clients listen to events, next to one while nobody does; each with a master of its own. */
import { createReadStream } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { Upload } from '../src/api/wire/imports.ts';
import type { Run } from '../src/api/wire/runs.ts';
import { build, checkStillBuilt } from './lib/longhaul.ts';
import type { Measured } from './lib/child.ts';
import { load } from './lib/machine.ts';
import { inTurns } from './lib/measure.ts';
import { benchOptions } from './lib/options.ts';
import { report } from './lib/report.ts';
import { sampleFile, WorkFolder } from './lib/samples.ts';
import { agent, ask, quantile, Server } from './lib/server.ts';

const { runs, records } = benchOptions({ runs: 5, records: 1_000_000 });
build();
using folder = new WorkFolder();
const { path, bytes } = await sampleFile({ records });
const clients = 200;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Reads what comes and keeps it: a connection and nothing else, so that listening costs this process little. */
class Listener implements Disposable {
  readonly #socket: Socket;
  text = '';

  constructor(url: string) {
    this.#socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('latin1');
    this.#socket.on('data', (part: string) => (this.text += part));
    this.#socket.write('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

async function uploaded(url: string): Promise<Upload> {
  const response = await fetch(`${url}/api/imports?name=products.csv`, {
    method: 'POST',
    body: createReadStream(path),
    duplex: 'half',
  } as unknown as RequestInit);
  if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as Upload;
}

const checksums = new Set<string | null>();
const told: number[] = [];
let number = 0;

async function run(listening: number): Promise<Measured> {
  const database = `sqlite:${folder.file(`${++number}.db`)}`;
  await using master = await Server.start(['master', '--db', database, '--log-level', 'silent']);
  const listeners = Array.from({ length: listening }, () => new Listener(master.url));
  try {
    while (listeners.some(({ text }) => !text.includes('event: hello'))) await wait(10);
    const cpuBefore = master.cpuSeconds;
    const { id } = await uploaded(master.url);
    let done: Run | null = null;
    while (done === null) {
      await wait(50);
      const upload = JSON.parse((await ask(`${master.url}/api/imports/${id}`)).text) as Upload;
      if (upload.state !== 'waiting' && upload.state !== 'importing') done = upload.run;
    }
    if (done.status !== 'done') throw new Error(`the run is ${done.status}`);
    checksums.add(done.checksum);
    const cpuSeconds = master.cpuSeconds - cpuBefore;
    // Whoever listens is told of the end as well.
    while (listeners.some(({ text }) => !text.includes('"status":"done"'))) await wait(10);
    for (const { text } of listeners) told.push(text.split('\nevent: ').length - 1);
    return { seconds: done.seconds, cpuSeconds, peakRssBytes: done.peakRssBytes };
  } finally {
    for (const listener of listeners) listener[Symbol.dispose]();
  }
}

const alone = 'import while nobody listens';
const before = load();
await run(clients);
const outcomes = await inTurns(
  [
    { what: alone, bytes, records, run: () => run(0) },
    {
      what: `import while ${clients} clients listen`,
      baseline: alone,
      bytes,
      records,
      run: () => run(clients),
    },
  ],
  runs,
);
checkStillBuilt();
agent.destroy();
if (checksums.size !== 1) throw new Error(`not one answer: ${[...checksums].join(', ')}`);
const [first, second] = outcomes.map(({ seconds }) => seconds);
const ratios = (second ?? []).map((seconds, index) => seconds / (first?.[index] ?? Number.NaN));
report({
  ...{ name: 'events', runs, load: before, records, bytes },
  digest: [...checksums][0] ?? null,
  notes: [
    `seconds with ${clients} clients by seconds without, in pairs: median ${quantile(ratios, 0.5).toFixed(3)}, ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}`,
    `each client was told ${quantile(told, 0.5)} events; the clients run on the same cores`,
  ],
  outcomes,
});
