import type { Attributes } from '@opentelemetry/api';

/** The host and port of an address, and no more of it: user, path and query may hold what nobody may see. */
export function attributesOfAddress({ hostname, port, protocol }: URL): Attributes {
  const wellKnown = protocol === 'https:' ? 443 : 80;
  return { 'server.address': hostname, 'server.port': port === '' ? wellKnown : Number(port) };
}
