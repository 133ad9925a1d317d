import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { AddressGuard, refusedAddress, type Resolve } from './address-guard.ts';

/** As a browser and our own client read it: other ways to write an address are the same address by then. */
const hostOf = (url: string): string => new URL(url).hostname;

test.for([
  ['loopback', 'http://127.0.0.1/'],
  ['loopback, short', 'http://127.1/'],
  ['loopback, any of it', 'http://127.8.9.10:8080/'],
  ['loopback, decimal', 'http://2130706433/'],
  ['loopback, hexadecimal', 'http://0x7f000001/'],
  ['loopback, hexadecimal parts', 'http://0x7f.0x0.0x0.0x1/'],
  ['loopback, octal', 'http://0177.0.0.1/'],
  ['loopback, a dot behind it', 'http://127.0.0.1./'],
  ['loopback, wide digits', 'http://１２７．０．０．１/'],
  ['loopback, percent-encoded', 'http://%31%32%37.0.0.1/'],
  ['loopback, IPv6', 'http://[::1]/'],
  ['loopback, in an IPv6 address', 'http://[::ffff:127.0.0.1]/'],
  ['loopback, in an IPv6 address, hexadecimal', 'http://[::ffff:7f00:1]/'],
  ['loopback, in an old IPv6 address', 'http://[::127.0.0.1]/'],
  ['loopback, translated', 'http://[64:ff9b::127.0.0.1]/'],
  ['loopback, tunnelled', 'http://[2002:7f00:1::]/'],
  ['no address', 'http://0.0.0.0/'],
  ['no address, short', 'http://0/'],
  ['no address, IPv6', 'http://[::]/'],
  ['private', 'http://10.0.0.1/'],
  ['private, decimal', 'http://167772161/'],
  ['private, 172', 'http://172.31.255.255/'],
  ['private, 192', 'http://192.168.1.1/'],
  ['private, in an IPv6 address', 'http://[::ffff:192.168.1.1]/'],
  ['private, IPv6', 'http://[fd12:3456::1]/'],
  ['site-local', 'http://[fec0::1]/'],
  ['shared by a provider', 'http://100.64.0.1/'],
  ['metadata', 'http://169.254.169.254/latest/meta-data/'],
  ['metadata, decimal', 'http://2852039166/'],
  ['metadata, hexadecimal', 'http://0xa9fea9fe/'],
  ['metadata, octal', 'http://0251.0376.0251.0376/'],
  ['metadata, in an IPv6 address', 'http://[::ffff:a9fe:a9fe]/'],
  ['metadata, IPv6', 'http://[fd00:ec2::254]/'],
  ['metadata of another cloud', 'http://100.100.100.200/'],
  ['metadata at a public address', 'http://168.63.129.16/'],
  ['link-local, IPv6', 'http://[fe80::1]/'],
  ['to all', 'http://255.255.255.255/'],
  ['to many', 'http://224.0.0.1/'],
  ['to many, IPv6', 'http://[ff02::1]/'],
  ['reserved', 'http://240.0.0.1/'],
  ['for documents', 'http://192.0.2.1/'],
  ['for documents, IPv6', 'http://[2001:db8::1]/'],
  ['not given out', 'http://[1234::1]/'],
])('may not be asked: %s', async ([, url = '']) => {
  const guard = new AddressGuard();
  expect(() => guard.checkHost('shop', hostOf(url))).toThrow('may not be asked');
  await expect(guard.check('shop', url)).rejects.toMatchObject({
    code: 'address_not_allowed',
    facts: { source: 'shop' },
  });
});

test('the addresses of this machine may not be asked, public ones may', () => {
  for (const { address } of Object.values(networkInterfaces()).flatMap((each = []) => each))
    expect(refusedAddress(address), address).not.toBeNull();
  for (const address of ['8.8.8.8', '::ffff:8.8.8.8', '2606:4700:4700::1111', '93.184.215.14'])
    expect(refusedAddress(address), address).toBeNull();
  for (const nonsense of ['', 'localhost', '127.0.0.1; 8.8.8.8', '8.8.8.8%00'])
    expect(refusedAddress(nonsense), nonsense).not.toBeNull();
});

/** Resolves any name to these addresses. */
const resolving = (...addresses: string[]): Resolve => {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (_host, _options, callback) => callback(null, found);
};

test.for([
  [['127.0.0.1']],
  [['::1']],
  [['10.1.2.3']],
  [['169.254.169.254']],
  [['8.8.8.8', '127.0.0.1']],
  [['2606:4700::1', '::ffff:192.168.0.1']],
])('a name may not resolve to %s', async ([addresses]) => {
  const guard = new AddressGuard(resolving(...addresses!));
  const refused = { code: 'address_not_allowed', facts: { where: 'shop.example' } };
  await expect(guard.check('shop', 'https://shop.example/a.csv')).rejects.toMatchObject(refused);
  const error = await guard.check('shop', 'https://shop.example/').catch((thrown: unknown) => thrown);
  // What a name of a private network resolves to is not for whoever asks from outside.
  for (const address of addresses!) expect(String(error)).not.toContain(address);
});

test('a name that resolves to public addresses is let through, and one that does not resolve is left to each connection', async () => {
  await new AddressGuard(resolving('8.8.8.8', '2606:4700::1')).check('shop', 'http://shop.example');
  const failing: Resolve = (_host, _options, callback) => callback(new Error('ENOTFOUND'), []);
  await new AddressGuard(failing).check('shop', 'http://shop.example');
});

test('names of this machine resolve to it', async () => {
  for (const url of ['http://localhost:5000/', 'http://LOCALHOST/'])
    await expect(new AddressGuard().check('shop', url)).rejects.toMatchObject({
      code: 'address_not_allowed',
    });
});

test.for(['/etc/passwd', 'data/products.csv', '.', '//server/share', 'file:///etc/passwd', 'C:\\data.csv'])(
  'a path may not be read: %s',
  async (path) => {
    await expect(new AddressGuard().check('shop', path)).rejects.toMatchObject({
      code: 'address_not_allowed',
    });
  },
);
