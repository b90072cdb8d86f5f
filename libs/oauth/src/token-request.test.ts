import { describe, expect, it } from 'vitest';
import { descriptor, failing, now, NOW, rejection, replying } from '../test/support.js';
import { OAuthMisconfigured } from './descriptor.js';
import type { OAuthHttp } from './http.js';
import { TokenEndpointError } from './token-error.js';
import { clientCredentials, exchangeCode, refreshTokenSet } from './token-request.js';

const TOKENS = { body: { access_token: 'at', token_type: 'Bearer', expires_in: 60, refresh_token: 'rt2' } };
const exchange = { code: 'the-code', verifier: 'v'.repeat(43), redirectUri: 'https://mux.example/cb', now };
const refresh = { refreshToken: 'rt1', now };

function form(body: string | undefined) {
  return Object.fromEntries(new URLSearchParams(body));
}

describe('token requests', () => {
  it('T2 P6 R1 exchanges a code by POST, form-encoded, with the verifier and the same redirect URI', async () => {
    const http = replying(TOKENS);
    const set = await exchangeCode(descriptor(), exchange, http);
    expect(set).toEqual({
      accessToken: 'at',
      refreshToken: 'rt2',
      tokenType: 'Bearer',
      expiresAt: NOW + 60_000,
      expirySource: 'provider',
    });
    const [request] = http.requests;
    expect(request?.method).toBe('POST');
    expect(request?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect(form(request?.body)).toEqual({
      grant_type: 'authorization_code',
      code: 'the-code',
      redirect_uri: 'https://mux.example/cb',
      code_verifier: 'v'.repeat(43),
      client_id: 'muxgate',
    });
  });

  it('T4 puts nothing into the URL', async () => {
    const http = replying(TOKENS);
    await refreshTokenSet(descriptor(), refresh, http);
    expect(http.requests[0]?.url).toBe('https://id.example/token');
  });

  it('T2 sends JSON where the descriptor says so, with all three client authentications', async () => {
    const http = replying(TOKENS);
    const json = { tokenRequestFormat: 'json', clientSecret: 's' } as const;
    for (const clientAuthentication of ['none', 'client_secret_post', 'client_secret_basic'] as const) {
      await refreshTokenSet(descriptor({ ...json, clientAuthentication }), refresh, http);
    }
    const grant = { grant_type: 'refresh_token', refresh_token: 'rt1' };
    expect(http.requests.map(({ body }) => JSON.parse(body ?? ''))).toEqual([
      { ...grant, client_id: 'muxgate' },
      { ...grant, client_id: 'muxgate', client_secret: 's' },
      grant,
    ]);
    expect(http.requests.map(({ headers }) => headers['content-type'])).toEqual(
      Array(3).fill('application/json'),
    );
  });

  it('T3 Basic form-url-encodes id and secret before base64', async () => {
    const http = replying(TOKENS);
    const client = {
      clientId: 'my-client_1.x',
      clientSecret: 'a:b% +ü',
      clientAuthentication: 'client_secret_basic',
    } as const;
    await refreshTokenSet(descriptor(client), refresh, http);
    const [scheme, credentials] = http.requests[0]?.headers['authorization']?.split(' ') ?? [];
    expect(scheme).toBe('Basic');
    expect(Buffer.from(credentials ?? '', 'base64').toString()).toBe('my-client_1.x:a%3Ab%25+%2B%C3%BC');
    expect(form(http.requests[0]?.body)).not.toHaveProperty('client_secret');
  });

  it('T5 a public client sends no client_secret key, even if a secret is configured', async () => {
    const http = replying(TOKENS);
    await exchangeCode(descriptor({ clientSecret: 'unused' }), exchange, http);
    expect(http.requests[0]?.body).not.toContain('client_secret');
    expect(http.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it('F2 a refresh asks for no scope unless told to narrow', async () => {
    const http = replying(TOKENS);
    await refreshTokenSet(descriptor(), refresh, http);
    await refreshTokenSet(descriptor(), { ...refresh, scopes: ['llm.invoke'] }, http);
    expect(form(http.requests[0]?.body)).not.toHaveProperty('scope');
    expect(form(http.requests[1]?.body)).toHaveProperty('scope', 'llm.invoke');
  });

  it('asks for client credentials with the configured scopes, or none', async () => {
    const http = replying(TOKENS);
    const client = { clientSecret: 's', clientAuthentication: 'client_secret_post' } as const;
    await clientCredentials(descriptor(client), { now }, http);
    await clientCredentials(descriptor({ ...client, scopes: [] }), { now }, http);
    const request = { grant_type: 'client_credentials', client_id: 'muxgate', client_secret: 's' };
    expect(http.requests.map(({ body }) => form(body))).toEqual([
      { ...request, scope: 'llm.invoke offline_access' },
      request,
    ]);
  });

  it('leaves the User-Agent to the edge', async () => {
    const http = replying(TOKENS);
    await refreshTokenSet(descriptor(), refresh, http);
    expect(http.requests[0]?.headers).not.toHaveProperty('user-agent');
  });

  it('T1 sends one request whatever happens, and hands the signal on', async () => {
    const http = replying({ status: 500 });
    const { signal } = new AbortController();
    await rejection(exchangeCode(descriptor(), { ...exchange, signal }, http));
    expect(http.requests).toHaveLength(1);
    expect(http.requests[0]?.signal).toBe(signal);
  });

  it('T17 counts the lifetime from the start of the request', async () => {
    let clock = NOW;
    const quick = replying(TOKENS);
    const slow: OAuthHttp = (request) => {
      clock += 5000;
      return quick(request);
    };
    const set = await refreshTokenSet(descriptor(), { refreshToken: 'rt1', now: () => clock }, slow);
    expect(set.expiresAt).toBe(NOW + 60_000);
  });

  it.each([
    [false, 'ECONNREFUSED', 'not_sent', 502],
    [true, 'ECONNRESET', 'ambiguous', 502],
    [true, 'deadline', 'ambiguous', 504],
  ])('a transport failure with sent=%s (%s) is %s', async (sent, code, kind, status) => {
    const error = await rejection(refreshTokenSet(descriptor(), refresh, failing(sent, code)));
    expect(error).toBeInstanceOf(TokenEndpointError);
    expect(error).toMatchObject({ kind, status, code: `token_endpoint_${kind}` });
  });

  it('a failure of unknown make counts as sent', async () => {
    const error = await rejection(
      refreshTokenSet(descriptor(), refresh, () => Promise.reject(new Error('?'))),
    );
    expect(error).toMatchObject({ kind: 'ambiguous' });
  });

  it('T15 a redirect is refused, not followed', async () => {
    const http = replying({ status: 307, headers: { location: 'https://evil.example' } });
    expect(await rejection(refreshTokenSet(descriptor(), refresh, http))).toMatchObject({
      kind: 'other',
      providerStatus: 307,
    });
    expect(http.requests).toHaveLength(1);
  });

  it.each([
    { tokenUrl: undefined },
    { tokenUrl: 'ftp://id.example' },
    { clientAuthentication: 'client_secret_basic' } as const,
    { clientAuthentication: 'client_secret_post', clientSecret: '' } as const,
  ])('a descriptor that cannot serve is refused before anything is sent: %j', async (overrides) => {
    const http = replying(TOKENS);
    expect(await rejection(refreshTokenSet(descriptor(overrides), refresh, http))).toBeInstanceOf(
      OAuthMisconfigured,
    );
    expect(http.requests).toHaveLength(0);
  });
});
