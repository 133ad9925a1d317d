/** A master whose SQLite database somebody removes, puts back or replaces while it runs. */
import { copyFileSync, existsSync, renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import { longhaulJson } from '../helpers/cli.ts';
import { value } from '../helpers/dump.ts';
import { eventually } from '../helpers/eventually.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { ask, askJson } from '../helpers/raw-request.ts';
import { header, on } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

/** Of reading a row, of listing tables, and of an edit that would be lost. */
const answered = async ({ url }: MasterProcess): Promise<unknown[]> => {
  const row = `${url}/api/datasets/products/rows/s1`;
  const asked = [
    await ask(row),
    await ask(`${url}/api/datasets`),
    await askJson(row, { values: { name: 'Bob' } }, { method: 'PATCH' }),
  ];
  return asked.map(({ status, code }) => code ?? status);
};
const refused = Array.from({ length: 3 }, () => 'database_unusable');

const ready = async ({ url }: MasterProcess): Promise<{ status: number; text: string }> => {
  const answer = await fetch(`${url}/readyz`);
  return { status: answer.status, text: await answer.text() };
};

test('it says so and imports nothing, until it is there again or the master is restarted', async () => {
  using folder = new TempFolder();
  const database = folder.file('shop.db');
  const row = (sku: string, text: string): string => `Ann,${sku},${text}\n`;
  folder.write('a.csv', header + row('s1', 'one'));
  const args = ['--db', `sqlite:${database}`, '--source', 'shop=a.csv', '--sense-interval', '0.1'];
  const description = (sku: string): unknown =>
    value(database, `SELECT description FROM products WHERE sku = '${sku}'`);
  {
    await using master = await MasterProcess.start(folder, args);
    await master.published('shop', 'a.csv');
    copyFileSync(database, folder.file('backup.db'));

    renameSync(database, folder.file('away.db'));
    await eventually('it is told', async () => (await ready(master)).status === 503);
    expect((await ready(master)).text).toContain(
      `the database cannot be used at the moment: ${database}: its file was removed, or replaced by another one, while it was in use`,
    );
    expect(await answered(master)).toEqual(refused);
    folder.write('a.csv', header + row('s1', 'two'));
    await master.until('the change is there to be imported', async () => {
      return (await master.file('shop', 'a.csv'))?.state === 'queued';
    });
    const { sensedMs: queuedMs } = (await master.source('shop'))!;
    await master.until('it was looked for again', ({ sources: [source] }) => source!.sensedMs! > queuedMs!);
    expect(existsSync(database)).toBe(false);
    expect((await master.status()).database.trouble?.code).toBe('database_gone');

    renameSync(folder.file('away.db'), database);
    await eventually('the change is imported', () => description('s1') === 'two');
    await eventually('it is ready', async () => (await ready(master)).status === 200);
    expect(await answered(master)).toEqual([200, 200, 200]);

    // Another file of that name is not touched by a process that still has the former one open.
    copyFileSync(folder.file('backup.db'), folder.file('other.db'));
    renameSync(folder.file('other.db'), database);
    const told = (): number => master.command.stderr.split('"the database cannot be used"').length - 1;
    await eventually('the log tells it for the second time', () => told() === 2);
    expect((await master.status()).database.trouble?.code).toBe('database_gone');
    expect((await ready(master)).status).toBe(503);
    expect(await answered(master)).toEqual(refused);
    master.command.kill('SIGTERM');
    expect(await master.command.ended).toMatchObject({ status: 0 });
  }
  {
    // An older state: it is brought to what the source offers.
    await using master = await MasterProcess.start(folder, args);
    await master.published('shop', 'a.csv');
    expect(description('s1')).toBe('two');
    expect(value(database, 'SELECT count(*) FROM _longhaul_runs')).toBe(2);
    expect(await longhaulJson(['verify', ...on(database)])).toMatchObject({ agrees: true });
    renameSync(database, folder.file('away.db'));
    await eventually('it is told', async () => (await ready(master)).status === 503);
  }
  await using master = await MasterProcess.start(folder, args);
  await master.published('shop', 'a.csv');
  expect(description('s1')).toBe('two');
});
