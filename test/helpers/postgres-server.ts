/**
 * A PostgreSQL server of our own, in a temporary folder, on a free port of the loopback. As root it runs under another
 * user, because PostgreSQL refuses root.
 */
import { type ChildProcess, spawn, spawnSync, type StdioOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { TempFolder } from './temp-folder.ts';

/** `nobody`, who owns nothing. */
const otherUser = 65534;

/** Tests kill the server's processes, never the machine, so nothing has to reach the disk. */
const withoutDisk = ['fsync=off', 'full_page_writes=off', 'shared_buffers=64MB', 'log_checkpoints=off'];

interface PostgresServerOptions {
  /** Of a disk that only the server sees, for a tablespace: see `smallDisk`. */
  readonly smallDiskSize?: string;
  /** Folders of files that the settings name. */
  readonly readable?: readonly string[];
  /** Ctrl-C in the terminal does not reach it. */
  readonly isApart?: boolean;
}

export class PostgresServer implements AsyncDisposable {
  readonly #folder = new TempFolder();
  readonly #password = randomBytes(8).toString('hex');
  readonly #settings: readonly string[];
  #port = 0;
  #process: ChildProcess | null = null;

  readonly #smallDiskSize: string | null;
  readonly #isApart: boolean;

  private constructor(settings: readonly string[], options: PostgresServerOptions) {
    const { smallDiskSize = null, readable = [], isApart = false } = options;
    this.#settings = settings;
    this.#smallDiskSize = smallDiskSize;
    this.#isApart = isApart;
    // What the settings name is read by the server's own user.
    for (const folder of readable) chmodSync(folder, 0o755);
  }

  /** @param settings such as `fsync=on`; default: nothing is made durable */
  static async start(
    settings: readonly string[] = withoutDisk,
    options: PostgresServerOptions = {},
  ): Promise<PostgresServer> {
    const server = new PostgresServer(settings, options);
    try {
      server.#initialise();
      server.#port = await freePort();
      await server.resume();
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Of the superuser, with password. */
  get url(): string {
    return `postgres://postgres:${this.#password}@127.0.0.1:${this.#port}/postgres`;
  }

  #run(program: string, ...args: string[]): void {
    const { status, stderr } = spawnSync(join(this.#bin, program), args, { ...this.#as, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  }

  #bin = '';
  get #as(): { uid?: number; gid?: number; cwd: string } {
    const { path: cwd } = this.#folder;
    return process.getuid?.() === 0 ? { uid: otherUser, gid: otherUser, cwd } : { cwd };
  }
  get #data(): string {
    return this.#folder.file('data');
  }

  #initialise(): void {
    chmodSync(this.#folder.path, 0o755);
    this.#bin = postgresBinaries(this.#folder.path);
    mkdirSync(this.#data, { mode: 0o700 });
    const passwordFile = this.#folder.write('password', this.#password);
    if (this.#as.uid !== undefined) {
      for (const path of [this.#data, passwordFile]) chownSync(path, otherUser, otherUser);
    }
    const how = ['--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--username=postgres'];
    this.#run('initdb', '--no-sync', '--locale=C', '--encoding=UTF8', ...how, '--pgdata', this.#data);
    const settings = ["listen_addresses='127.0.0.1'", "unix_socket_directories=''", ...this.#settings];
    writeFileSync(join(this.#data, 'postgresql.auto.conf'), settings.join('\n'));
  }

  /** Starts the server again after `crash` or `stop`. Returns once it answers. */
  async resume(): Promise<void> {
    const args = ['-D', this.#data, '-p', String(this.#port)];
    const log = this.#folder.file('log');
    const program = join(this.#bin, 'postgres');
    const stdio = ['ignore', 'ignore', 'pipe'] as const satisfies StdioOptions;
    const child =
      this.#smallDiskSize === null
        ? spawn(program, args, { ...this.#as, stdio: [...stdio], detached: this.#isApart })
        : spawn('unshare', [...this.#onSmallDisk, program, ...args], {
            stdio: [...stdio],
            cwd: this.#as.cwd,
          });
    child.stderr.on('data', (text: Buffer) => writeFileSync(log, text, { flag: 'a' }));
    this.#process = child;
    await eventually('the PostgreSQL server answers', async () => {
      if (child.exitCode !== null) {
        throw new Error(`the PostgreSQL server did not start: ${readFileSync(log, 'utf8')}`);
      }
      return await answers(this.url);
    });
  }

  /** A folder of the server's own, on a disk of its own. */
  get smallDisk(): string {
    return this.#folder.file('disk');
  }

  /** Another size for that disk. */
  resizeDisk(size: string): void {
    const args = [
      '-t',
      String(this.#process!.pid),
      '-m',
      'mount',
      '-o',
      `remount,size=${size}`,
      this.smallDisk,
    ];
    const { status, stderr } = spawnSync('nsenter', args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }

  /** What mounts it where only the server can see it, before it starts as another user. */
  get #onSmallDisk(): string[] {
    mkdirSync(this.smallDisk, { recursive: true });
    const options = `size=${this.#smallDiskSize},uid=${otherUser},gid=${otherUser},mode=700`;
    const mount = 'mount -t tmpfs -o "$1" longhaul-test "$2" && shift 2 && exec "$@"';
    const as = ['setpriv', `--reuid=${otherUser}`, `--regid=${otherUser}`, '--clear-groups'];
    return ['-m', 'sh', '-c', mount, 'sh', options, this.smallDisk, ...as];
  }

  /** As `pg_ctl stop -m immediate`: no farewell, recovery at the next start, UNLOGGED tables emptied by it. */
  async crash(): Promise<void> {
    await this.#end('SIGQUIT');
  }

  /** As `pg_ctl stop -m fast`: whoever is connected is sent away, nothing is lost. */
  async stop(): Promise<void> {
    await this.#end('SIGINT');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill(signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGINT');
    this.#folder[Symbol.dispose]();
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
