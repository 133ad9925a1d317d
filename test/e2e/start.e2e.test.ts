/** `npm start`, with smaller files and on free ports. */
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { CliProcess, longhaul } from '../helpers/cli.ts';
import { value } from '../helpers/dump.ts';
import { eventually } from '../helpers/eventually.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

test('two sources and a master: the first import is seen, then a record that is appended', async () => {
  using folder = new TempFolder();
  const env = { XDG_CACHE_HOME: folder.file('cache') };
  const start = (): CliProcess =>
    new CliProcess(['start', '--port', '0', '--records', '2000'], { cwd: folder.path, env });
  {
    await using command = start();
    const published = (count: number) => (): boolean =>
      command.stdout.split(': published as number').length === count + 1;
    await command.until('both are published', published(2));
    const urls = /source-1: listening on (.*)\nsource-2: listening on (.*)\nmaster: listening on (.*)\n/.exec(
      command.stdout,
    );
    expect(command.stdout).toContain('source-2: products.csv: published as number');
    expect(command.stdout).toContain(`Open ${urls?.[3]} in a browser`);
    expect(command.stdout).toContain('2,000 records = ');
    appendFileSync(folder.file('data/source-1/products.csv'), 'Ann,a-sku-of-mine,"text"\n');
    await command.until('the change is published', published(3));
    const story = await longhaul(['show', 'products', 'a-sku-of-mine'], { cwd: folder.path });
    expect(story.stdout).toMatch(/brought by line \d+ of source-1: products\.csv \(run 3, version/);
    await fetch(`${urls![3]}/api/imports?name=bad.csv`, { method: 'POST', body: 'no header' });
    await command.until('what is wrong is told', () => command.stderr.includes('bad.csv'));
    expect(command.stderr).toMatch(/^longhaul: upload: bad\.csv: line 1: the header has no column/m);
    command.kill('SIGINT');
    expect(await command.ended).toMatchObject({ status: 130, signal: null });
    for (const url of urls!.slice(1)) await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
  }
  // The next time there is nothing to do.
  await using command = start();
  await command.until('it listens', () => command.stdout.includes('master: listening on'));
  const url = /master: listening on (.*)\n/.exec(command.stdout)![1];
  await eventually('all is as it was', async () => {
    const status = (await (await fetch(`${url}/api/status`)).json()) as {
      sources: { filesBy: object }[];
    };
    return status.sources.every(({ filesBy }) => JSON.stringify(filesBy) === '{"published":1}');
  });
  expect(value(folder.file('longhaul.db'), 'SELECT count(*) FROM _longhaul_runs')).toBe(3);
  command.kill('SIGTERM');
  expect(await command.ended).toMatchObject({ status: 0, signal: null });
});

test('a port that is taken ends all of it', async () => {
  using folder = new TempFolder();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const env = { XDG_CACHE_HOME: folder.file('cache') };
  const args = ['start', '--port', String(port - 2), '--records', '10'];
  const { status, stderr } = await longhaul(args, { cwd: folder.path, env });
  expect(status).toBe(1);
  expect(stderr).toContain(`cannot listen on 127.0.0.1:${port} (another program listens there already)`);
  server.close();
});
