import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net';
import { defineError } from '@muxgate/runtime';

export type { LookupFunction };

/** An outgoing request would have reached an address that is not public (or not by HTTP). */
export const EgressRefused = defineError('EgressRefused', 'egress_refused', 502);

const NOT_PUBLIC_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** IPv4 inside IPv6 is judged by the address inside (`embeddedIpv4`), but for the translation prefixes that are local. */
const NOT_PUBLIC_V6 = [
  '::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

const LOOPBACK = blockList(['127.0.0.0/8'], ['::1/128']);
const NOT_PUBLIC = blockList(NOT_PUBLIC_V4, NOT_PUBLIC_V6);

function blockList(v4: readonly string[], v6: readonly string[]): BlockList {
  const list = new BlockList();
  for (const [ranges, family] of [
    [v4, 'ipv4'],
    [v6, 'ipv6'],
  ] as const) {
    for (const range of ranges) {
      const [network = '', prefix] = range.split('/');
      list.addSubnet(network, Number(prefix), family);
    }
  }
  return list;
}

/** Whether an IP address (no brackets, a zone allowed) is reachable on the public internet; false for anything else. */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/%.*$/, '');
  if (isIP(bare) === 0) return false;
  if (isIPv4(bare)) return !NOT_PUBLIC.check(bare, 'ipv4');
  const inner = embeddedIpv4(bare);
  return inner === undefined ? !NOT_PUBLIC.check(bare, 'ipv6') : !NOT_PUBLIC.check(inner, 'ipv4');
}

/** The IPv4 address that an IPv6 address stands for: mapped (::ffff/96), NAT64 (64:ff9b::/96), 6to4 (2002::/16). */
function embeddedIpv4(address: string): string | undefined {
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0');
  const groups = [...first, ...zeros, ...last].map((group) => Number.parseInt(group, 16));
  const prefix = groups.slice(0, 6).join(':');
  if (prefix === '0:0:0:0:0:65535' || prefix === `${0x64}:${0xff9b}:0:0:0:0`)
    return dotted(groups[6], groups[7]);
  return groups[0] === 0x2002 ? dotted(groups[1], groups[2]) : undefined;
}

const dotted = (high = 0, low = 0): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');

/** Whether a host is this machine for certain: `localhost`, 127/8 or ::1, with or without brackets. */
export function isLoopbackHost(host: string): boolean {
  const bare = bareHost(host);
  if (bare === 'localhost') return true;
  return isIP(bare) !== 0 && LOOPBACK.check(bare, isIPv4(bare) ? 'ipv4' : 'ipv6');
}

const bareHost = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');

/**
 * Refuses a URL that is not HTTP(S) or whose host is literally an address that is not public. URL parsing has already
 * turned decimal, octal, hexadecimal and shortened forms into dotted ones. Names are judged by `guardedLookup`.
 * @throws EgressRefused
 */
export function assertPublicUrl(url: string | URL, allowPrivateNetwork: boolean): void {
  const parsed = URL.parse(String(url));
  if (parsed === null) throw new EgressRefused('an outgoing request needs a valid URL');
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') {
    throw new EgressRefused('an outgoing request needs an http or https URL');
  }
  if (!allowPrivateNetwork) assertPublicHost(parsed.hostname);
}

/** @throws EgressRefused when `host` is an address that is not public, or names this machine */
export function assertPublicHost(host: string): void {
  const bare = bareHost(host);
  if (isLoopbackHost(bare) || (isIP(bare) !== 0 && !isPublicAddress(bare))) {
    throw new EgressRefused(`${bare} is not a public address; allowPrivateNetwork: true would allow it`);
  }
}

export interface GuardOptions {
  /** Resolves names; `dns.lookup` unless told. */
  lookup?: LookupFunction;
}

/**
 * A `dns.lookup` that refuses a name one of whose addresses is not public: the check after resolution that a rebinding
 * name cannot pass, since the connection uses the very addresses that were checked.
 */
export function guardedLookup(allowPrivateNetwork: boolean, options: GuardOptions = {}): LookupFunction {
  const lookup = options.lookup ?? (systemLookup as unknown as LookupFunction);
  if (allowPrivateNetwork) return lookup;
  return (hostname, lookupOptions: LookupOptions, callback) => {
    lookup(hostname, lookupOptions, (error, address, family) => {
      if (error) return callback(error, address, family);
      const found: LookupAddress[] = Array.isArray(address) ? address : [{ address, family: family ?? 0 }];
      if (found.length > 0 && found.every((entry) => isPublicAddress(entry.address))) {
        return callback(null, address, family);
      }
      const refusal = new EgressRefused(
        `${hostname} resolves to an address that is not public; allowPrivateNetwork: true would allow it`,
      );
      return callback(refusal, address, family);
    });
  };
}
