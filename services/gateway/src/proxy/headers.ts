/** Connection-level headers, RFC 9110 section 7.6.1 and what came before it. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
];

/**
 * Not forwarded: what belongs to the connection, to the client's own authentication, or is set anew.
 * `accept-encoding` is set to `identity`: the usage of a compressed stream cannot be read in passing, and
 * inflating a copy of every answer would cost more than the proxying itself.
 */
const REQUEST_DENIED = new Set([
  ...HOP_BY_HOP,
  'host',
  'expect',
  'content-length',
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'cookie',
  'accept-encoding',
]);

const RESPONSE_DENIED = new Set([...HOP_BY_HOP, 'set-cookie', 'set-cookie2', 'x-request-id']);
const OURS = 'x-muxgate-';
const NOTHING: ReadonlySet<string> = new Set();

/** @param key a name in lower case */
export function isRequestDenied(key: string): boolean {
  return REQUEST_DENIED.has(key) || key.startsWith(OURS);
}

export function isResponseDenied(key: string): boolean {
  return RESPONSE_DENIED.has(key) || key.startsWith(OURS);
}

/** Headers a provider's configuration adds; names in lower case. */
export type AddedHeaders = Readonly<Record<string, string>>;

/**
 * Request headers for upstream, flat name-value pairs as they came, by denylist. A provider's own headers replace
 * the client's, but the client's API version stands, and beta flags are joined: what the client asked for is
 * never overwritten.
 */
export function requestHeaders(
  raw: readonly string[],
  connection: string | undefined,
  added: AddedHeaders,
  credential: readonly string[],
  userAgent: string,
): string[] {
  const named = namedBy(connection);
  const out: string[] = [];
  let agent = false;
  let version = false;
  let beta = '';
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const key = name.toLowerCase();
    if (isRequestDenied(key) || named.has(key)) continue;
    if (key === 'user-agent') agent = true;
    if (key === 'anthropic-version') version = true;
    else if (key === 'anthropic-beta' && added[key] !== undefined) {
      beta = beta === '' ? value : `${beta},${value}`;
      continue;
    } else if (added[key] !== undefined) continue;
    out.push(name, value);
  }
  for (const key in added) {
    if (key === 'anthropic-version' && version) continue;
    out.push(key, key === 'anthropic-beta' ? joinFlags(beta, added[key] as string) : (added[key] as string));
  }
  if (!agent && added['user-agent'] === undefined) out.push('user-agent', userAgent);
  out.push('accept-encoding', 'identity');
  out.push(...credential);
  return out;
}

/** Response headers for the client, flat, by denylist; `raw` is what undici's controller holds. */
export function responseHeaders(raw: readonly (Buffer | string)[]): string[] {
  let named = NOTHING;
  const out: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = text(raw[i]);
    const key = name.toLowerCase();
    if (key === 'connection') named = namedBy(text(raw[i + 1]));
    if (isResponseDenied(key)) continue;
    out.push(name, text(raw[i + 1]));
  }
  return named.size === 0 ? out : without(out, named);
}

function without(pairs: string[], named: ReadonlySet<string>): string[] {
  return pairs.filter((_, i) => !named.has((pairs[i - (i % 2)] as string).toLowerCase()));
}

/** Headers that a `Connection` header names are this connection's only. */
function namedBy(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return NOTHING;
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}

/** Flags of both, the first ones first. */
export function joinFlags(own: string, added: string): string {
  if (own === '') return added;
  if (added === '') return own;
  const present = new Set(own.split(',').map((flag) => flag.trim()));
  const missing = added.split(',').filter((flag) => !present.has(flag.trim()));
  return missing.length === 0 ? own : `${own},${missing.join(',')}`;
}

function text(value: Buffer | string | undefined): string {
  return typeof value === 'string' ? value : (value?.toString('latin1') ?? '');
}
