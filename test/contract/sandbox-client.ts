import * as oauth from 'oauth4webapi';
import { CookieJar } from 'tough-cookie';

export const insecure = { [oauth.allowInsecureRequests]: true } as const;
export const REDIRECT_URI = 'http://127.0.0.1:1455/auth/callback';

export async function discover(issuer: string): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, insecure));
}

/** A browser without a window: follows redirects with cookies until it is sent to the redirect URI. */
export async function browse(start: URL | string, redirectUri: string): Promise<URL> {
  const jar = new CookieJar();
  let url = String(start);
  for (let hops = 0; hops < 10; hops += 1) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: await jar.getCookieString(url) },
    });
    for (const cookie of response.headers.getSetCookie()) await jar.setCookie(cookie, url);
    const location = response.headers.get('location');
    if (location === null)
      throw new Error(`no redirect from ${url}: ${response.status} ${await response.text()}`);
    url = new URL(location, url).href;
    if (url.startsWith(redirectUri)) return new URL(url);
  }
  throw new Error('too many redirects');
}

/** The authorization code flow with PKCE, as a client by the book runs it. */
export async function connect(
  issuer: string,
  options: { client?: oauth.Client; auth?: oauth.ClientAuth; redirectUri?: string } = {},
): Promise<oauth.TokenEndpointResponse> {
  const { client = { client_id: 'muxgate' }, auth = oauth.None(), redirectUri = REDIRECT_URI } = options;
  const server = await discover(issuer);
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(server.authorization_endpoint ?? '');
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid offline_access llm.invoke',
    prompt: 'consent',
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).toString();
  const redirected = await browse(url, redirectUri);
  const params = oauth.validateAuthResponse(server, client, redirected, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    auth,
    params,
    redirectUri,
    verifier,
    insecure,
  );
  return oauth.processAuthorizationCodeResponse(server, client, response);
}

export async function refresh(issuer: string, refreshToken: string): Promise<oauth.TokenEndpointResponse> {
  const server = await discover(issuer);
  const client = { client_id: 'muxgate' };
  const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refreshToken, insecure);
  return oauth.processRefreshTokenResponse(server, client, response);
}

export function postJson(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

type Counts = Record<string, number>;

export interface SandboxStats {
  oauth: {
    tokenRequests: Counts;
    disturbed: Counts;
    refreshes: number;
    reuseDetected: number;
    familiesRevoked: number;
  };
  api: {
    requests: Counts;
    statuses: Counts;
    openRequests: number;
    billedTokens: { input: number; cacheRead: number; cacheCreation: number; output: number };
    streams: { open: number; finished: number; aborted: number; failedOnPurpose: number };
  };
}

export async function sandboxStats(url: string): Promise<SandboxStats> {
  return (await (await fetch(`${url}/sandbox/stats`)).json()) as SandboxStats;
}
