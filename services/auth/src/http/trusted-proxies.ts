import { BlockList, isIP } from 'node:net';
import { ValidateBy } from 'class-validator';

/**
 * `10.0.0.0/8,2001:db8::7` → whether what a peer at an address says in `x-forwarded-for` is believed.
 *
 * @throws Error with what is wrong of which range
 */
export function trustedProxies(text: string): (address: string) => boolean {
  const trusted = new BlockList();
  for (const range of text.split(',').flatMap((part) => part.trim() || [])) {
    const [, address = '', prefix] = /^([^/]+)(?:\/([1-9]\d{0,2}))?$/.exec(range) ?? [];
    const family = familyOf(address);
    if (family === undefined) throw notARange(range);
    try {
      if (prefix === undefined) trusted.addAddress(address, family);
      else trusted.addSubnet(address, Number(prefix), family);
    } catch {
      throw notARange(range);
    }
  }
  return (address) => {
    const family = familyOf(address);
    return family !== undefined && trusted.check(address, family);
  };
}

export function AreTrustedProxies(): PropertyDecorator {
  const faultOf = (value: unknown): string | undefined => {
    try {
      trustedProxies(String(value));
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };
  return ValidateBy({
    name: 'areTrustedProxies',
    validator: {
      validate: (value) => faultOf(value) === undefined,
      defaultMessage: (argument) => faultOf(argument?.value) ?? '',
    },
  });
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}

function notARange(range: string): Error {
  return new Error(`"${range}" is neither an address nor a range such as 10.0.0.0/8`);
}
