import { adminCall, type AuthAccess } from './admin-call.ts';
import { CookieJar } from './cookie-jar.ts';

const PROVIDER = 'sandbox';
const MOST_REDIRECTS = 20;

/**
 * Connects a credential of the OAuth provider named `sandbox` as a person would: authorize at the auth service,
 * follow the vendor's redirects with its cookies, hand the final redirect to exchange. Public REST only.
 *
 * @param credential its id; `sandbox` by default
 * @returns whether there is such a provider to connect
 * @throws Error saying at which step it went wrong; never with a token, code or state
 */
export async function connectSandbox(
  access: AuthAccess,
  { signal, credential = PROVIDER }: { readonly signal?: AbortSignal; readonly credential?: string } = {},
): Promise<boolean> {
  const providers = await adminCall<{ items: { name: string }[] }>(access, 'GET', '/api/oauth/providers', {
    signal,
  });
  if (!providers.items.some(({ name }) => name === PROVIDER)) return false;
  const { url } = await adminCall<{ url: string }>(access, 'POST', '/api/oauth/authorize', {
    body: { provider: PROVIDER, credential },
    signal,
  });
  const redirectUrl = await approveAtSandbox(new URL(url), signal);
  await adminCall(access, 'POST', '/api/oauth/exchange', { body: { redirectUrl }, signal });
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
