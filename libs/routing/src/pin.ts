import type { IncomingHttpHeaders } from 'node:http';
import type { Candidate } from './candidates.js';
import { PinForbidden, PinUnknown } from './routing.errors.js';

const PIN = 'x-muxgate-provider';

/**
 * The provider that the request's header asks for.
 *
 * @throws PinForbidden for a client that may not choose
 */
export function pinOf(
  headers: IncomingHttpHeaders,
  client: { readonly mayPin: boolean },
): string | undefined {
  const pin = headers[PIN];
  if (typeof pin !== 'string' || pin === '') return undefined;
  if (!client.mayPin) throw new PinForbidden(`${PIN}: this client key may not choose the provider`);
  return pin;
}

/** @throws PinUnknown if none of the candidates is of this provider */
export function pinned(candidates: readonly Candidate[], pin: string): readonly Candidate[] {
  const found = candidates.filter(({ provider }) => provider.name === pin);
  if (found.length > 0) return found;
  throw new PinUnknown(`${PIN}: ${JSON.stringify(pin.slice(0, 128))} does not serve this model here`);
}
