import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, consent, OPERATOR, startAuthWorld, VIEWER, type AuthWorld } from './auth-harness.ts';

let world: AuthWorld;
beforeAll(async () => {
  world = await startAuthWorld();
});
afterAll(() => world.stop());

async function begin(body: object, headers: Record<string, string> = {}) {
  const answer = await world.call('POST', '/api/oauth/authorize', { body, headers });
  expect(answer.status).toBe(200);
  return answer;
}

/** Requests without the headers that `fetch` adds, as a browser's navigation would be. */
async function visit(url: URL | string, cookie?: string) {
  const response = await fetch(url, { redirect: 'manual', headers: cookie ? { cookie } : {} });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

async function tokenRequests(): Promise<number> {
  const stats = (await (await fetch(`${world.sandbox.url}/sandbox/stats`)).json()) as {
    oauth: { tokenRequests: Record<string, number> };
  };
  return stats.oauth.tokenRequests['authorization_code'] ?? 0;
}

const BROWSER = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };

describe('authorize', () => {
  it('P5 answers what the contract promises, and nothing of the verifier', async () => {
    const { json } = await begin({ provider: 'sandbox' });
    expect(Object.keys(json).toSorted()).toEqual(
      ['completion', 'credential', 'expiresAt', 'instructions', 'provider', 'state', 'url'].toSorted(),
    );
    expect(json).toMatchObject({ provider: 'sandbox', credential: 'sandbox', completion: 'callback' });
    const url = new URL(json.url);
    expect(url.searchParams.get('code_challenge_method')).toBe('S256');
    expect(url.searchParams.get('redirect_uri')).toBe(`${world.auth.url}/api/oauth/callback`);
    expect(url.searchParams.get('state')).toBe(json.state);
    expect(json.state.length).toBeGreaterThanOrEqual(22);
    expect(Date.parse(json.expiresAt) - Date.now()).toBeGreaterThan(9 * 60_000);
    expect(Date.parse(json.expiresAt) - Date.now()).toBeLessThanOrEqual(10 * 60_000);
  });

  it('says paste where the redirect URI is not ours', async () => {
    expect((await begin({ provider: 'pasted' })).json.completion).toBe('paste');
  });

  it('refuses an unknown provider and names the known ones', async () => {
    const answer = await world.call('POST', '/api/oauth/authorize', { body: { provider: 'sandbx' } });
    expect(answer.status).toBe(404);
    expect(answer.json).toMatchObject({ code: 'oauth_provider_unknown' });
    expect(answer.json.providers).toContain('sandbox');
  });

  it.each(['a b', '', 'x'.repeat(129), '../etc', 'a:b', 'ä'])(
    'refuses the credential id %j',
    async (credential) => {
      const answer = await world.call('POST', '/api/oauth/authorize', {
        body: { provider: 'sandbox', credential },
      });
      expect([answer.status, answer.json.code]).toEqual([400, 'validation_failed']);
      expect(answer.json.errors[0].path).toBe('credential');
    },
  );

  it('keeps neither state nor verifier readable in Redis, for ten minutes at most', async () => {
    const { json } = await begin({ provider: 'sandbox' });
    const keys = await world.redis.keys('muxgate:oauth:transaction:*');
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      expect(key).not.toContain(json.state);
      expect(await world.redis.get(key)).toMatch(/^mxe1\.k1\.[A-Za-z0-9_-]+$/);
      const ttl = await world.redis.pttl(key);
      expect(ttl).toBeGreaterThan(0);
      expect(ttl).toBeLessThanOrEqual(600_000);
    }
  });
});

describe('the whole way by callback', () => {
  it('connects, shows a fixed page, and lists the credential', async () => {
    const { json } = await begin({ provider: 'sandbox', credential: 'by-callback' });
    const page = await visit(await consent(json.url));
    expect(page.status).toBe(200);
    expect(page.text).toContain('Connected, you can close this window');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.text).not.toContain(json.state);

    const token = await world.call('GET', '/api/oauth/tokens/by-callback', { token: VIEWER });
    expect(token.json).toMatchObject({ provider: 'sandbox', status: 'active', generation: 1 });
    expect(token.json.scopes).toContain('llm.invoke');
    expect(Date.parse(token.json.refreshAt)).toBeLessThan(Date.parse(token.json.expiresAt));
    expect(token.json).not.toHaveProperty('accessToken');
  });

  it('works through /auth/callback as well', async () => {
    const { json } = await begin({ provider: 'sandbox', credential: 'other-path' });
    const back = await consent(json.url);
    back.pathname = '/auth/callback';
    expect((await visit(back)).status).toBe(200);
  });

  it('authenticates a confidential client', async () => {
    expect((await connect(world, 'confidential-one', 'confidential')).json.status).toBe('active');
  });

  it('raises the generation when connected again', async () => {
    await connect(world, 'twice');
    expect((await connect(world, 'twice')).json.generation).toBe(2);
  });

  it('V5 leaves the new token set alive when connected again in the same session at the vendor', async () => {
    const cookies = new Map<string, string>();
    for (let round = 0; round < 2; round++) {
      const { json } = await begin({ provider: 'sandbox', credential: 'same-session' });
      expect((await visit(await consent(json.url, cookies))).status).toBe(200);
    }
    const removed = await world.call('DELETE', '/api/oauth/tokens/same-session');
    expect(removed.json).toEqual({ revoked: true });
  });
});

