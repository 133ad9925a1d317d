/** The README's examples, run in their order in one folder, as a reader would. */
import { readFileSync } from 'node:fs';
import { crc32, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { longhaul } from '../helpers/cli.ts';
import { OddServer } from '../helpers/odd-server.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** Lines of the block of commands under "Use it", without their comments. */
function examples(): string[] {
  const [, block = ''] = /## Use it\n```sh\n([\s\S]*?)```/.exec(readme) ?? [];
  return block
    .split('\n')
    .map((line) => line.replace(/\s+#.*/, ''))
    .filter((line) => line !== '');
}

/** An archive with one stored file (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT). */
function zip(name: string, text: string): Buffer {
  const [nameBytes, content] = [Buffer.from(name), Buffer.from(text)];
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0); // version needed
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(content.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(nameBytes.length, 22);
  const local = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), common, nameBytes, content]);
  const central = Buffer.concat([
    Buffer.from('PK\u0001\u0002\u0014\0', 'latin1'),
    common,
    Buffer.alloc(14),
    nameBytes,
  ]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, Buffer.from('PK\u0005\u0006', 'latin1'), end]);
}

test('every example works', async () => {
  using folder = new TempFolder();
  const products = Buffer.concat(sampleBlocks({ records: 500, seed: 1 }).toArray());
  folder.write('products.csv.gz', gzipSync(products));
  folder.write('first.csv', products);
  folder.write('second.csv', 'name,sku,description\nAnn,one-more-of-them,text\nno sku\n');
  folder.write('prices.csv', 'name,sku,description\nCyd,price-one,text\n');
  folder.write('old.csv', Buffer.from('name,sku,description\nZoë,old-one,text\n', 'latin1'));
  folder.write('a.csv', 'no-header-here,Dan,text\n');
  folder.write('orders.csv', 'id,status,amount,paid\nA,open,1.50,yes\n');
  folder.write('archive.zip', zip('prices.csv', 'name,sku,description\nEve,zip-one,text\n'));
  const dump = Buffer.from('name,sku,description\nBob,from-a-pipe,text\n');

  await using shop = await OddServer.http((_request, response) => void response.end(gzipSync(products)));
  const lines = examples();
  expect(lines.length).toBeGreaterThan(6);
  for (const line of lines) {
    const isPiped = line.startsWith('zcat dump.gz | ');
    const [program, name, ...args] = line.replace('zcat dump.gz | ', '').split(/ +/);
    expect([program, name], line).toEqual(['npx', 'longhaul']);
    const given = args.flatMap((arg) =>
      arg === '*.csv' ? ['first.csv', 'second.csv'] : [arg.replace('https://shop.example', shop.url)],
    );
    const result = await longhaul(given, { cwd: folder.path, ...(isPiped ? { stdin: dump } : {}) });
    expect({ line, status: result.status, stderr: result.stderr }).toEqual({ line, status: 0, stderr: '' });
    expect(result.stdout, line).not.toBe('');
  }
});
