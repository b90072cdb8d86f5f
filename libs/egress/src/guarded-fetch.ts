import { Agent, fetch as undiciFetch, type RequestInit as UndiciRequestInit } from 'undici';
import { assertPublicUrl, type GuardOptions } from './guard.js';
import { createUndiciConnector } from './undici-connector.js';

/** A `fetch` for libraries that take one: guarded connections, no redirects. */
export function guardedFetch(
  allowPrivateNetwork: boolean,
  connectMs: number,
  options: GuardOptions = {},
): typeof globalThis.fetch {
  const dispatcher = new Agent({ connect: createUndiciConnector(allowPrivateNetwork, connectMs, options) });
  return async (input, init) => {
    const url = input instanceof Request ? input.url : input;
    assertPublicUrl(url, allowPrivateNetwork);
    // the same standard as Node's own, in undici's types
    const request = { ...init, dispatcher, redirect: 'error' } as UndiciRequestInit;
    return (await undiciFetch(url, request)) as unknown as Response;
  };
}