describe('the whole way by paste', () => {
  const pastes: Array<[string, (back: URL, state: string) => object]> = [
    ['redirectUrl', (back) => ({ redirectUrl: back.href })],
    ['state and code', (back, state) => ({ state, code: back.searchParams.get('code') })],
    ['code#state', (back, state) => ({ code: `${back.searchParams.get('code')}#${state}` })],
    ['state and code#state', (back, state) => ({ state, code: `${back.searchParams.get('code')}#${state}` })],
  ];
  it.each(pastes)('takes %s', async (name, paste) => {
    const { json } = await begin({ provider: 'pasted', credential: `pasted-${name.replaceAll(/\W/g, '-')}` });
    const back = await consent(json.url);
    const answer = await world.call('POST', '/api/oauth/exchange', { body: paste(back, json.state) });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ status: 'active', generation: 1, provider: 'pasted' });
  });

  it('demands iss of a whole address where the server announces it, and refuses a wrong one everywhere', async () => {
    const { json } = await begin({ provider: 'pasted', credential: 'mixed-up' });
    const back = await consent(json.url);
    const without = new URL(back);
    without.searchParams.delete('iss');
    const wrong = new URL(back);
    wrong.searchParams.set('iss', 'https://attacker.example');
    for (const body of [{ redirectUrl: without.href }, { redirectUrl: wrong.href }, { code: wrong.href }]) {
      const answer = await world.call('POST', '/api/oauth/exchange', { body });
      expect([answer.status, answer.json.code]).toEqual([400, 'issuer_mismatch']);
    }
    expect(
      (await world.call('POST', '/api/oauth/exchange', { body: { redirectUrl: back.href } })).status,
    ).toBe(200);
  });

  it('refuses a state beside a paste that belongs to another', async () => {
    const one = await begin({ provider: 'pasted' });
    const two = await begin({ provider: 'pasted' });
    const answer = await world.call('POST', '/api/oauth/exchange', {
      body: { state: one.json.state, code: `abc#${two.json.state}` },
    });
    expect([answer.status, answer.json.code]).toEqual([400, 'state_mismatch']);
  });

  it('S3 refuses an operator who did not begin it, and leaves it to the one who did', async () => {
    const { json } = await begin({ provider: 'pasted', credential: 'fixated' });
    const redirectUrl = (await consent(json.url)).href;
    const other = await world.call('POST', '/api/oauth/exchange', { token: OPERATOR, body: { redirectUrl } });
    expect([other.status, other.json.code]).toEqual([403, 'other_principal']);
    const own = await world.call('POST', '/api/oauth/exchange', { body: { redirectUrl } });
    expect(own.status).toBe(200);
  });

  it.each([
    [{}, 'code'],
    [{ state: 'a' }, 'code'],
    [{ redirectUrl: 'javascript:alert(1)' }, 'redirectUrl'],
    [{ code: 7, state: 'a' }, 'code'],
  ])('names what is wrong with %j', async (body, path) => {
    const answer = await world.call('POST', '/api/oauth/exchange', { body });
    expect([answer.status, answer.json.code]).toEqual([400, 'validation_failed']);
    expect(answer.json.errors.map((error: { path: string }) => error.path)).toContain(path);
  });
});

