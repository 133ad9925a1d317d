/**
 * Where each thread of a fresh import spends its time: Node's own CPU profiler, the functions with the most time of
 * their own. Read parts, not sums: a profiled import is slower, and what SQLite does stands under the call into it.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { compileKernel } from '../scripts/compile-kernel.ts';
import { table } from '../src/cli/terminal.ts';
import { build, longhaul } from './lib/longhaul.ts';
import { benchOptions } from './lib/options.ts';
import { sampleFile, WorkFolder } from './lib/samples.ts';

/** As the DevTools protocol describes it; times in microseconds. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
  readonly startTime: number;
  readonly endTime: number;
}

const most = 20;
/** Of our own WebAssembly; a profile has their indexes only. */
const kernelFunctions = compileKernel().functions;
const { records } = benchOptions({ runs: 1, records: 500_000 });
build();
const sample = await sampleFile({ records });
using folder = new WorkFolder();
const profiles = folder.file('profiles');
mkdirSync(profiles);

const flags = ['--cpu-prof', `--cpu-prof-dir=${profiles}`, '--cpu-prof-interval=500'];
const command = (name: string): string[] => ['import', sample.path, '--db', `sqlite:${folder.file(name)}`];
await longhaul([...command('warm-up.db'), '--quiet']);
const { seconds } = await longhaul([...command('longhaul.db'), '--quiet'], flags);
console.log(`${records} records in ${seconds.toFixed(2)} s, profiled`);

for (const file of readdirSync(profiles).sort()) {
  const profile = JSON.parse(readFileSync(join(profiles, file), 'utf8')) as Profile;
  const ownTime = ownTimes(profile);
  const total = (profile.endTime - profile.startTime) / 1000;
  const idle = ownTime.get('(idle)') ?? 0;
  console.log(`\n${threadName(profile)}: ${Math.round(total)} ms, of which ${Math.round(idle)} ms idle`);
  const rows = Array.from(ownTime)
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([name, ms]) => [name, Math.round(ms), `${((100 * ms) / total).toFixed(1)} %`]);
  for (const line of table(['function', 'own ms', 'part'], rows)) console.log(`  ${line}`);
}

/** Milliseconds by function. */
function ownTimes({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, functionName(callFrame)]));
  const times = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const name = names.get(id)!;
    // A delta is the time since the sample before, so it belongs to that one's function.
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index + 1] ?? 0) / 1000);
  }
  return times;
}

function functionName({
  functionName: name,
  url,
  lineNumber,
}: Profile['nodes'][number]['callFrame']): string {
  if (url === '') return name;
  const index = /^wasm-function\[(\d+)\]$/.exec(name)?.[1];
  if (index !== undefined) return `kernel: ${kernelFunctions[Number(index)] ?? name}`;
  return `${name || '(anonymous)'} ${basename(url)}:${lineNumber + 1}`;
}

/** A thread is known by what only it has loaded; a stage thread's own entry is too short to be met. */
function threadName({ nodes }: Profile): string {
  const has = (entry: string): boolean =>
    nodes.some(({ callFrame }) => callFrame.url.endsWith(`/${entry}.js`));
  if (has('store-thread')) return 'store thread';
  return has('cli/main') ? 'main thread' : 'stage thread';
}
