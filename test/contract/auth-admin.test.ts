import { createConnection } from 'node:net';
import { CredentialVault, KeyRing } from '@muxgate/vault';
import { format } from 'prettier';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  connect,
  OPERATOR,
  request,
  sha256,
  startAuthWorld,
  VIEWER,
  type Answer,
  type AuthWorld,
} from './auth-harness.ts';

let world: AuthWorld;
beforeAll(async () => {
  world = await startAuthWorld({ env: { MUXGATE_LOCAL_CLIENT_KEY_HASH: sha256('mxg_local') } });
});
afterAll(() => world.stop());

/** Status and code of an answer that is a problem document in every respect (RFC 9457, and nothing of our insides). */
function problemOf(answer: Answer): [number, string] {
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.json).toMatchObject({
    type: 'about:blank',
    title: expect.any(String),
    status: answer.status,
    detail: expect.any(String),
    requestId: answer.headers.get('x-request-id'),
  });
  expect(answer.text).not.toMatch(/node_modules|\.ts:|\.js:|at Object|statusCode/);
  return [answer.status, answer.json.code];
}

/** By state and cookie, and by the link of an invitation. */
const BY_OTHER_PROOF = [
  'GET /api/oauth/callback',
  'GET /auth/callback',
  'GET /invite/{token}',
  'POST /invite/{token}',
  'POST /invite/{token}/code',
  'POST /api/session',
  'GET /api/session',
  'DELETE /api/session',
  'GET /api/sso',
];