describe('a state', () => {
  it('works once: a replay is 410 and exchanges nothing', async () => {
    const { json } = await begin({ provider: 'sandbox', credential: 'replayed' });
    const back = await consent(json.url);
    expect((await visit(back)).status).toBe(200);
    const before = await tokenRequests();
    expect((await visit(back)).status).toBe(410);
    const pasted = await world.call('POST', '/api/oauth/exchange', { body: { redirectUrl: back.href } });
    expect([pasted.status, pasted.json.code]).toEqual([410, 'state_used_or_expired']);
    expect(await tokenRequests()).toBe(before);
  });

  it('is gone when it has expired', async () => {
    const { json } = await begin({ provider: 'sandbox', credential: 'late' });
    const back = await consent(json.url);
    for (const key of await world.redis.keys('muxgate:oauth:transaction:*'))
      await world.redis.pexpire(key, 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await visit(back)).status).toBe(410);
  });

  it('S5 lets exactly one of many callbacks at once exchange the code', async () => {
    const { json } = await begin({ provider: 'sandbox', credential: 'crowded' });
    const back = await consent(json.url);
    const before = await tokenRequests();
    const statuses = (await Promise.all(Array.from({ length: 12 }, () => visit(back)))).map(
      ({ status }) => status,
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 410)).toHaveLength(11);
    expect(await tokenRequests()).toBe(before + 1);
    expect((await world.call('GET', '/api/oauth/tokens/crowded')).json.generation).toBe(1);
  });

  it.each([
    ['?error=access_denied&state=forged'],
    ['?code=a&state=forged'],
    ['?code=a'],
    [''],
    ['?code=a&code=b&state=x'],
    ['?state=%00&code=%00'],
    ['?code[]=a&state[x]=y'],
  ])('that is missing, odd or repeated is refused: %s', async (query) => {
    const page = await visit(`${world.auth.url}/api/oauth/callback${query}`);
    expect(page.status).toBe(400);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.text).not.toContain('access_denied');
  });

  it('with a code beyond 4 KiB is refused', async () => {
    const page = await visit(
      `${world.auth.url}/api/oauth/callback?code=${'a'.repeat(5000)}&state=${'A'.repeat(43)}`,
    );
    expect(page.status).toBe(400);
  });

  it('that looks right but is not known is 410', async () => {
    const page = await visit(`${world.auth.url}/api/oauth/callback?code=a&state=${'A'.repeat(43)}`);
    expect(page.status).toBe(410);
  });

  it('S4 S5 survives forged answers: error of a stranger, wrong issuer, missing issuer', async () => {
    const { json, headers } = await begin({ provider: 'sandbox', credential: 'survivor' }, BROWSER);
    const back = await consent(json.url);
    const cookie = (headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
    const forged = new URL(`${world.auth.url}/api/oauth/callback?error=access_denied&state=${json.state}`);
    expect((await visit(forged)).status).toBe(400);
    const wrong = new URL(back);
    wrong.searchParams.set('iss', 'https://attacker.example');
    expect((await visit(wrong, cookie)).status).toBe(400);
    const missing = new URL(back);
    missing.searchParams.delete('iss');
    expect((await visit(missing, cookie)).status).toBe(400);
    expect((await visit(back, cookie)).status).toBe(200);
  });

  it('is not used up by a HEAD of a link checker', async () => {
    const { json } = await begin({ provider: 'sandbox', credential: 'checked' });
    const back = await consent(json.url);
    expect((await fetch(back, { method: 'HEAD' })).status).toBe(405);
    expect((await visit(back)).status).toBe(200);
  });

  it('is used up by a rightful refusal, which says so without the words of the vendor', async () => {
    const { json } = await begin({ provider: 'sandbox', credential: 'denied' });
    const url = new URL(`${world.auth.url}/api/oauth/callback`);
    url.search = new URLSearchParams({
      error: 'access_denied',
      error_description: '<script>alert(1)</script>',
      state: json.state,
      iss: world.sandbox.url,
    }).toString();
    const page = await visit(url);
    expect(page.status).toBe(400);
    expect(page.text).toContain('did not grant access');
    expect(page.text).not.toContain('<script>');
    expect((await visit(url)).status).toBe(410);
  });
});

