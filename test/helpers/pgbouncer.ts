/** PgBouncer in front of a server, giving out transactions: where one is installed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { execute } from './postgres-database.ts';
import { TempFolder } from './temp-folder.ts';

const program = 'pgbouncer';

export function hasPgBouncer(): boolean {
  return spawnSync(program, ['--version']).status === 0;
}

export class PgBouncer implements AsyncDisposable {
  /** Of the same database. */
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #folder: TempFolder;

  private constructor(url: string, process: ChildProcess, folder: TempFolder) {
    this.url = url;
    this.#process = process;
    this.#folder = folder;
  }

  /** @param sessions that it has with the server, for however many clients */
  static async start(behind: string, sessions: number): Promise<PgBouncer> {
    const server = new URL(behind);
    const folder = new TempFolder();
    chmodSync(folder.path, 0o755);
    const port = await freePort();
    const users = folder.write(
      'users',
      `"${decodeURIComponent(server.username)}" "${decodeURIComponent(server.password)}"\n`,
    );
    const settings = folder.write(
      'pgbouncer.ini',
      `[databases]\n* = host=${server.hostname} port=${server.port || 5432}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\n` +
        `auth_type = trust\nauth_file = ${users}\npool_mode = transaction\ndefault_pool_size = ${sessions}\nunix_socket_dir =\n`,
    );
    // It refuses root, as PostgreSQL does.
    const as = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    const child = spawn(program, ['-q', ...as, settings], { stdio: 'ignore' });
    const url = new URL(behind);
    url.port = String(port);
    const bouncer = new PgBouncer(url.href, child, folder);
    try {
      await eventually('PgBouncer answers', async () => {
        if (child.exitCode !== null) throw new Error(`PgBouncer ended with ${child.exitCode}`);
        return (await execute(url.href, 'SELECT 1').catch(() => null)) !== null;
      });
      return bouncer;
    } catch (error) {
      await bouncer[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGINT');
    if (this.#process.exitCode === null && this.#process.signalCode === null)
      await once(this.#process, 'exit');
    this.#folder[Symbol.dispose]();
  }
}
