import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  authorizeInBrowser,
  REDIRECT_URI,
  SECRET,
  startAuthorizationServer,
} from '../test/authorization-server.js';
import { descriptor, overFetch, rejection } from '../test/support.js';
import { buildAuthorizationUrl } from './authorization-request.js';
import type { OAuthClientDescriptor } from './descriptor.js';
import { resolveEndpoints } from './discovery.js';
import { assertIssuer } from './issuer.js';
import { createPkce, createState } from './pkce.js';
import { parseRedirect } from './redirect.js';
import { revokeToken } from './revocation.js';
import { clientCredentials, exchangeCode, refreshTokenSet } from './token-request.js';

let server: Awaited<ReturnType<typeof startAuthorizationServer>>;
beforeAll(async () => {
  server = await startAuthorizationServer();
});
afterAll(() => server.close());

function resolve(client: Partial<OAuthClientDescriptor>) {
  const unresolved = {
    issuer: server.issuer,
    authorizationUrl: undefined,
    tokenUrl: undefined,
    revocationUrl: undefined,
    scopes: ['openid', 'offline_access'],
    authorizeParams: { prompt: 'consent' },
    ...client,
  };
  return resolveEndpoints(descriptor(unresolved), overFetch);
}

async function connect(client: Partial<OAuthClientDescriptor>) {
  const resolved = await resolve(client);
  const { verifier, challenge } = createPkce();
  const state = createState();
  const url = buildAuthorizationUrl(resolved, { redirectUri: REDIRECT_URI, state, challenge });
  const response = parseRedirect(await authorizeInBrowser(url));
  expect(response.state).toBe(state);
  assertIssuer(resolved, response.iss);
  const code = response.code ?? '';
  const exchange = { code, verifier, redirectUri: REDIRECT_URI };
  return { resolved, exchange, tokens: await exchangeCode(resolved, exchange, overFetch) };
}

const CLIENTS: Partial<OAuthClientDescriptor>[] = [
  { clientId: 'public', clientAuthentication: 'none' },
  { clientId: 'basic:1', clientAuthentication: 'client_secret_basic', clientSecret: SECRET },
  { clientId: 'post', clientAuthentication: 'client_secret_post', clientSecret: SECRET },
];

describe('against oidc-provider', () => {
  it.each(CLIENTS)(
    'T3 P6 F1 F3 V1 connects, rotates, meets reuse and revokes as client $clientId',
    async (client) => {
      const { resolved, tokens } = await connect(client);
      expect(resolved.issParameterSupported).toBe(true);
      expect(tokens).toMatchObject({ tokenType: 'Bearer', expirySource: 'provider', account: 'someone' });

      const first = tokens.refreshToken ?? '';
      const rotated = await refreshTokenSet(resolved, { refreshToken: first }, overFetch);
      expect(rotated.refreshToken).toEqual(expect.any(String));
      expect(rotated.refreshToken).not.toBe(first);
      const narrowed = await refreshTokenSet(
        resolved,
        { refreshToken: rotated.refreshToken ?? '', scopes: ['openid'] },
        overFetch,
      );
      expect(narrowed.scopes).toEqual(['openid']);

      const reuse = await rejection(refreshTokenSet(resolved, { refreshToken: first }, overFetch));
      expect(reuse).toMatchObject({
        kind: 'invalid_grant',
        oauthError: 'invalid_grant',
        providerStatus: 400,
      });
      const family = await rejection(
        refreshTokenSet(resolved, { refreshToken: narrowed.refreshToken ?? '' }, overFetch),
      );
      expect(family).toMatchObject({ kind: 'invalid_grant' });
    },
  );

  it('V1 V2 a revoked refresh token is dead, and revoking it again is fine', async () => {
    const { resolved, tokens } = await connect({ clientId: 'public' });
    const refreshToken = tokens.refreshToken ?? '';
    const request = { token: refreshToken, hint: 'refresh_token' } as const;
    expect(await revokeToken(resolved, request, overFetch)).toBe('revoked');
    expect(await rejection(refreshTokenSet(resolved, { refreshToken }, overFetch))).toMatchObject({
      kind: 'invalid_grant',
    });
    expect(await revokeToken(resolved, request, overFetch)).toBe('revoked');
  });

  it('T1 P6 a code works once, and only with its verifier', async () => {
    const { resolved, exchange } = await connect({ clientId: 'public' });
    expect(await rejection(exchangeCode(resolved, exchange, overFetch))).toMatchObject({
      kind: 'invalid_grant',
    });

    const { challenge } = createPkce();
    const url = buildAuthorizationUrl(resolved, {
      redirectUri: REDIRECT_URI,
      state: createState(),
      challenge,
    });
    const { code = '' } = parseRedirect(await authorizeInBrowser(url));
    const { verifier } = createPkce();
    const wrong = exchangeCode(resolved, { code, verifier, redirectUri: REDIRECT_URI }, overFetch);
    expect(await rejection(wrong)).toMatchObject({ kind: 'invalid_grant' });
  });

  it('S4 a refused authorization comes back as an allow-listed error with its state', async () => {
    const resolved = await resolve({ clientId: 'public', authorizeParams: { prompt: 'none' } });
    const { challenge } = createPkce();
    const url = buildAuthorizationUrl(resolved, { redirectUri: REDIRECT_URI, state: 'the-state', challenge });
    const response = parseRedirect(await authorizeInBrowser(url));
    expect(response).toMatchObject({ error: 'login_required', state: 'the-state' });
  });

  it('serves client credentials, and tells a wrong secret', async () => {
    const client = {
      clientId: 'post',
      clientAuthentication: 'client_secret_post',
      grant: 'client_credentials',
      scopes: [],
    } as const;
    const right = await resolve({ ...client, clientSecret: SECRET });
    const tokens = await clientCredentials(right, {}, overFetch);
    expect(tokens).not.toHaveProperty('refreshToken');
    const wrong = await rejection(clientCredentials({ ...right, clientSecret: 'guess' }, {}, overFetch));
    expect(wrong).toMatchObject({ kind: 'invalid_client', providerStatus: 401 });
  });
});
