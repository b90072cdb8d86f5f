import { Readable } from 'node:stream';
import type { ProviderConfig } from '@muxgate/config';
import { USER_AGENT } from '@muxgate/runtime';
import type { Credential } from '../proxy/credential.js';
import type { Upstreams } from '../proxy/upstream.js';

/** Set by the library for a key it was not given, or by us. */
const REPLACED = new Set(['x-api-key', 'x-goog-api-key', 'user-agent', 'accept-encoding']);
const WITHOUT_BODY = new Set([204, 205, 304]);

export interface FetchParts {
  readonly upstreams: Upstreams;
  readonly provider: ProviderConfig;
  readonly credential: Credential;
  /** flat headers → as plugins want them, and with the trace */
  readonly outgoing: (headers: string[]) => string[];
  /** the head of an answer has come */
  readonly onAnswer: (status: number) => void;
}

/**
 * The library's `fetch`, over the provider's own pool: guarded connections, its timeouts, no redirects. The credential
 * goes nowhere but to the provider's origin, since the pool knows no other.
 */
export function upstreamFetch({
  upstreams,
  provider,
  credential,
  outgoing,
  onAnswer,
}: FetchParts): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const answer = await upstreams.request(provider, url.pathname + url.search, {
      headers: requestHeaders(new Headers(init?.headers), provider, credential, outgoing),
      body: typeof init?.body === 'string' ? init.body : '',
      signal: init?.signal ?? null,
    });
    const { statusCode: status, body } = answer;
    onAnswer(status);
    const headers = new Headers();
    for (const [name, value] of Object.entries(answer.headers))
      for (const each of typeof value === 'string' ? [value] : (value ?? [])) headers.append(name, each);
    if (WITHOUT_BODY.has(status)) {
      await body.dump();
      return new Response(null, { status, headers });
    }
    return new Response(Readable.toWeb(body) as ReadableStream<Uint8Array>, { status, headers });
  };
}

/** The library's headers with what plugins and traces change, and the provider's configured ones over them; beta flags are joined. */
function requestHeaders(
  own: Headers,
  provider: ProviderConfig,
  credential: Credential,
  outgoing: FetchParts['outgoing'],
): Record<string, string> {
  for (const name of REPLACED) own.delete(name);
  // a request that was signed shows its signature here
  if (credential.aws === undefined) own.delete('authorization');
  const headers = fromPairs(outgoing([...own].flat()));
  if (!headers.has('user-agent')) headers.set('user-agent', USER_AGENT);
  headers.set('accept-encoding', 'identity');
  for (const [name, value] of Object.entries(credential.beside ?? provider.headers)) {
    if (name === 'anthropic-beta' && headers.has(name)) headers.append(name, value);
    else headers.set(name, value);
  }
  for (let i = 0; i + 1 < credential.headers.length; i += 2)
    headers.set(credential.headers[i] as string, credential.headers[i + 1] as string);
  return Object.fromEntries(headers);
}

function fromPairs(pairs: readonly string[]): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < pairs.length; i += 2) headers.append(pairs[i] as string, pairs[i + 1] as string);
  return headers;
}
