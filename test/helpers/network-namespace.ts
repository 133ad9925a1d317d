/** A network of its own for a process, with one link to this machine that can be slowed down and cut. Root only; Linux only. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';

export class NetworkNamespace implements Disposable {
  readonly #name: string;
  readonly #link: string;
  /** Of this machine, as it is seen from inside. */
  readonly gateway: string;

  /** @param number 1 to 200 */
  constructor(number: number) {
    this.#name = `longhaul-test-${process.pid}-${number}`;
    this.#link = `lht${number}a`;
    const inner = `lht${number}b`;
    this.gateway = `10.231.${number}.1`;
    run('ip', 'netns', 'add', this.#name);
    try {
      run('ip', 'link', 'add', this.#link, 'type', 'veth', 'peer', 'name', inner, 'netns', this.#name);
      run('ip', 'addr', 'add', `${this.gateway}/24`, 'dev', this.#link);
      this.up();
      for (const args of [
        ['addr', 'add', `10.231.${number}.2/24`, 'dev', inner],
        ['link', 'set', inner, 'up'],
        ['link', 'set', 'lo', 'up'],
        ['route', 'add', 'default', 'via', this.gateway],
      ])
        run(...this.within, 'ip', ...args);
      this.#inner = inner;
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }
  readonly #inner: string = '';

  /** What runs a command in it. */
  get within(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name];
  }

  /** What leaves it goes at this rate, such as `4mbit`, from here on. */
  slow(rate: string): void {
    const shaped = ['root', 'tbf', 'rate', rate, 'burst', '32kbit', 'latency', '400ms'];
    run(...this.within, 'tc', 'qdisc', 'replace', 'dev', this.#inner, ...shaped);
  }

  /** Nothing comes or goes, and nobody is told. */
  cut(): void {
    run('ip', 'link', 'set', this.#link, 'down');
  }

  up(): void {
    run('ip', 'link', 'set', this.#link, 'up');
  }

  [Symbol.dispose](): void {
    spawnSync('ip', ['netns', 'del', this.#name]);
  }
}

/** Why there can be none here; null: there can. */
export async function whyNoNamespaces(): Promise<string | null> {
  if (process.platform !== 'linux') return 'only Linux has network namespaces';
  if (process.getuid?.() !== 0) return 'only root may make network namespaces';
  for (const program of ['ip', 'tc']) {
    if (spawnSync(program, ['-V']).status !== 0) return `there is no "${program}" (iproute2)`;
  }
  sweep();
  try {
    using namespace = new NetworkNamespace(200);
    const server = createServer().listen(0, namespace.gateway);
    await once(server, 'listening');
    server.close();
    return null;
  } catch (error) {
    return `this machine lets nobody make them: ${(error as Error).message}`;
  }
}

/** A process that was killed has left its own behind, with addresses that are wanted again. */
function sweep(): void {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const [name, process] of stdout.matchAll(/^longhaul-test-(\d+)-\d+/gm)) {
    if (!existsSync(`/proc/${process}`)) spawnSync('ip', ['netns', 'del', name]);
  }
}

function run(...[program = '', ...args]: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(`${program} ${args.join(' ')}: ${stderr}`);
}
