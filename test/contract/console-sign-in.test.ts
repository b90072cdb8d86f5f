import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PeopleStore } from '../../services/auth/src/session/people.store.ts';
import {
  ADMIN,
  consent,
  sha256,
  VIEWER,
  startAuthWorld,
  type AuthWorld,
  type CallOptions,
} from './auth-harness.ts';

let world: AuthWorld;

beforeAll(async () => {
  world = await startAuthWorld({ document: consoleYaml });
});
afterAll(() => world.stop());

function consoleYaml(sandboxUrl: string): string {
  return `
console:
  sso:
    issuer: ${sandboxUrl}
    clientId: muxgate
    label: Acme
    scopes: [openid, email, groups]
    rolesClaim: groups
    roles: { admin: [muxgate-admins], viewer: ["*"] }
    allowPrivateNetwork: true
`;
}

const PAGE = { 'sec-fetch-site': 'same-origin' };

function cookieOf(headers: Headers, name = 'muxgate_session'): string {
  const line = headers.getSetCookie().find((cookie) => cookie.startsWith(`${name}=`)) ?? '';
  return line.split(';')[0] ?? '';
}

async function signedIn(token: string): Promise<{ cookie: string; csrf: string }> {
  const answer = await world.call('POST', '/api/session', { token: null, body: { token }, headers: PAGE });
  expect(answer.status).toBe(200);
  return { cookie: cookieOf(answer.headers), csrf: answer.json.csrfToken as string };
}

const as = (cookie: string, more: CallOptions = {}): CallOptions => ({
  ...more,
  token: null,
  headers: { cookie, ...PAGE, ...more.headers },
});

describe('signing in with an admin token', () => {
  it('sets a cookie that scripts of pages cannot read, and answers who it is', async () => {
    const answer = await world.call('POST', '/api/session', { token: null, body: { token: VIEWER } });
    expect(answer.json).toMatchObject({ name: 'looker', role: 'viewer', via: 'token' });
    const line = answer.headers.getSetCookie().join();
    expect(line).toMatch(/^muxgate_session=[\w-]{43}; .*HttpOnly.*SameSite=Lax/i);
    expect(JSON.stringify(answer.json)).not.toContain(cookieOf(answer.headers).split('=')[1]);
  });

  it('keeps in Redis nothing that signs anybody in', async () => {
    const { cookie } = await signedIn(ADMIN);
    const value = cookie.split('=')[1] as string;
    const keys = await world.redis.keys('muxgate:session*');
    const values = await Promise.all(
      keys.filter((key) => key !== 'muxgate:sessions').map((key) => world.redis.get(key)),
    );
    expect([...keys, ...values].join()).not.toContain(value);
    expect([...keys, ...values].join()).not.toContain(ADMIN);
  });

  it('refuses an unknown token, and after ten of them a minute any', async () => {
    const wrong = { token: null, body: { token: 'wrong' } };
    expect((await world.call('POST', '/api/session', wrong)).json.code).toBe('sign_in_refused');
    for (let tries = 1; tries < 10; tries++) await world.call('POST', '/api/session', wrong);
    const refused = await world.call('POST', '/api/session', { token: null, body: { token: ADMIN } });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await world.redis.del(...(await world.redis.keys('muxgate:sign-in:*')));
  });

  it('has attempts to sign in in the audit log, and no more of them than of others', async () => {
    const login = (n: number) => world.call('GET', `/api/sso/callback?state=made-up-${n}`, { token: null });
    for (let tries = 0; tries < 100; tries++) await login(tries);
    const { items } = (await world.call('GET', '/api/audit?actor=anonymous&limit=1000')).json;
    const codes = (action: string): string[] =>
      (items as { action: string; details: { code: string } }[])
        .filter((entry) => entry.action === action)
        .map(({ details }) => details.code);
    expect(codes('GET /api/sso/callback')).toEqual(['redirect_invalid']);
    expect(codes('POST /api/session')).toEqual(['sign_in_throttled', 'sign_in_refused']);
  });

  it('refuses a sign-in that another site begins', async () => {
    const forged = { token: null, body: { token: ADMIN }, headers: { 'sec-fetch-site': 'cross-site' } };
    expect((await world.call('POST', '/api/session', forged)).json.code).toBe('cross_site_refused');
    const older = { token: null, body: { token: ADMIN }, headers: { origin: 'https://evil.example' } };
    expect((await world.call('POST', '/api/session', older)).json.code).toBe('cross_site_refused');
  });

  it('never takes over a session id that the browser brought along', async () => {
    const planted = `muxgate_session=${'A'.repeat(43)}`;
    const answer = await world.call('POST', '/api/session', as(planted, { body: { token: ADMIN } }));
    expect(cookieOf(answer.headers)).not.toBe(planted);
    expect((await world.call('GET', '/api/session', as(planted))).status).toBe(401);
  });

  it('ends the session that the browser had before', async () => {
    const { cookie } = await signedIn(VIEWER);
    await world.call('POST', '/api/session', as(cookie, { body: { token: ADMIN } }));
    expect((await world.call('GET', '/api/session', as(cookie))).status).toBe(401);
  });
});

