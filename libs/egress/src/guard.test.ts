import type { LookupAddress, LookupOptions } from 'node:dns';
import { expect, test } from 'vitest';
import {
  assertPublicUrl,
  EgressRefused,
  guardedLookup,
  isLoopbackHost,
  isPublicAddress,
  type LookupFunction,
} from './index.js';

const NOT_PUBLIC = [
  '0.0.0.0',
  '0.255.255.255',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '192.168.0.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '::FFFF:a9fe:a9fe',
  '0:0:0:0:0:ffff:192.168.1.1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::a00:1',
  '64:ff9b:1::1',
  '2002:7f00:1::',
  '2002:a9fe:a9fe::1',
  '2002:c0a8:101::',
  '2001::1',
  '2001:db8::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'febf::1',
  'fec0::1',
  'ff02::1',
  '100::1',
];
const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2606:4700::1111',
  '2a00:1450::1',
  '::ffff:8.8.8.8',
  '64:ff9b::808:808',
  '2002:808:808::1',
];

test.each(NOT_PUBLIC)('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(PUBLIC)('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each(['', 'localhost', 'example.com', '1.2.3', '127.1', 'fe80::1::2'])(
  '%j is no address, so not public',
  (text) => {
    expect(isPublicAddress(text)).toBe(false);
  },
);

test.each([
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://127.0.0.1./',
  'http://0/',
  'http://localhost/',
  'http://LOCALHOST./',
  'http://[::1]/',
  'http://[::ffff:7f00:1]/',
  'http://[fd00:ec2::254]/',
  'http://169.254.169.254/latest/meta-data',
  'http://2852039166/',
  'https://10.0.0.1:8443/',
  'http://user@192.168.0.1/',
  'http://①②⑦.⓪.⓪.①/',
  'file:///etc/passwd',
  'ftp://example.com/',
  'data:,x',
  'not a url',
  '',
])('%s is refused', (url) => {
  expect(() => assertPublicUrl(url, false)).toThrow(EgressRefused);
});

test.each([
  'https://api.anthropic.com/v1',
  'http://1.1.1.1/',
  'https://[2606:4700::1111]/',
  'https://127.0.0.1.example/',
])('%s is let through', (url) => {
  expect(() => assertPublicUrl(url, false)).not.toThrow();
});

test('allowPrivateNetwork allows private addresses, but no other scheme', () => {
  expect(() => assertPublicUrl('http://127.0.0.1/', true)).not.toThrow();
  expect(() => assertPublicUrl('file:///etc/passwd', true)).toThrow(EgressRefused);
});

test('only localhost, 127/8 and ::1 are loopback', () => {
  expect(['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]', 'LOCALHOST.'].every(isLoopbackHost)).toBe(
    true,
  );
  expect(
    ['', '0.0.0.0', '::', '10.0.0.1', 'localhost.example', '127.0.0.1.example', 'x.localhost'].some(
      isLoopbackHost,
    ),
  ).toBe(false);
});

const resolvesTo =
  (...addresses: string[]): LookupFunction =>
  (_name, options, callback) => {
    const entries = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    if (options.all === true) callback(null, entries);
    else callback(null, entries[0]?.address ?? '', entries[0]?.family);
  };

function look(lookup: LookupFunction, options: LookupOptions): Promise<string | LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup('name.example', options, (error, address) => (error ? reject(error) : resolve(address)));
  });
}

test.each([{ all: true }, { all: false }])(
  'a name is refused for an address that is not public (%j)',
  async (options) => {
    const lookup = guardedLookup(false, { lookup: resolvesTo('10.0.0.1') });
    await expect(look(lookup, options)).rejects.toMatchObject({ code: 'egress_refused' });
  },
);

test('one private address among public ones refuses the name', async () => {
  const lookup = guardedLookup(false, { lookup: resolvesTo('1.1.1.1', '::ffff:10.0.0.1') });
  await expect(look(lookup, { all: true })).rejects.toMatchObject({ code: 'egress_refused' });
});

test('a name without any address is refused', async () => {
  await expect(look(guardedLookup(false, { lookup: resolvesTo() }), { all: true })).rejects.toBeInstanceOf(
    EgressRefused,
  );
});

test('public addresses come back as they were resolved', async () => {
  const lookup = guardedLookup(false, { lookup: resolvesTo('1.1.1.1', '2606:4700::1111') });
  await expect(look(lookup, { all: true })).resolves.toEqual([
    { address: '1.1.1.1', family: 4 },
    { address: '2606:4700::1111', family: 6 },
  ]);
});

test('the system resolver is guarded too: localhost is refused', async () => {
  const lookup = guardedLookup(false);
  const found = new Promise((resolve, reject) => {
    lookup('localhost', { all: true }, (error, address) => (error ? reject(error) : resolve(address)));
  });
  await expect(found).rejects.toBeInstanceOf(EgressRefused);
});
