/** A source that was given through the API: whatever leads its client to this machine or a private network, nothing is asked there. */
import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { expect, test } from 'vitest';
import { AddressGuard, type Resolve } from '../../src/source/address-guard.ts';
import { expectError } from '../helpers/expect-error.ts';
import { OddServer } from '../helpers/odd-server.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { TestClient } from '../helpers/test-client.ts';

const csv = 'name,sku,description\nAnn,a,x\n';
/** A server of this machine that nobody is to reach. */
const secret = (): Promise<OddServer> =>
  OddServer.http((_request, response) => void response.setHeader('content-type', 'text/csv').end(csv));

test.for([null, 'longhaul', 'plain', 'url'] as const)(
  'an address of this machine is not asked (%s)',
  async (kind) => {
    using folder = new TempFolder();
    await using server = await secret();
    const port = new URL(server.url).port;
    for (const host of ['127.0.0.1', '2130706433', '[::ffff:127.0.0.1]', '0', 'localhost']) {
      const open = async (): Promise<void> => {
        await using client = await TestClient.open(
          { url: `http://${host}:${port}/a.csv`, kind },
          folder.path,
          { guard: new AddressGuard() },
        );
        await client.sense();
      };
      await expect(open(), host).rejects.toMatchObject({ code: 'address_not_allowed' });
    }
    expect([server.requests, server.connections]).toEqual([[], 0]);
  },
);

test('a path is not read', async () => {
  using folder = new TempFolder();
  const url = folder.write('a.csv', csv);
  await expectError(
    TestClient.open({ url }, folder.path, { guard: new AddressGuard() }),
    'address_not_allowed',
    'shop: a path may not be asked for a source that was given through the API: it is on the disk of the master',
  );
});

/** Resolves a name to what the test says, other names as the system does. */
const lying =
  (answers: () => string): Resolve =>
  (host, options, callback) => {
    if (host.endsWith('.example')) callback(null, [{ address: answers(), family: 4 }]);
    else lookup(host, options, callback);
  };

test('a name that was public when it was looked at and is private when it is connected to is not asked', async () => {
  using folder = new TempFolder();
  await using server = await secret();
  const { port } = new URL(server.url);
  let asked = 0;
  const guard = new AddressGuard(lying(() => (asked++ === 0 ? '93.184.215.14' : '127.0.0.1')));
  const url = `http://rebinding.example:${port}/a.csv`;
  await guard.check('shop', url);
  await using client = await TestClient.open({ url }, folder.path, { guard });
  await expect(client.sense()).rejects.toMatchObject({ code: 'address_not_allowed' });
  expect([server.requests, server.connections, asked]).toEqual([[], 0, 2]);
});

/** The server behind `public.example` is of this machine, as all servers of tests are: it stands for one that is public. */
class AllButPublic extends AddressGuard {
  override lookup(source: string): LookupFunction {
    const guarded = super.lookup(source);
    return (host, options, callback) => {
      if (host === 'public.example') lookup('127.0.0.1', options, callback);
      else guarded(host, options, callback);
    };
  }
}

test.for([
  ['an address', (port: string) => `http://127.0.0.1:${port}/secret`],
  ['a decimal address', (port: string) => `http://2130706433:${port}/secret`],
  ['an IPv6 address', (port: string) => `http://[::ffff:7f00:1]:${port}/secret`],
  ['metadata', () => 'http://169.254.169.254/latest/meta-data/'],
  ['a name', (port: string) => `http://internal.example:${port}/secret`],
] as const)('a redirect to %s is not followed', async ([, target]) => {
  using folder = new TempFolder();
  await using server = await secret();
  const { port } = new URL(server.url);
  await using leading = await OddServer.http(
    (_request, response) => void response.writeHead(302, { location: target(port) }).end(),
  );
  const url = leading.url.replace('127.0.0.1', 'public.example');
  const guard = new AllButPublic(lying(() => '127.0.0.1'));
  await using client = await TestClient.open({ url, kind: 'url' }, folder.path, { guard });
  await expect(client.sense()).rejects.toMatchObject({ code: 'address_not_allowed' });
  expect([server.requests, server.connections]).toEqual([[], 0]);
  expect(leading.requests).not.toEqual([]);
});

test('what leads nowhere else is read as ever', async () => {
  using folder = new TempFolder();
  await using server = await secret();
  const url = `${server.url.replace('127.0.0.1', 'public.example')}/a.csv`;
  await using client = await TestClient.open({ url }, folder.path, { guard: new AllButPublic() });
  expect((await client.bytes(await client.until('a.csv'))).toString()).toBe(csv);
});
