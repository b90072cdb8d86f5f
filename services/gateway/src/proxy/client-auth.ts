import type { IncomingHttpHeaders } from 'node:http';
import { hashClientKey, isMistyped, isUsable, type Client } from '@muxgate/clients';
import type { ConfigSnapshot } from '@muxgate/config';
import type { ClientKeys } from './client-keys.js';
import { ClientKeyMissing, ClientKeysDiffer, ClientKeyUnknown } from './errors.js';
import type { MaybePromise } from './when-ready.js';

const BEARER = /^bearer +(\S+)$/i;
const MUXGATE_KEY = 'mxg_';
const HOLDS_MUXGATE_KEY = /^(?:bearer +)?mxg_/i;
/** For the client key of a caller whose `Authorization` or `x-api-key` is for the provider. */
export const MUXGATE_HEADER = 'x-muxgate-key';

/** Who everyone is where `clients.authentication` is `disabled` (loopback only). */
export const ANONYMOUS: Client = { id: 'anonymous', name: 'anonymous', mayPin: false, createdAt: 0 };

/**
 * The client of a request by its key, in `x-muxgate-key`, or else in `x-api-key` or `Authorization: Bearer`. SDKs may
 * send a credential of their own in the other header; two different Muxgate keys are refused.
 *
 * @throws ClientKeyMissing, ClientKeyUnknown, ClientKeysDiffer, ClientKeysUnavailable
 */
export function identifyClient(
  headers: IncomingHttpHeaders,
  keys: Pick<ClientKeys, 'find'>,
  snapshot: ConfigSnapshot,
  now: number,
): MaybePromise<Client> {
  const own = headers[MUXGATE_HEADER];
  if (typeof own === 'string') assertOnlyKey(headers, own);
  const apiKey = own ?? headers['x-api-key'];
  const first = typeof apiKey === 'string' && apiKey !== '' ? apiKey : undefined;
  const second = own === undefined ? bearerOf(headers.authorization) : undefined;
  const only = first === undefined || first === second ? second : second === undefined ? first : undefined;
  if (only !== undefined) {
    const found = keys.find(hashClientKey(only), snapshot);
    return found instanceof Promise
      ? found.then((client) => accept(client, only, now))
      : accept(found, only, now);
  }
  if (first === undefined || second === undefined)
    throw new ClientKeyMissing('a client key is needed, in x-api-key or Authorization: Bearer');
  return identifyOfTwo(first, second, keys, snapshot, now);
}

/** A key that strayed into a header of the provider's would be refused there, at best. */
function assertOnlyKey(headers: IncomingHttpHeaders, own: string): void {
  for (const name of ['authorization', 'x-api-key'] as const) {
    const value = headers[name];
    if (typeof value !== 'string' || !holdsClientKey(value)) continue;
    if (value === own || bearerOf(value) === own) continue;
    throw new ClientKeysDiffer(
      `${name} holds another Muxgate client key than ${MUXGATE_HEADER}; beside ${MUXGATE_HEADER} it takes the credential of the provider`,
    );
  }
}

/** Whether the value of a header is a Muxgate key, by its form. */
export function holdsClientKey(value: string): boolean {
  return HOLDS_MUXGATE_KEY.test(value);
}

async function identifyOfTwo(
  first: string,
  second: string,
  keys: Pick<ClientKeys, 'find'>,
  snapshot: ConfigSnapshot,
  now: number,
): Promise<Client> {
  const [one, other] = await Promise.all(
    [first, second].map(async (key) => keys.find(hashClientKey(key), snapshot)),
  );
  const firstIsOurs = one !== undefined || first.startsWith(MUXGATE_KEY);
  const secondIsOurs = other !== undefined || second.startsWith(MUXGATE_KEY);
  if (firstIsOurs && secondIsOurs)
    throw new ClientKeysDiffer('x-api-key and Authorization hold two different client keys; send one');
  return accept(one ?? other, firstIsOurs ? first : second, now);
}

function accept(client: Client | undefined, key: string, now: number): Client {
  if (client !== undefined && isUsable(client, now)) return client;
  if (client === undefined && isMistyped(key))
    throw new ClientKeyUnknown('this client key is mistyped or cut off: its checksum does not match');
  throw new ClientKeyUnknown('this client key is not known, has expired or was revoked');
}

function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  // the usual form first: the pattern is for the odd ones
  if (authorization.startsWith('Bearer ') && !authorization.includes(' ', 7))
    return authorization.slice(7) || undefined;
  return BEARER.exec(authorization)?.[1];
}