describe('a session cookie', () => {
  it('reads like the token it was made from, within its role', async () => {
    const { cookie, csrf } = await signedIn(VIEWER);
    expect((await world.call('GET', '/api/keys', as(cookie))).status).toBe(200);
    const create = as(cookie, { body: { name: 'x' }, headers: { 'x-csrf-token': csrf } });
    expect((await world.call('POST', '/api/keys', create)).json.code).toBe('role_required');
  });

  it('changes something only with the token that a page of ours holds', async () => {
    const { cookie, csrf } = await signedIn(ADMIN);
    const body = { name: 'from-console' };
    const without = await world.call('POST', '/api/keys', as(cookie, { body }));
    expect(without.json.code).toBe('csrf_token_missing');
    const wrong = as(cookie, { body, headers: { 'x-csrf-token': 'B'.repeat(43) } });
    expect((await world.call('POST', '/api/keys', wrong)).json.code).toBe('csrf_token_missing');
    const right = as(cookie, { body, headers: { 'x-csrf-token': csrf } });
    expect((await world.call('POST', '/api/keys', right)).status).toBe(201);
  });

  it('is of no use to another site, even with the token', async () => {
    const { cookie, csrf } = await signedIn(ADMIN);
    for (const site of ['cross-site', 'same-site']) {
      const headers = { 'x-csrf-token': csrf, 'sec-fetch-site': site };
      const answer = await world.call('POST', '/api/keys', as(cookie, { body: { name: 'x' }, headers }));
      expect(answer.json.code).toBe('cross_site_refused');
    }
  });

  it('ends when its owner signs out', async () => {
    const { cookie, csrf } = await signedIn(ADMIN);
    const out = await world.call('DELETE', '/api/session', as(cookie, { headers: { 'x-csrf-token': csrf } }));
    expect(out.status).toBe(204);
    expect((await world.call('GET', '/api/session', as(cookie))).status).toBe(401);
  });

  it('ends everywhere at once, and by an admin for somebody else', async () => {
    const [one, other] = [await signedIn(ADMIN), await signedIn(ADMIN)];
    const looker = await signedIn(VIEWER);
    const listed = await world.call('GET', '/api/sessions', as(looker.cookie));
    expect(listed.json.items.every((item: { name: string }) => item.name === 'looker')).toBe(true);
    const current = listed.json.items.find((item: { current?: boolean }) => item.current === true);
    const headers = { 'x-csrf-token': one.csrf };
    const path = `/api/sessions/${current.id as string}`;
    expect((await world.call('DELETE', path, as(one.cookie, { headers }))).status).toBe(204);
    expect((await world.call('GET', '/api/session', as(looker.cookie))).status).toBe(401);
    expect((await world.call('DELETE', '/api/sessions/all', as(one.cookie, { headers }))).status).toBe(204);
    expect((await world.call('GET', '/api/session', as(other.cookie))).status).toBe(401);
  });

  it('of a viewer cannot end the sessions of others', async () => {
    const [looker, root] = [await signedIn(VIEWER), await signedIn(ADMIN)];
    const all = await world.call('GET', '/api/sessions', as(root.cookie));
    const own = all.json.items.find((item: { current?: boolean }) => item.current === true);
    const headers = { 'x-csrf-token': looker.csrf };
    const answer = await world.call(
      'DELETE',
      `/api/sessions/${own.id as string}`,
      as(looker.cookie, { headers }),
    );
    expect(answer.json.code).toBe('role_required');
  });
});

describe('people', () => {
  interface Person {
    readonly name: string;
    readonly sessions: number;
    readonly lastSignInAt?: string;
  }
  const people = async () => {
    const { json, text } = await world.call('GET', '/api/people');
    expect(text).not.toContain(sha256(ADMIN));
    return new Map((json.items as Person[]).map((person) => [person.name, person]));
  };

  it('are those with tokens, by name and role, with their last sign-in and open sessions', async () => {
    const before = Date.now();
    await world.call('DELETE', '/api/people/looker/sessions');
    await signedIn(VIEWER);
    await signedIn(VIEWER);
    const looker = (await people()).get('looker');
    expect(looker).toMatchObject({ role: 'viewer', via: 'token', sessions: 2 });
    expect(Date.parse(looker?.lastSignInAt ?? '')).toBeGreaterThanOrEqual(before);
  });

  it('can be signed out everywhere, which is in the audit log', async () => {
    const [looker, root] = [await signedIn(VIEWER), await signedIn(ADMIN)];
    const { json } = await world.call('DELETE', '/api/people/looker/sessions');
    expect(json.ended).toBeGreaterThan(0);
    expect((await world.call('GET', '/api/session', as(looker.cookie))).status).toBe(401);
    expect((await world.call('GET', '/api/session', as(root.cookie))).status).toBe(200);
    expect((await people()).get('looker')).toMatchObject({ sessions: 0 });
    const { items } = (await world.call('GET', '/api/audit?limit=1')).json;
    expect(items[0]).toMatchObject({ action: 'session.revoke', subject: 'looker' });
  });

  it('are remembered up to a number, whoever came last first', async () => {
    let now = Date.now() + 60_000;
    const store = new PeopleStore(world.redis, 3, () => now++);
    for (const name of ['sso:a', 'sso:b', 'sso:c', 'sso:a', 'sso:d'])
      await store.signedIn({ name, role: 'operator' });
    const known = (await store.list()).map(({ name }) => name);
    expect(known).toEqual(['sso:d', 'sso:a', 'sso:c']);
    expect(Object.keys(await world.redis.hgetall('muxgate:{people}:roles')).toSorted()).toEqual(
      known.toSorted(),
    );
    await world.redis.del('muxgate:{people}:seen', 'muxgate:{people}:roles');
  });
});

