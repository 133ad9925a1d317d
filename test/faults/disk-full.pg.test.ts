/** A server whose disk is full, for real: a tablespace of a few MiB. See `disk-full.fault.test.ts`. */
import { expect, test } from 'vitest';
import { openReader, verify } from '../../src/processes/reading.ts';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { products } from '../../src/schema/dataset.ts';
import { longhaul } from '../helpers/cli.ts';
import { execute, PostgresDatabase } from '../helpers/postgres-database.ts';
import { PostgresServer } from '../helpers/postgres-server.ts';
import { whyNoSmallDisk } from '../helpers/small-disk.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const records = 30_000;
const reason = whyNoSmallDisk();

test.skipIf(reason !== null)(
  `a full disk of the server is told, nothing changes, and with room the same command goes on${reason === null ? '' : ` (skipped: ${reason})`}`,
  async () => {
    using folder = new TempFolder();
    const first = folder.write('first.csv', Buffer.concat([...sampleBlocks({ records, seed: 1 })]));
    const changed = { fraction: 1, seed: 2 };
    const next = folder.write('next.csv', Buffer.concat([...sampleBlocks({ records, seed: 1, changed })]));
    await using server = await PostgresServer.start(undefined, { smallDiskSize: '2m' });
    const { url: databaseUrl } = await PostgresDatabase.create(server.url);
    await execute(databaseUrl, `CREATE TABLESPACE small LOCATION '${server.smallDisk}'`);
    const url = new URL(databaseUrl);
    url.searchParams.set('options', '-c default_tablespace=small');
    const importing = (file: string) =>
      longhaul(['import', file, '--as', 'a.csv', '--quiet', '--db', url.href]);
    const runOfRows = 'SELECT DISTINCT _run FROM products';
    let published: unknown[] = [];
    for (const [file, room] of [
      [first, '12m'],
      [next, '64m'],
    ] as const) {
      const refused = await importing(file);
      expect(refused).toMatchObject({ status: 1, stdout: '' });
      expect(refused.stderr).toContain('the disk is full; nothing was published\nTry: ');
      expect(await execute(databaseUrl, runOfRows)).toEqual(published);
      server.resizeDisk(room);
      expect(await importing(file)).toMatchObject({ status: 0, stderr: '' });
      published = await execute(databaseUrl, runOfRows);
      expect(published).toHaveLength(1);
      await using reader = await openReader(url.href);
      expect(await verify(reader, products, null)).toMatchObject({ agrees: true, findings: [] });
    }
  },
);
