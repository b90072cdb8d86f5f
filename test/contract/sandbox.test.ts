import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSandbox, type Sandbox } from '../../services/sandbox/src/sandbox.js';
import {
  browse,
  connect,
  discover,
  insecure,
  postJson,
  refresh,
  REDIRECT_URI,
  sandboxStats,
} from './sandbox-client.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ host: '127.0.0.1', port: 0, accessTokenSeconds: 60 });
});
afterAll(() => sandbox.close());

async function accepts(token: string | undefined, at = sandbox.url): Promise<boolean> {
  const response = await fetch(`${at}/v1/models`, { headers: { authorization: `Bearer ${token}` } });
  await response.text();
  return response.status === 200;
}
const refused = { error: 'invalid_grant' };

describe('authorization code', () => {
  it('ends in a token set that carries llm.invoke, a refresh token and the promised life', async () => {
    const tokens = await connect(sandbox.url);
    expect(tokens.scope?.split(' ')).toContain('llm.invoke');
    expect(tokens.expires_in).toBe(60);
    expect(tokens.refresh_token).toBeTypeOf('string');
    expect(await accepts(tokens.access_token)).toBe(true);
  });

  it('serves confidential clients by both secret methods, on any loopback redirect', async () => {
    for (const [id, auth] of [
      ['muxgate-confidential', oauth.ClientSecretBasic('muxgate-confidential-secret')],
      ['muxgate-post', oauth.ClientSecretPost('muxgate-post-secret')],
    ] as const) {
      const redirectUri = 'http://localhost:8081/api/oauth/callback';
      const tokens = await connect(sandbox.url, { client: { client_id: id }, auth, redirectUri });
      expect(await accepts(tokens.access_token)).toBe(true);
    }
  });

  it('refuses a wrong verifier, a missing challenge and a redirect that leaves the machine', async () => {
    const base = { client_id: 'muxgate', response_type: 'code', scope: 'openid llm.invoke', state: 's' };
    const challenge = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
    const authorize = (params: Record<string, string>): string =>
      `${sandbox.url}/auth?${new URLSearchParams({ ...base, ...params }).toString()}`;

    const unchallenged = await browse(authorize({ redirect_uri: REDIRECT_URI }), REDIRECT_URI);
    expect(unchallenged.searchParams.get('error')).toBe('invalid_request');
    const away = await fetch(authorize({ redirect_uri: 'https://evil.example/cb', ...challenge }), {
      redirect: 'manual',
    });
    expect(away.status).toBe(400);

    const code = (
      await browse(authorize({ redirect_uri: REDIRECT_URI, ...challenge }), REDIRECT_URI)
    ).searchParams.get('code');
    const form = { grant_type: 'authorization_code', client_id: 'muxgate', redirect_uri: REDIRECT_URI };
    const exchange = await fetch(`${sandbox.url}/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...form, code: code ?? '', code_verifier: 'y'.repeat(43) }),
    });
    expect(exchange.status).toBe(400);
    expect(await exchange.json()).toMatchObject(refused);
  });
});

describe('refresh', () => {
  it('rotates the refresh token and keeps the older access token valid', async () => {
    const first = await connect(sandbox.url);
    const second = await refresh(sandbox.url, first.refresh_token ?? '');
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await accepts(second.access_token)).toBe(true);
    expect(await accepts(first.access_token)).toBe(true);
  });

  it('revokes the whole family when a refresh token comes a second time', async () => {
    const before = await sandboxStats(sandbox.url);
    const first = await connect(sandbox.url);
    const second = await refresh(sandbox.url, first.refresh_token ?? '');
    await expect(refresh(sandbox.url, first.refresh_token ?? '')).rejects.toMatchObject(refused);
    await expect(refresh(sandbox.url, second.refresh_token ?? '')).rejects.toMatchObject(refused);
    expect(await accepts(second.access_token)).toBe(false);
    const after = await sandboxStats(sandbox.url);
    expect(after.oauth.reuseDetected - before.oauth.reuseDetected).toBe(1);
    expect(after.oauth.familiesRevoked - before.oauth.familiesRevoked).toBe(1);
    expect(after.oauth.refreshes - before.oauth.refreshes).toBe(1);
  });

  it('lets no more than one of many concurrent uses through, and nothing survives', async () => {
    const { refresh_token: token = '' } = await connect(sandbox.url);
    const body = { grant_type: 'refresh_token', client_id: 'muxgate', refresh_token: token };
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const response = await postJson(`${sandbox.url}/token`, body);
        return { status: response.status, tokens: (await response.json()) as { access_token?: string } };
      }),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won.length).toBeLessThanOrEqual(1);
    for (const { tokens } of won) expect(await accepts(tokens.access_token)).toBe(false);
  });

  it('takes a token request as JSON too', async () => {
    const { refresh_token: token } = await connect(sandbox.url);
    const body = { grant_type: 'refresh_token', client_id: 'muxgate', refresh_token: token };
    const response = await postJson(`${sandbox.url}/token`, body);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ token_type: 'Bearer', expires_in: 60 });
  });
});

describe('other grants', () => {
  it('gives a service its token by client credentials, without a refresh token', async () => {
    const server = await discover(sandbox.url);
    const client = { client_id: 'muxgate-service' };
    const auth = oauth.ClientSecretBasic('muxgate-service-secret');
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      auth,
      { scope: 'llm.invoke' },
      insecure,
    );
    const tokens = await oauth.processClientCredentialsResponse(server, client, response);
    expect(tokens.refresh_token).toBeUndefined();
    expect(await accepts(tokens.access_token)).toBe(true);
  });

  it.each([true, false])('runs the device flow to its end (approved: %s)', async (approve) => {
    const server = await discover(sandbox.url);
    const client = { client_id: 'muxgate' };
    const started = await oauth.processDeviceAuthorizationResponse(
      server,
      client,
      await oauth.deviceAuthorizationRequest(
        server,
        client,
        oauth.None(),
        { scope: 'openid offline_access llm.invoke', prompt: 'consent' },
        insecure,
      ),
    );
    const poll = async (): Promise<oauth.TokenEndpointResponse> =>
      oauth.processDeviceCodeResponse(
        server,
        client,
        await oauth.deviceCodeGrantRequest(server, client, oauth.None(), started.device_code, insecure),
      );
    await expect(poll()).rejects.toMatchObject({ error: 'authorization_pending' });
    const decided = await postJson(`${sandbox.url}/sandbox/device-codes`, {
      userCode: started.user_code,
      approve,
    });
    expect(await decided.json()).toEqual({ approved: approve });
    const outcome = poll().then(
      async ({ refresh_token: token = '' }) => accepts((await refresh(sandbox.url, token)).access_token),
      ({ error }: oauth.ResponseBodyError) => error,
    );
    expect(await outcome).toBe(approve ? true : 'access_denied');
  });
});

describe('the end of tokens', () => {
  it('refuses an access token once its life is over', async () => {
    const brief = await createSandbox({ host: '127.0.0.1', port: 0, accessTokenSeconds: 1 });
    try {
      const { access_token: token } = await connect(brief.url);
      expect(await accepts(token, brief.url)).toBe(true);
      await expect.poll(() => accepts(token, brief.url), { timeout: 4_000 }).toBe(false);
    } finally {
      await brief.close();
    }
  });

  it('revokes every access token on demand and keeps the refresh tokens', async () => {
    const [one, two] = await Promise.all([connect(sandbox.url), connect(sandbox.url)]);
    const answer = await fetch(`${sandbox.url}/sandbox/access-tokens/revoke`, { method: 'POST' });
    expect(((await answer.json()) as { revoked: number }).revoked).toBeGreaterThanOrEqual(2);
    expect([await accepts(one.access_token), await accepts(two.access_token)]).toEqual([false, false]);
    expect(await accepts((await refresh(sandbox.url, one.refresh_token ?? '')).access_token)).toBe(true);
  });

  it('revokes a family at the revocation endpoint', async () => {
    const server = await discover(sandbox.url);
    const { access_token: access, refresh_token: token = '' } = await connect(sandbox.url);
    const response = await oauth.revocationRequest(
      server,
      { client_id: 'muxgate' },
      oauth.None(),
      token,
      insecure,
    );
    await oauth.processRevocationResponse(response);
    await expect(refresh(sandbox.url, token)).rejects.toMatchObject(refused);
    expect(await accepts(access)).toBe(false);
  });
});

describe('a token endpoint out of order', () => {
  let token: string;
  const attempt = (): Promise<Response> =>
    fetch(`${sandbox.url}/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'muxgate', refresh_token: token }),
    });
  const become = async (setting: object): Promise<void> => {
    expect((await postJson(`${sandbox.url}/sandbox/token-endpoint`, setting)).status).toBe(200);
  };
  beforeEach(async () => {
    await become({ mode: 'normal' });
    token = (await connect(sandbox.url)).refresh_token ?? '';
  });

  it.each([
    [{ mode: 'down', ms: 1500 }, 503, '{"error":"temporarily_unavailable"}', '2'],
    [{ mode: 'rate-limited', ms: 30_000 }, 429, '{"error":"rate_limited"}', '30'],
    [{ mode: 'html' }, 503, '<html>', null],
    [{ mode: 'error', error: 'invalid_client', status: 401 }, 401, '{"error":"invalid_client"}', null],
    [{ mode: 'nested-error' }, 401, '"code":"refresh_token_invalidated"', null],
  ])('%o answers %i and does not spend the token', async (setting, status, text, retryAfter) => {
    await become({ ...setting, count: 1 });
    const response = await attempt();
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(text);
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    expect((await attempt()).status).toBe(200);
  });

  it('refused: cuts the connection and does not spend the token', async () => {
    await become({ mode: 'refused', count: 1 });
    await expect(attempt()).rejects.toThrow('fetch failed');
    expect((await attempt()).status).toBe(200);
  });

  it('drop-answer: spends the token and cuts the connection, so that the next use is a reuse', async () => {
    const before = await sandboxStats(sandbox.url);
    await become({ mode: 'drop-answer', count: 1 });
    await expect(attempt()).rejects.toThrow('fetch failed');
    expect(await (await attempt()).json()).toMatchObject(refused);
    const after = await sandboxStats(sandbox.url);
    expect(after.oauth.refreshes - before.oauth.refreshes).toBe(1);
    expect(after.oauth.reuseDetected - before.oauth.reuseDetected).toBe(1);
  });

  it.each(['slow', 'hold-answer'])('%s: answers in the end, and late', async (mode) => {
    await become({ mode, ms: 150, count: 1 });
    const start = performance.now();
    expect((await attempt()).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThan(140);
  });

  it('forMs: recovers by itself', async () => {
    await become({ mode: 'down', forMs: 100 });
    expect((await attempt()).status).toBe(503);
    await expect.poll(async () => (await attempt()).status).toBe(200);
  });

  it('refuses a mode that does not exist', async () => {
    expect((await postJson(`${sandbox.url}/sandbox/token-endpoint`, { mode: 'sleepy' })).status).toBe(400);
  });
});