describe('signing in by the organisation', () => {
  /** A browser with a cookie jar of its own for us; the vendor consents by itself. */
  async function arrive(returnTo?: string): Promise<{ answer: URL; cookie: string }> {
    const query = returnTo === undefined ? '' : `?returnTo=${encodeURIComponent(returnTo)}`;
    const begun = await world.call('GET', `/api/sso/login${query}`, { token: null });
    expect(begun.status).toBe(302);
    const answer = await consent(begun.headers.get('location') as string);
    return { answer, cookie: cookieOf(begun.headers, 'muxgate_browser') };
  }

  it('is offered under its label', async () => {
    expect((await world.call('GET', '/api/sso', { token: null })).json).toEqual({
      enabled: true,
      label: 'Acme',
    });
  });

  it('asks with PKCE, state and nonce, and gives the role of the groups', async () => {
    const begun = await world.call('GET', '/api/sso/login', { token: null });
    const asked = new URL(begun.headers.get('location') as string).searchParams;
    expect(asked.get('code_challenge_method')).toBe('S256');
    expect(asked.get('state')).toMatch(/^[\w-]{43}$/);
    expect(asked.get('nonce')).toMatch(/^[\w-]{22}$/);

    const { answer, cookie } = await arrive('/console/usage?days=7');
    const back = await world.call('GET', answer.pathname + answer.search, {
      token: null,
      headers: { cookie },
    });
    expect(back.status).toBe(303);
    expect(back.headers.get('location')).toBe('/console/usage?days=7');
    const who = await world.call('GET', '/api/session', as(cookieOf(back.headers)));
    const person = { name: 'sso:sandbox-user@sandbox.invalid', role: 'admin', via: 'sso' };
    expect(who.json).toMatchObject(person);
    const { items } = (await world.call('GET', '/api/people')).json;
    expect(items).toContainEqual({ ...person, lastSignInAt: expect.any(String) as string, sessions: 1 });
  });

  it('works once for each answer', async () => {
    const { answer, cookie } = await arrive();
    const headers = { cookie };
    await world.call('GET', answer.pathname + answer.search, { token: null, headers });
    const again = await world.call('GET', answer.pathname + answer.search, { token: null, headers });
    expect(again.headers.get('location')).toBe('/console/sign-in?error=sso_state_gone');
    expect(cookieOf(again.headers)).toBe('');
  });

  it('refuses another browser without using the answer up', async () => {
    const { answer, cookie } = await arrive();
    const path = answer.pathname + answer.search;
    const stolen = await world.call('GET', path, { token: null });
    expect(stolen.headers.get('location')).toBe('/console/sign-in?error=sso_refused');
    const rightful = await world.call('GET', path, { token: null, headers: { cookie } });
    expect(rightful.headers.get('location')).toBe('/console/');
  });

  it('S4 refuses an error that nobody asked for, and shows no text of it', async () => {
    const forged =
      '/api/sso/callback?error=access_denied&error_description=%3Cscript%3E&state=' + 'A'.repeat(43);
    const answer = await world.call('GET', forged, { token: null });
    expect(answer.headers.get('location')).toBe('/console/sign-in?error=sso_state_gone');
  });

  it('I1 refuses an answer that names another issuer', async () => {
    const { answer, cookie } = await arrive();
    answer.searchParams.set('iss', 'https://evil.example');
    const back = await world.call('GET', answer.pathname + answer.search, {
      token: null,
      headers: { cookie },
    });
    expect(back.headers.get('location')).toBe('/console/sign-in?error=issuer_mismatch');
  });

  it('R2 returns to the console and nowhere else', async () => {
    for (const elsewhere of ['https://evil.example', '//evil.example', '/console//evil.example', '/docs']) {
      const { answer, cookie } = await arrive(elsewhere);
      const path = answer.pathname + answer.search;
      const back = await world.call('GET', path, { token: null, headers: { cookie } });
      expect(back.headers.get('location')).toBe('/console/');
    }
  });
});