describe('who may do what', () => {
  const TOKENS = { viewer: VIEWER, operator: OPERATOR, admin: ADMIN } as const;
  type Role = keyof typeof TOKENS;
  const ROLES = ['viewer', 'operator', 'admin'] as const;
  const rows: Array<[method: string, path: string, body: object | undefined, least: Role]> = [
    ['GET', '/api/oauth/tokens', undefined, 'viewer'],
    ['GET', '/api/oauth/tokens/none', undefined, 'viewer'],
    ['GET', '/api/oauth/tokens/none/history', undefined, 'viewer'],
    ['GET', '/api/gateway', undefined, 'viewer'],
    ['GET', '/api/oauth/providers', undefined, 'viewer'],
    ['GET', '/api/sessions', undefined, 'viewer'],
    ['DELETE', '/api/sessions/none', undefined, 'viewer'],
    ['GET', '/api/people', undefined, 'admin'],
    ['DELETE', '/api/people/none/sessions', undefined, 'admin'],
    ['GET', '/api/credentials', undefined, 'viewer'],
    ['GET', '/api/credentials/none', undefined, 'viewer'],
    ['PUT', '/api/credentials/by-role', { value: 'sk-by-role' }, 'operator'],
    ['DELETE', '/api/credentials/none', undefined, 'operator'],
    ['GET', '/api/oauth/authorize/none', undefined, 'operator'],
    ['GET', '/api/oauth/invitations', undefined, 'viewer'],
    ['POST', '/api/oauth/invitations', { provider: 'none', credential: 'x' }, 'operator'],
    ['DELETE', '/api/oauth/invitations/none', undefined, 'operator'],
    ['GET', '/api/keys', undefined, 'viewer'],
    ['GET', '/api/keys/none', undefined, 'viewer'],
    ['GET', '/api/usage', undefined, 'viewer'],
    ['GET', '/api/overview', undefined, 'viewer'],
    ['GET', '/api/requests', undefined, 'viewer'],
    ['GET', '/api/requests/none', undefined, 'viewer'],
    ['GET', '/api/audit', undefined, 'viewer'],
    ['GET', '/api/audit/export', undefined, 'viewer'],
    ['GET', '/api/audit/verify', undefined, 'viewer'],
    ['GET', '/api/config', undefined, 'viewer'],
    ['PUT', '/api/config', { text: 'version: 9' }, 'admin'],
    ['POST', '/api/config/validate', { text: 'version: 9' }, 'viewer'],
    ['GET', '/api/config/revisions', undefined, 'viewer'],
    ['GET', '/api/config/revisions/0', undefined, 'viewer'],
    ['POST', '/api/config/revisions/0/restore', {}, 'admin'],
    ['POST', '/api/route/explain', { body: { model: 'none' } }, 'viewer'],
    ['GET', '/api/providers', undefined, 'viewer'],
    ['POST', '/api/providers/none/test', {}, 'operator'],
    ['GET', '/api/webhooks', undefined, 'viewer'],
    ['POST', '/api/webhooks/none/test', undefined, 'operator'],
    ['DELETE', '/api/providers/none/cooldown', undefined, 'operator'],
    ['POST', '/api/oauth/authorize', { provider: 'none' }, 'operator'],
    ['POST', '/api/oauth/exchange', { state: 'x', code: 'y' }, 'operator'],
    ['POST', '/api/oauth/tokens/none/refresh', undefined, 'operator'],
    ['DELETE', '/api/oauth/tokens/none', undefined, 'operator'],
    ['POST', '/api/keys', { name: 'by-role' }, 'operator'],
    ['DELETE', '/api/keys/none', undefined, 'operator'],
    ['PATCH', '/api/keys/none', {}, 'operator'],
    ['POST', '/api/keys/none/rotate', {}, 'operator'],
    ['GET', '/api/teams', undefined, 'viewer'],
    ['GET', '/api/teams/none', undefined, 'viewer'],
    ['PUT', '/api/teams/none', {}, 'operator'],
    ['PATCH', '/api/teams/none', {}, 'operator'],
    ['DELETE', '/api/teams/none', undefined, 'operator'],
    ['POST', '/api/credentials/export', {}, 'admin'],
    ['GET', '/api/credentials/import-key', undefined, 'admin'],
    ['POST', '/api/credentials/import', { items: [] }, 'admin'],
    ['POST', '/api/oauth/tokens/reap', {}, 'admin'],
    ['GET', '/api/vault/keys', undefined, 'viewer'],
    ['GET', '/api/vault/rewrap', undefined, 'viewer'],
    ['POST', '/api/vault/rewrap', undefined, 'admin'],
  ];

  it.each(rows)('%s %s', async (method, path, body, least) => {
    const call = (token: string | null) => world.call(method, path, { token, ...(body ? { body } : {}) });
    const nobody = await call(null);
    expect(problemOf(nobody)).toEqual([401, 'unauthorized']);
    expect(nobody.headers.get('www-authenticate')).toBe('Bearer realm="muxgate"');
    const stranger = await call('no-such-token');
    expect(problemOf(stranger)).toEqual([401, 'unauthorized']);
    expect(stranger.headers.get('www-authenticate')).toContain('error="invalid_token"');

    for (const role of ROLES.slice(0, ROLES.indexOf(least))) {
      const refused = await call(TOKENS[role]);
      expect(problemOf(refused)).toEqual([403, 'role_required']);
      expect(refused.headers.get('www-authenticate')).toBe(
        `Bearer realm="muxgate", error="insufficient_scope", scope="${least}"`,
      );
    }
    const allowed = ROLES.slice(ROLES.indexOf(least)).map((role) => TOKENS[role]);
    for (const token of allowed) expect([401, 403]).not.toContain((await call(token)).status);
  });

  it.each([
    ['Basic', `Basic ${ADMIN}`],
    ['no scheme', ADMIN],
    ['two tokens', `Bearer ${ADMIN} ${ADMIN}`],
    ['empty', 'Bearer '],
    ['the hash instead of the token', `Bearer ${sha256(ADMIN)}`],
  ])('refuses %s', async (_name, authorization) => {
    const answer = await world.call('GET', '/api/keys', { token: null, headers: { authorization } });
    expect(problemOf(answer)).toEqual([401, 'unauthorized']);
  });

  it('is in the audit log where somebody tried what they may not, also to finish a connection', async () => {
    const body = { state: 'made-up', code: 'made-up' };
    const path = '/api/oauth/exchange';
    const statuses = [];
    for (const token of [null, VIEWER])
      statuses.push((await world.call('POST', path, { token, body })).status);
    expect(statuses).toEqual([401, 403]);
    const { items } = (await world.call('GET', `/api/audit?action=POST%20${path}`)).json;
    expect(items).toMatchObject([
      { actor: 'looker', outcome: 'refused', details: { code: 'role_required' } },
      { actor: 'anonymous', outcome: 'refused', details: { code: 'unauthorized' } },
    ]);
  });

  it('covers every route of the API description, but for those of browsers', async () => {
    const { json } = await world.call('GET', '/openapi.json', { token: null });
    const described = Object.entries(json.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const tested = rows.map(([method, path]) =>
      `${method} ${path}`
        .replace(/(tokens|credentials)\/(none|by-role)/, '$1/{credential}')
        .replace('authorize/none', 'authorize/{state}')
        .replace(/(keys|invitations|requests|sessions)\/none/, '$1/{id}')
        .replace(/(teams|people)\/none/, '$1/{name}')
        .replace(/(providers|webhooks)\/none/, '$1/{name}')
        .replace('revisions/0', 'revisions/{number}'),
    );
    expect(described.toSorted()).toEqual([...tested, ...BY_OTHER_PROOF].toSorted());
  });
});

describe('the list of tokens', () => {
  it('of a prefix, a provider or a status pages through what matches, and nothing else', async () => {
    const vault = new CredentialVault(world.redis, {
      accessRing: KeyRing.parse(world.accessKey),
      refreshRing: KeyRing.parse(world.refreshKey),
    });
    for (const credential of ['f-a1', 'f-a2', 'f-a3', 'f-b1', 'g-a1'])
      await vault.connect({
        credential,
        provider: credential.includes('b') ? 'pasted' : 'sandbox',
        clientId: 'muxgate',
        scopes: [],
        schedule: { refreshAheadSeconds: 300 },
        tokenSet: { accessToken: 'at', tokenType: 'Bearer', expiresAt: Date.now() + 3_600_000 },
      });
    const seen: string[] = [];
    let path = '/api/oauth/tokens?prefix=f-&provider=sandbox&limit=1';
    for (let pages = 0; pages < 9; pages++) {
      const { json } = await world.call('GET', path);
      seen.push(...json.items.map((item: { credential: string }) => item.credential));
      if (json.nextCursor === undefined) break;
      path = `/api/oauth/tokens?prefix=f-&provider=sandbox&limit=1&cursor=${json.nextCursor}`;
    }
    expect(seen).toEqual(['f-a1', 'f-a2', 'f-a3']);
    const ended = await world.call('GET', '/api/oauth/tokens?prefix=f-&status=expired');
    expect(ended.json).toEqual({ items: [] });
    const unknown = await world.call('GET', '/api/oauth/tokens?status=fine');
    expect(problemOf(unknown)).toEqual([400, 'validation_failed']);
    for (const credential of seen.concat('f-b1', 'g-a1')) await vault.remove(credential);
  });
});

describe('malformed requests', () => {
  const body = (raw: string | Uint8Array, headers: Record<string, string> = {}) =>
    world.call('POST', '/api/keys', { raw, headers });

  const NO_UNICODE = ['{"name":"\\ud800"}', '{"name":"x","labels":{"\\udc00":"y"}}'];

  it.each(['{', '{"name":}', 'null,', '"text"', '7', '\u0000', ...NO_UNICODE])(
    '%j is malformed JSON',
    async (raw) => {
      expect(problemOf(await body(raw))).toEqual([400, 'malformed_json']);
    },
  );

  it('a body over 64 KiB is 413', async () => {
    expect(problemOf(await body(JSON.stringify({ name: 'x'.repeat(70_000) })))).toEqual([
      413,
      'body_too_large',
    ]);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
  ])('%s is 415', async (type) => {
    expect(problemOf(await body('name=x', { 'content-type': type }))).toEqual([
      415,
      'unsupported_media_type',
    ]);
  });

  it('an unknown charset or encoding is 415', async () => {
    const charset = await body('{}', { 'content-type': 'application/json; charset=klingon' });
    expect(problemOf(charset)).toEqual([415, 'unsupported_media_type']);
    const encoding = await body('{}', { 'content-encoding': 'rot13' });
    expect(problemOf(encoding)).toEqual([415, 'unsupported_media_type']);
  });

  it('every mistake of a body is named with its path, unknown members too', async () => {
    const answer = await world.call('POST', '/api/keys', {
      body: { name: '', team: 7, models: ['ok', 3], expiresAt: 'tomorrow', extra: true },
    });
    expect(problemOf(answer)).toEqual([400, 'validation_failed']);
    const paths = (answer.json.errors as Array<{ path: string; message: string }>).map(({ path }) => path);
    expect(new Set(paths)).toEqual(new Set(['name', 'team', 'models', 'expiresAt', 'extra']));
    expect(answer.text).not.toContain('tomorrow');
  });

  it.each([
    [[]],
    [[{ name: 'x' }]],
    [{}],
    [{ name: null }],
    [{ name: ['a'] }],
    [{ name: { toString: 'x' } }],
  ])('%j is not a key', async (value) => {
    expect((await world.call('POST', '/api/keys', { body: value })).json.code).toBe('validation_failed');
  });

  it('a missing body is a list of what is missing', async () => {
    expect(problemOf(await world.call('POST', '/api/keys'))).toEqual([400, 'validation_failed']);
  });

  it('a time or a place in a list that is none is a mistake or the top, never a failure', async () => {
    for (const list of ['/api/audit', '/api/requests']) {
      for (const query of [
        'from=1969-01-01',
        'to=1969-01-01',
        'to=2026-11-26',
        'cursor=0-0',
        `cursor=${'9'.repeat(20)}-1`,
      ])
        expect([query, (await world.call('GET', `${list}?${query}`)).status]).toEqual([query, 200]);
      const answer = await world.call('GET', `${list}?from=2026-W48&limit=1`);
      expect(problemOf(answer)).toEqual([400, 'validation_failed']);
      expect(answer.json.errors).toEqual([
        { path: 'from', message: 'must be a day or a time with its offset' },
      ]);
    }
    expect(problemOf(await world.call('GET', '/api/audit/export?to=2026-330'))).toEqual([
      400,
      'validation_failed',
    ]);
  });

  it('__proto__ in a body pollutes nothing', async () => {
    await body('{"name":"p","__proto__":{"mayPin":true,"polluted":1}}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    const { json } = await world.call('GET', '/api/keys');
    for (const item of json.items.filter((key: { name: string }) => key.name === 'p'))
      expect(item.mayPin).toBe(false);
  });

  it('an unknown address is 404, a known one with another method 405', async () => {
    expect(problemOf(await world.call('GET', '/nowhere'))).toEqual([404, 'not_found']);
    const answer = await world.call('PUT', '/api/keys', { body: {} });
    expect(problemOf(answer)).toEqual([405, 'method_not_allowed']);
    expect(answer.headers.get('allow')).toBe('POST, GET');
    expect(problemOf(await world.call('POST', '/api/keys/abc', { body: {} }))).toEqual([
      405,
      'method_not_allowed',
    ]);
  });

  it('a percent sign that decodes to nothing is 400', async () => {
    expect(problemOf(await world.call('GET', '/api/keys/%E0%A4%A'))).toEqual([400, 'malformed_request']);
  });

  it.each(['limit=0', 'limit=1001', 'limit=x', 'limit=1&limit=2', 'page=2', `cursor=${'x'.repeat(300)}`])(
    'the query %s is refused',
    async (query) => {
      expect(problemOf(await world.call('GET', `/api/keys?${query}`))).toEqual([400, 'validation_failed']);
    },
  );

  it.each(['tokens/a%20b', 'tokens/..%2F..%2Fx', `tokens/${'x'.repeat(200)}`])(
    '%s is no credential',
    async (path) => {
      expect(problemOf(await world.call('GET', `/api/oauth/${path}`))).toEqual([404, 'credential_not_found']);
    },
  );

  it('garbage on the wire is answered and the service lives on', async () => {
    const { port } = new URL(world.auth.url);
    const answer = await new Promise<string>((resolve) => {
      const socket = createConnection(Number(port), '127.0.0.1', () =>
        socket.end('\u0016\u0003\u0001 garbage\r\n\r\n'),
      );
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString('latin1')));
      socket.on('close', () => resolve(text));
    });
    expect(answer).toContain('400 Bad Request');
    expect((await world.call('GET', '/api/keys')).status).toBe(200);
  });
});