describe('the browser that began', () => {
  it('S2 gets a cookie that scripts cannot read, and only it may finish', async () => {
    const { json, headers } = await begin({ provider: 'sandbox', credential: 'bound' }, BROWSER);
    const [line = ''] = headers.getSetCookie();
    expect(line).toMatch(/HttpOnly/i);
    expect(line).toMatch(/SameSite=Lax/i);
    expect(line).toMatch(/Path=\//i);
    const back = await consent(json.url);
    const other = (await begin({ provider: 'sandbox' }, BROWSER)).headers.getSetCookie()[0] ?? '';
    const before = await tokenRequests();
    expect((await visit(back)).status).toBe(400);
    expect((await visit(back, other.split(';')[0])).status).toBe(400);
    expect((await visit(back, 'muxgate_browser=x')).status).toBe(400);
    expect(await tokenRequests()).toBe(before);
    expect((await visit(back, line.split(';')[0])).status).toBe(200);
  });

  it('keeps one cookie for several flows, so tabs do not undo each other', async () => {
    const first = await begin({ provider: 'sandbox', credential: 'tab-1' }, BROWSER);
    const cookie = (first.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
    const second = await begin({ provider: 'sandbox', credential: 'tab-2' }, { ...BROWSER, cookie });
    expect(second.headers.getSetCookie()[0]).toContain(cookie);
    expect((await visit(await consent(second.json.url), cookie)).status).toBe(200);
    expect((await visit(await consent(first.json.url), cookie)).status).toBe(200);
  });

  it('is not a script: authorize by script sets no cookie, and any browser may finish', async () => {
    const { json, headers } = await begin({ provider: 'sandbox', credential: 'scripted' });
    expect(headers.getSetCookie()).toEqual([]);
    expect((await visit(await consent(json.url))).status).toBe(200);
  });
});

describe('a provider that fails', () => {
  async function disturb(setting: object): Promise<void> {
    await fetch(`${world.sandbox.url}/sandbox/token-endpoint`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(setting),
    });
  }

  it.each([
    [
      { mode: 'error', error: 'invalid_grant', count: 1 },
      422,
      'token_endpoint_invalid_grant',
      'invalid_grant',
    ],
    [
      { mode: 'nested-error', error: 'refresh_token_reused', count: 1 },
      422,
      'token_endpoint_invalid_grant',
      'refresh_token_reused',
    ],
    [{ mode: 'html', status: 500, count: 1 }, 502, 'token_endpoint_ambiguous', undefined],
    [{ mode: 'down', count: 1 }, 502, 'token_endpoint_unavailable', 'temporarily_unavailable'],
    [{ mode: 'refused', count: 1 }, 502, 'token_endpoint_ambiguous', undefined],
  ])('is told apart: %j', async (setting, status, code, error) => {
    const { json } = await begin({ provider: 'pasted', credential: 'failing' });
    const back = await consent(json.url);
    await disturb(setting);
    const answer = await world.call('POST', '/api/oauth/exchange', { body: { redirectUrl: back.href } });
    expect([answer.status, answer.json.code, answer.json.error]).toEqual([status, code, error]);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.text).not.toContain('Just a moment');
    expect((await world.call('GET', '/api/oauth/tokens/failing')).status).toBe(404);
  });

  it('S6 shows a browser a fixed page', async () => {
    const { json } = await begin({ provider: 'sandbox', credential: 'failing' });
    const back = await consent(json.url);
    await disturb({ mode: 'error', error: '<b>oops</b>', count: 1 });
    const page = await visit(back);
    expect(page.status).toBe(400);
    expect(page.text).toContain('did not issue a token');
    expect(page.text).not.toContain('oops');
  });

  it('that cannot be reached is 502', async () => {
    const { json } = await begin({ provider: 'unreachable', credential: 'failing' });
    const answer = await world.call('POST', '/api/oauth/exchange', {
      body: { state: json.state, code: 'abc' },
    });
    expect([answer.status, answer.json.code]).toEqual([502, 'token_endpoint_not_sent']);
  });
});

describe('a provider on a private address', () => {
  it('is not asked unless the configuration allows it', async () => {
    const answer = await world.call('POST', '/api/oauth/authorize', { body: { provider: 'fenced' } });
    expect([answer.status, answer.json.code]).toEqual([502, 'oauth_discovery_failed']);
    expect(world.logs.join('')).toContain('egress_refused');
  });
});

describe('what is told of it', () => {
  it('counts the outcomes by configured provider only', async () => {
    const metrics = await (await fetch(`${world.auth.managementUrl}/metrics`)).text();
    const lines = metrics
      .split('\n')
      .filter((line) => line.startsWith('muxgate_oauth_authorizations_total{'));
    const outcomes = new Set(lines.map((line) => /outcome="(\w+)"/.exec(line)?.[1]));
    expect([...outcomes].toSorted()).toEqual(['connected', 'denied', 'failed', 'refused', 'started']);
    const providers = new Set(lines.map((line) => /provider="([^"]+)"/.exec(line)?.[1]));
    expect(
      [...providers].every((name) =>
        ['sandbox', 'pasted', 'confidential', 'unreachable'].includes(name ?? ''),
      ),
    ).toBe(true);
  });

  it('audits who connected what', async () => {
    await connect(world, 'audited');
    const { json } = await world.call('GET', '/api/audit?limit=1', { token: VIEWER });
    expect(json.items[0]).toMatchObject({
      actor: 'root',
      action: 'credential.connect',
      subject: 'audited',
      outcome: 'success',
      from: '127.0.0.1',
    });
  });
});
