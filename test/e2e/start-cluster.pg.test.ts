/** `npm run start:cluster`, with smaller files and on free ports. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { WorkerStatus } from '../../src/store/chunk-jobs.ts';
import { longhaul, longhaulJson } from '../helpers/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { PostgresDatabase } from '../helpers/postgres-database.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const script = fileURLToPath(new URL('../../scripts/start-cluster.ts', import.meta.url));

let database: PostgresDatabase;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(() => database[Symbol.asyncDispose]());

function isRunning(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch {
    return false;
  }
}

test('workers stage what the sources have, one sees who, and Ctrl-C ends them all', async () => {
  using folder = new TempFolder();
  const url = database.newSchema();
  // Files of 4 MB each: four chunks.
  const args = ['--db', url, '--port', '0', '--records', '25000', '--spool-folder', folder.file('spool')];
  const child = spawn(process.execPath, [script, ...args], {
    cwd: folder.path,
    env: { ...process.env, LONGHAUL_SRC: '1', XDG_CACHE_HOME: folder.file('cache') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close');
  try {
    await eventually('both are published', () => {
      if (child.exitCode !== null) throw new Error(said);
      return said.split(': published as number').length === 3;
    });
    await eventually('it says who has staged what', () => said.includes('workers have staged 8 chunks'));
    const { workers } = await longhaulJson<{ workers: WorkerStatus[] }>(['show', 'workers', '--db', url]);
    expect(workers).toHaveLength(3);
    expect(workers.reduce((sum, { chunks }) => sum + chunks, 0)).toBe(8);
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expect(workers.filter((worker) => isRunning(worker.process))).toEqual([]);
    const left = await longhaulJson<{ workers: WorkerStatus[] }>(['show', 'workers', '--db', url]);
    expect(left.workers.map(({ state }) => state)).toEqual(['ended', 'ended', 'ended']);
    for (const [, at] of said.matchAll(/listening on (\S+)/g))
      await expect(fetch(`${at}/healthz`)).rejects.toThrow('fetch failed');
    expect(await longhaul(['verify', '--db', url])).toMatchObject({ status: 0 });
  } finally {
    // A test that has failed leaves nothing behind either.
    if (child.exitCode === null) child.kill('SIGTERM');
    await ended;
  }
});
