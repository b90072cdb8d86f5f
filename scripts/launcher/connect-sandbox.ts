import { CookieJar } from './cookie-jar.ts';

export interface AuthAccess {
  /** Base URL of the auth service as this machine reaches it. */
  readonly authUrl: string;
  readonly adminToken: string;
}

const PROVIDER = 'sandbox';
const MOST_REDIRECTS = 20;

/**
 * Connects the credential of the OAuth provider named `sandbox` as a person would: authorize at the auth service,
 * follow the vendor's redirects with its cookies, hand the final redirect to exchange. Public REST only.
 *
 * @returns whether there is such a provider to connect
 * @throws Error saying at which step it went wrong; never with a token, code or state
 */
export async function connectSandbox(access: AuthAccess, signal?: AbortSignal): Promise<boolean> {
  const providers = await call<{ items: { name: string }[] }>(access, 'GET', '/api/oauth/providers', signal);
  if (!providers.items.some(({ name }) => name === PROVIDER)) return false;
  const { url } = await call<{ url: string }>(access, 'POST', '/api/oauth/authorize', signal, {
    provider: PROVIDER,
  });
  const redirectUrl = await approveAtSandbox(new URL(url), signal);
  await call(access, 'POST', '/api/oauth/exchange', signal, { redirectUrl });
  return true;
}

/** Plays the browser at the vendor, which approves by itself, up to the redirect that leads back to us. */
export async function approveAtSandbox(authorizeUrl: URL, signal?: AbortSignal): Promise<string> {
  const redirectUri = authorizeUrl.searchParams.get('redirect_uri') ?? '';
  const jar = new CookieJar();
  let url = authorizeUrl;
  for (let hop = 0; hop < MOST_REDIRECTS; hop += 1) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: jar.header(url), accept: 'text/html' },
      ...(signal ? { signal } : {}),
    });
    await response.body?.cancel();
    jar.store(url, response.headers);
    const location = response.headers.get('location');
    if (!location) throw new Error(`the vendor answered ${response.status} where a redirect was expected`);
    url = new URL(location, url);
    if (url.href.startsWith(redirectUri)) return url.href;
  }
  throw new Error(`the vendor redirected more than ${MOST_REDIRECTS} times`);
}

async function call<T>(
  { authUrl, adminToken }: AuthAccess,
  method: string,
  path: string,
  signal?: AbortSignal,
  body?: unknown,
): Promise<T> {
  const response = await fetch(`${authUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  });
  const answer = (await response.json().catch(() => ({}))) as T & { code?: string; detail?: string };
  if (response.ok) return answer;
  throw new Error(
    `${method} ${path} answered ${response.status} ${answer.code ?? ''} ${answer.detail ?? ''}`.trim(),
  );
}