describe('headers', () => {
  it('keep a well-formed request id and replace any other', async () => {
    const kept = await world.call('GET', '/api/keys', { headers: { 'x-request-id': 'abc-123' } });
    expect(kept.headers.get('x-request-id')).toBe('abc-123');
    const made = await world.call('GET', '/api/keys', { headers: { 'x-request-id': '<script>' } });
    expect(made.headers.get('x-request-id')).toMatch(/^req_/);
  });

  it('B3 say nothing of the framework, and forbid keeping, framing and sniffing', async () => {
    const { headers } = await world.call('GET', '/api/keys');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('client keys', () => {
  it('are shown once, listed without the key, and revoked', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const created = await world.call('POST', '/api/keys', {
      token: OPERATOR,
      body: { name: 'ci', team: 'platform', models: ['claude-sandbox'], expiresAt },
    });
    expect(created.status).toBe(201);
    expect(created.json.key).toMatch(/^mxg_/);
    expect(created.json).toMatchObject({ name: 'ci', team: 'platform', mayPin: false, expiresAt });
    const { key, ...shown } = created.json;
    const path = `/api/keys/${created.json.id}`;
    expect((await world.call('GET', path)).json).toEqual(shown);
    const listed = await world.call('GET', '/api/keys');
    expect(listed.json.items).toContainEqual(shown);
    expect(listed.text).not.toContain(key);
    expect(await redisText(world)).not.toContain(key.slice(4));

    const revoked = await world.call('DELETE', path, { token: OPERATOR });
    expect([revoked.status, revoked.text]).toEqual([204, '']);
    expect(problemOf(await world.call('GET', path))).toEqual([404, 'client_key_not_found']);
    expect(problemOf(await world.call('DELETE', path))).toEqual([404, 'client_key_not_found']);
    const { json } = await world.call('GET', '/api/audit?limit=2');
    expect(json.items.map((item: { action: string }) => item.action)).toEqual([
      'client-key.revoke',
      'client-key.create',
    ]);
    expect(json.items[0]).toMatchObject({ actor: 'ops', subject: created.json.id, outcome: 'success' });
  });

  it('with an end in the past are refused', async () => {
    const body = { name: 'late', expiresAt: '2020-01-01T00:00:00Z' };
    const answer = await world.call('POST', '/api/keys', { body });
    expect(problemOf(answer)).toEqual([400, 'validation_failed']);
    expect(answer.json.errors[0].path).toBe('expiresAt');
  });

  it('page without losing or repeating one', async () => {
    for (let index = 0; index < 5; index++)
      await world.call('POST', '/api/keys', { body: { name: `page-${index}` } });
    const all = await world.call('GET', '/api/keys?limit=1000');
    const ids: string[] = [];
    let cursor = '';
    for (;;) {
      const page = await world.call('GET', `/api/keys?limit=2${cursor}`);
      ids.push(...page.json.items.map((item: { id: string }) => item.id));
      if (page.json.nextCursor === undefined) break;
      cursor = `&cursor=${encodeURIComponent(page.json.nextCursor)}`;
    }
    expect(ids).toEqual(all.json.items.map((item: { id: string }) => item.id));
  });

  it('given at start is registered by its hash, and may pin', async () => {
    const { json } = await world.call('GET', '/api/keys?limit=1000');
    expect(json.items).toContainEqual(expect.objectContaining({ name: 'local', mayPin: true }));
  });
});

describe('connected credentials', () => {
  it('are listed in pages', async () => {
    for (const name of ['page-a', 'page-b', 'page-c']) await connect(world, name);
    const first = await world.call('GET', '/api/oauth/tokens?limit=2');
    const second = await world.call('GET', `/api/oauth/tokens?limit=2&cursor=${first.json.nextCursor}`);
    const names = [...first.json.items, ...second.json.items].map((item) => item.credential);
    expect(names).toEqual(['page-a', 'page-b', 'page-c']);
    expect(second.json).not.toHaveProperty('nextCursor');
  });

  it('V1 are forgotten and revoked upstream: the vendor refuses both tokens afterwards', async () => {
    await connect(world, 'to-forget');
    const before = await familiesRevoked();
    const removed = await world.call('DELETE', '/api/oauth/tokens/to-forget', { token: OPERATOR });
    expect([removed.status, removed.json]).toEqual([200, { revoked: true }]);
    expect(await familiesRevoked()).toBe(before + 1);
    expect(problemOf(await world.call('GET', '/api/oauth/tokens/to-forget'))).toEqual([
      404,
      'credential_not_found',
    ]);
    expect(problemOf(await world.call('DELETE', '/api/oauth/tokens/to-forget'))).toEqual([
      404,
      'credential_not_found',
    ]);
  });

  it('cannot be refreshed while no worker runs: 503 after a while', async () => {
    const { refreshNow } = await import('../../services/auth/src/admin/refresh-now.ts');
    const { CredentialVault, KeyRing } = await import('@muxgate/vault');
    const { RefreshQueue } = await import('@muxgate/refresh-queue');
    await connect(world, 'no-worker');
    const rings = {
      accessRing: KeyRing.parse(world.accessKey),
      refreshRing: KeyRing.parse(world.refreshKey),
    };
    const vault = new CredentialVault(world.redis, rings);
    const queue = new RefreshQueue(world.redis);
    await expect(refreshNow(vault, queue, 'no-worker', 300)).rejects.toMatchObject({
      status: 503,
      code: 'worker_unavailable',
    });
    await queue.close();
  });

  it('that need a person answer a refresh with 409', async () => {
    await connect(world, 'dead');
    await world.redis.hset('muxgate:{c:dead}:access', 'status', 'reauthorization_required');
    const answer = await world.call('POST', '/api/oauth/tokens/dead/refresh', { token: OPERATOR });
    expect(problemOf(answer)).toEqual([409, 'reauthorization_required']);
  });

  it('that the provider blocks are tried again, and answer 409 if it still does', async () => {
    await connect(world, 'blocked');
    const record = 'muxgate:{c:blocked}:access';
    await world.redis.hset(record, 'status', 'blocked_by_provider');
    const asked = world.call('POST', '/api/oauth/tokens/blocked/refresh', { token: OPERATOR });
    await expect.poll(() => world.redis.hget(record, 'status')).toBe('refresh_failing');
    await world.redis.hset(record, 'status', 'blocked_by_provider'); // as the worker would
    expect(problemOf(await asked)).toEqual([409, 'blocked_by_provider']);
  });

  it('are refreshed by force once a minute: sooner is 429', async () => {
    await connect(world, 'impatient');
    const record = 'muxgate:{c:impatient}:access';
    await world.redis.hset(record, 'forcedAt', Date.now());
    const answer = await world.call('POST', '/api/oauth/tokens/impatient/refresh', { token: OPERATOR });
    expect(problemOf(answer)).toEqual([429, 'refresh_throttled']);
    expect(answer.headers.get('retry-after')).toBe('60');
  });

  it('whose refresh fails at the provider say so, with the code', async () => {
    await connect(world, 'failing');
    const asked = world.call('POST', '/api/oauth/tokens/failing/refresh', { token: OPERATOR });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const failure = { errorCode: 'token_endpoint_unavailable', errorMessage: 'x', errorAt: Date.now() };
    await world.redis.hset('muxgate:{c:failing}:access', failure); // as the worker would
    const answer = await asked;
    expect(problemOf(answer)).toEqual([502, 'refresh_failed']);
    expect(answer.json.error).toBe('token_endpoint_unavailable');
  });

  it('answer the new state as soon as a worker has committed it', async () => {
    await connect(world, 'refreshed');
    const asked = world.call('POST', '/api/oauth/tokens/refreshed/refresh', { token: OPERATOR });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await connect(world, 'refreshed'); // stands for the worker: it raises the generation
    const answer = await asked;
    expect([answer.status, answer.json.generation]).toEqual([200, 2]);
  });

  it('that do not exist are 404 for every verb', async () => {
    expect(problemOf(await world.call('GET', '/api/oauth/tokens/none'))).toEqual([
      404,
      'credential_not_found',
    ]);
    expect(problemOf(await world.call('POST', '/api/oauth/tokens/none/refresh'))).toEqual([
      404,
      'credential_not_found',
    ]);
    expect(problemOf(await world.call('DELETE', '/api/oauth/tokens/none'))).toEqual([
      404,
      'credential_not_found',
    ]);
  });

  async function familiesRevoked(): Promise<number> {
    const stats = (await (await fetch(`${world.sandbox.url}/sandbox/stats`)).json()) as {
      oauth: { familiesRevoked: number };
    };
    return stats.oauth.familiesRevoked;
  }
});

describe('the description', () => {
  it('of providers has no secret', async () => {
    const { json, text } = await world.call('GET', '/api/oauth/providers', { token: VIEWER });
    expect(json.items.map((item: { name: string }) => item.name)).toContain('confidential');
    expect(text).not.toContain('muxgate-confidential-secret');
    expect(json.items[0].redirectUri).toBe(`${world.auth.url}/api/oauth/callback`);
  });

  it('of the API is the reference page that the repository holds (vitest -u writes it)', async () => {
    const { text } = await world.call('GET', '/openapi.json', { token: null });
    await expect(await format(text, { parser: 'json', printWidth: 110 })).toMatchFileSnapshot(
      '../../docs/reference/openapi.json',
    );
  });

  it('of the API is OpenAPI, and its page takes nothing from elsewhere', async () => {
    const { json } = await world.call('GET', '/openapi.json', { token: null });
    expect(json.openapi).toBe('3.1.0');
    expect(json.paths['/api/oauth/authorize'].post.security).toEqual([{ bearer: [] }, { cookie: [] }]);
    const page = await world.call('GET', '/docs', { token: null });
    expect(page.status).toBe(200);
    const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(sources.length).toBeGreaterThan(3);
    for (const source of sources) {
      expect(source).toMatch(/^\.\//);
      expect((await fetch(new URL(source, `${world.auth.url}/docs`))).status).toBe(200);
    }
  });
});

describe('health', () => {
  it('is alive, ready and measured', async () => {
    const { managementUrl } = world.auth;
    expect((await request(managementUrl, 'GET', '/livez')).status).toBe(200);
    const ready = await request(managementUrl, 'GET', '/readyz');
    expect([ready.status, ready.json.checks.redis.ok]).toEqual([200, true]);
    const metrics = (await request(managementUrl, 'GET', '/metrics')).text;
    expect(metrics).toContain('muxgate_redis_command_duration_seconds_bucket');
    expect(metrics).toContain('muxgate_build_info{service="auth"');
  });
});

async function redisText({ redis }: AuthWorld): Promise<string> {
  const names = await redis.keys('*');
  const dumps = await Promise.all(names.map((name) => redis.dumpBuffer(name)));
  return [...names, ...dumps.map((dump) => dump?.toString('latin1') ?? '')].join('\n');
}
