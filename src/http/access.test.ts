import type { FastifyRequest } from 'fastify';
import { expect, test } from 'vitest';
import { ManualClock } from '../../test/helpers/manual-clock.ts';
import { Access } from './access.ts';

const request = (ip: string): FastifyRequest =>
  ({
    ip,
    method: 'GET',
    headers: { host: 'localhost' },
    socket: { localPort: 5000 },
  }) as unknown as FastifyRequest;

/** How many of 5,000 requests at once are answered, sent from these addresses in turn. */
function answered(access: Access, ...from: string[]): number {
  let number = 0;
  for (let each = 0; each < 5000; each++) {
    try {
      access.check(request(from[each % from.length]!), false);
      number++;
    } catch (error) {
      expect(error).toMatchObject({ code: 'too_many_requests' });
    }
  }
  return number;
}

test('another machine may ask so often, this one as often as it likes', () => {
  const clock = new ManualClock();
  const access = new Access({ token: null, allowedHosts: [], hasPages: true, clock });
  for (const own of ['127.0.0.1', '127.3.4.5', '::1', '::ffff:127.0.0.1'])
    expect(answered(access, own)).toBe(5000);
  expect(answered(access, '192.0.2.1', '::ffff:192.0.2.1')).toBe(1000);
  // Whoever has one address of a network of IPv6 has all of them.
  expect(answered(access, '2001:db8::1', '2001:db8::2:3:4:5', '2001:db8:0:0:ffff::')).toBe(1000);
  expect(answered(access, '2001:db8:0:1::1')).toBe(1000);
  expect(answered(access, 'fe80::1%eth0', 'fe80::2%eth0')).toBe(1000);
  clock.advance(1000);
  expect(answered(access, '192.0.2.1')).toBe(200);
});
