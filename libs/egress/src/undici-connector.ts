import { buildConnector } from 'undici';
import { assertPublicHost, guardedLookup, type GuardOptions } from './guard.js';

/**
 * The `connect` option of an undici Pool: every connection goes to a checked address. `allowH2` false: one HTTP/1.1
 * connection per stream, so that a slow stream blocks no other.
 */
export function createUndiciConnector(
  allowPrivateNetwork: boolean,
  connectTimeoutMs: number,
  options: GuardOptions = {},
): buildConnector.connector {
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    allowH2: false,
    lookup: guardedLookup(allowPrivateNetwork, options),
  });
  return (target, callback) => {
    try {
      // Literal addresses are never looked up.
      if (!allowPrivateNetwork) assertPublicHost(target.hostname);
    } catch (error) {
      callback(error as Error, null);
      return;
    }
    connect(target, callback);
  };
}
