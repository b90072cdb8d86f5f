import { expect, it } from 'vitest';
import { trustedProxies } from './trusted-proxies.js';

it('are addresses and ranges of both families, also where IPv4 is written as IPv6', () => {
  const trusts = trustedProxies('10.0.0.0/8, 192.0.2.7,2001:db8::/32');
  const known = ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', '2001:db8::1'];
  expect([...known, '11.0.0.1', '192.0.2.8', '2001:db9::1', 'unknown', ''].filter(trusts)).toEqual(known);
  expect(trustedProxies('')('127.0.0.1')).toBe(false);
});

it.each(['loopback', '10.0.0.0/33', '10.0.0.0/x', '::/129', '10.0.0', '0.0.0.0/0', '10.0.0.1/8/8'])(
  'are not %s',
  (text) => {
    expect(() => trustedProxies(text)).toThrow('is neither an address nor a range');
  },
);
