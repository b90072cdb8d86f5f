import type { IncomingHttpHeaders } from 'node:http';
import { holdsClientKey, MUXGATE_HEADER } from './client-auth.js';
import type { Credential } from './credential.js';
import { CallerCredentialMissing } from './errors.js';

/** Where callers bring credentials of vendors. */
const CREDENTIAL_HEADERS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'] as const;

/**
 * The caller's own upstream credential, for `auth: {type: passthrough}`: as it came, in the headers that it came in. A
 * Muxgate key is never among it.
 *
 * @param authenticated whether one of the headers was needed for a client key
 * @throws CallerCredentialMissing
 */
export function callersCredential(headers: IncomingHttpHeaders, authenticated: boolean): Credential {
  const own = headers[MUXGATE_HEADER];
  if (authenticated && own === undefined)
    throw new CallerCredentialMissing(
      `this model needs your own credential of the provider: send the Muxgate key in ${MUXGATE_HEADER}, ` +
        'and yours in Authorization or x-api-key',
    );
  const passed: string[] = [];
  for (const name of CREDENTIAL_HEADERS) {
    const value = headers[name];
    if (typeof value !== 'string' || value === '') continue;
    const ours = holdsClientKey(value) || (typeof own === 'string' && value.endsWith(own));
    if (!ours) passed.push(name, value);
  }
  if (passed.length === 0)
    throw new CallerCredentialMissing(
      'this model needs your own credential of the provider, in Authorization or x-api-key; none came',
    );
  return { headers: passed, grant: undefined };
}
