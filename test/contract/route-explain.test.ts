import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseConfig } from '@muxgate/config';
import { CoolDownStore } from '@muxgate/target-health';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KeyRing, StoredKeys } from '@muxgate/vault';
import { parse, stringify } from 'yaml';
import { createAuthApp, type AuthApp } from '../../services/auth/src/auth-app.ts';
import { startRedis } from '../support/redis.ts';
import { bodyOf, ROUTER_CASES, type RouterCase } from '../support/router-cases.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { OPERATOR, sha256, VIEWER } from './auth-harness.ts';
import {
  ACCESS_KEYS,
  json,
  post,
  REFRESH_KEYS,
  startGateway,
  startUpstream,
  type FakeUpstream,
  type TestGateway,
} from './gateway.support.ts';

const MODELS = 'asked default search think back image long rule sub'.split(' ');
const PATHS = {
  'anthropic-messages': '/v1/messages',
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
} as const;

const IDP = {
  name: 'idp',
  grant: 'authorization_code',
  authorizationUrl: 'http://127.0.0.1:1/a',
  tokenUrl: 'http://127.0.0.1:1/t',
  clientId: 'muxgate',
  clientAuthentication: 'none',
  scopes: ['llm.invoke'],
  allowPrivateNetwork: true,
};

type SurfaceProtocol = keyof typeof PATHS;

function configText(
  upstream: string,
  router: unknown,
  extra: object[] = [],
  protocol: SurfaceProtocol = 'anthropic-messages',
): string {
  const provider = (name: string, spoken: string, baseUrl = upstream) => ({
    name,
    protocol: spoken,
    baseUrl,
    auth: { type: 'none' },
    allowPrivateNetwork: true,
  });
  const targets = [{ provider: `p-${protocol}`, model: 'up' }];
  return stringify({
    version: 1,
    providers: [
      ...Object.keys(PATHS).map((name) => provider(`p-${name}`, name)),
      provider('spare', 'anthropic-messages'),
      { ...provider('p-idle', 'anthropic-messages'), enabled: false },
    ],
    models: [...MODELS.map((name) => ({ name: `m-${name}`, targets })), ...extra],
    router,
  });
}

describe('POST /api/route/explain', () => {
  let upstream: FakeUpstream;
  let gateway: TestGateway;
  let redisUrl: string;
  let clientId: string;
  let auth: AuthApp | undefined;

  beforeAll(async () => {
    redisUrl = (await startRedis()).url;
    upstream = await startUpstream(json(200, {}));
    gateway = await startGateway(redisUrl, configText(upstream.url, {}));
    clientId = (await gateway.keys.list()).items[0]?.id ?? '';
  });
  afterAll(async () => {
    await gateway?.shutDown();
    await upstream?.close();
  });
  afterEach(async () => {
    await auth?.close();
    auth = undefined;
  });

  /** Gives gateway and auth the same configuration. */
  async function configure(text: string): Promise<void> {
    gateway.config.swap(parseConfig(text, {}));
    const file = join(await temporaryDirectory(), 'muxgate.yaml');
    await writeFile(file, text);
    auth = await createAuthApp({
      HOST: '127.0.0.1',
      PORT: '0',
      MANAGEMENT_PORT: '0',
      LOG_LEVEL: 'silent',
      MUXGATE_CONFIG: file,
      REDIS_URL: redisUrl,
      MUXGATE_ACCESS_KEYS: ACCESS_KEYS,
      MUXGATE_REFRESH_KEYS: REFRESH_KEYS,
      MUXGATE_ADMIN_TOKENS: `ops:operator:${sha256(OPERATOR)},eyes:viewer:${sha256(VIEWER)}`,
    });
  }
  async function call(method: string, path: string, body?: unknown, token = VIEWER) {
    const answer = await fetch(`${auth?.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of many shapes
    return { status: answer.status, json: (await answer.json()) as any };
  }
  const explain = (input: Record<string, unknown>) =>
    call('POST', '/api/route/explain', { client: clientId, ...input });
  const send = (body: unknown, headers = {}, path: string = PATHS['anthropic-messages']) =>
    post(`${gateway.url}${path}`, JSON.stringify(body), { 'x-api-key': gateway.key, ...headers });

  const byRouter = Map.groupBy(ROUTER_CASES, ({ router, surface }) => JSON.stringify({ surface, router }));
  it.each([...byRouter])('agrees with the gateway for each case of the router %s', async (_router, cases) => {
    const [{ router, surface: spoken }] = cases as [RouterCase];
    await configure(configText(upstream.url, router, [], spoken));
    for (const row of cases) {
      const { headers = {}, surface = 'anthropic-messages', expected, title } = row;
      const body = bodyOf(row);
      const { json: told } = await explain({ body, headers, surface });
      const { headers: did, status } = await send(body, headers, PATHS[surface]);
      const [first] = told.targets;
      expect([title, status, told.rule, told.model]).toEqual([title, 200, ...expected]);
      expect([did['x-muxgate-rule'], did['x-muxgate-model'], did['x-muxgate-provider']]).toEqual([
        told.rule,
        told.model,
        first.provider,
      ]);
      expect([first.state, told.refusal]).toEqual(['first', undefined]);
    }
  });

  it('says in words why this rule and these targets', async () => {
    const mixed = {
      name: 'm-mixed',
      targets: ['p-anthropic-messages', 'p-idle'].map((name) => ({ provider: name, model: 'up' })),
    };
    await configure(configText(upstream.url, { think: 'm-mixed' }, [mixed]));
    const { status, json: told } = await explain({
      body: { model: 'm-asked', thinking: { type: 'adaptive' } },
    });
    expect(status).toBe(200);
    expect(told).toEqual({
      rule: 'think',
      model: 'm-mixed',
      why: 'the request asks for thinking',
      targets: [
        {
          provider: 'p-anthropic-messages',
          model: 'up',
          priority: 1,
          weight: 1,
          state: 'first',
          why: 'priority 1',
        },
        {
          provider: 'p-idle',
          model: 'up',
          priority: 1,
          weight: 1,
          state: 'unable',
          why: 'its provider is not enabled',
        },
      ],
    });
    const other = await explain({ body: { model: 'm-mixed' }, surface: 'openai-chat' });
    expect(other.json.targets[0].why).toBe('priority 1, translated to anthropic-messages');
  });

  it.each([
    ['a model that nobody has', { model: 'unknown' }, {}, 404, 'model_not_found'],
    [
      'a pin by a key that may not',
      { model: 'm-asked' },
      { 'X-Muxgate-Provider': 'spare' },
      403,
      'pin_not_allowed',
    ],
  ])('shows a refusal as the gateway would answer it: %s', async (_how, body, headers, status, code) => {
    await configure(configText(upstream.url, {}));
    const { json: told } = await explain({ body, headers });
    expect(told.refusal).toMatchObject({ status, code });
    expect((await send(body, headers)).status).toBe(status);
  });

  it('follows sessions, pins and rests as the gateway does', async () => {
    const equals = {
      name: 'm-equals',
      targets: [
        { provider: 'p-anthropic-messages', model: 'one' },
        { provider: 'spare', model: 'two', weight: 3 },
      ],
    };
    await configure(configText(upstream.url, {}, [equals]));
    const body = { model: 'm-equals' };
    for (let i = 0; i < 20; i++) {
      const headers = { 'x-claude-code-session-id': `s-${i}` };
      const [told, did] = [await explain({ body, headers }), await send(body, headers)];
      expect(told.json.targets[0].provider).toBe(did.headers['x-muxgate-provider']);
      expect(told.json.targets[0].why).toMatch(/^priority 1, the session’s place by weight [13] of 4$/);
    }

    const pinner = await gateway.keys.create({ name: 'pinner', mayPin: true });
    const pin = { 'x-muxgate-provider': 'spare' };
    const pinned = await explain({ body, headers: pin, client: pinner.client.id });
    expect(pinned.json.targets).toMatchObject([
      { provider: 'spare', state: 'first', why: 'pinned, priority 1' },
      { provider: 'p-anthropic-messages', state: 'unable', why: 'spare is pinned' },
    ]);
    const sent = await send(body, { ...pin, 'x-api-key': pinner.key });
    expect(sent.headers['x-muxgate-provider']).toBe('spare');
    expect((await send(body, { 'x-muxgate-provider': 'nobody', 'x-api-key': pinner.key })).status).toBe(400);

    await new CoolDownStore(gateway.redis).set({
      provider: 'spare',
      model: 'two',
      until: Date.now() + 60_000,
      failures: 1,
    });
    const resting = await explain({ body });
    const states = resting.json.targets.map((target: { state: string }) => target.state);
    expect(states.toSorted()).toEqual(['first', 'resting']);
    await expect
      .poll(async () => (await send(body)).headers['x-muxgate-provider'])
      .toBe('p-anthropic-messages');

    expect((await call('DELETE', '/api/providers/spare/cooldown')).status).toBe(403);
    const reset = await call('DELETE', '/api/providers/spare/cooldown', undefined, OPERATOR);
    expect(reset).toEqual({ status: 200, json: { ended: 1 } });
    expect((await call('DELETE', '/api/providers/nobody/cooldown', undefined, OPERATOR)).status).toBe(404);
    expect((await call('GET', '/api/audit')).json.items[0]).toMatchObject({
      action: 'provider.end-cooldowns',
      subject: 'spare',
    });
  });

  it('says which stored credential would go on the request, that of the client or its team where it is its own', async () => {
    const at = { protocol: 'anthropic-messages', baseUrl: upstream.url, allowPrivateNetwork: true };
    const config = parse(configText(upstream.url, {})) as { providers: object[]; models: object[] };
    config.providers.push(
      { ...at, name: 'own', auth: { type: 'oauth', credential: 'own-{client}' } },
      { ...at, name: 'teams', auth: { type: 'storedKey', credential: 'team-{team}' } },
      { ...at, name: 'shared', auth: { type: 'storedKey', credential: 'shared-key' } },
    );
    const targets = ['own', 'teams', 'shared', 'spare'].map((provider, priority) => ({
      provider,
      model: 'up',
      priority: priority + 1,
    }));
    config.models.push({ name: 'm-stored', targets });
    const text = stringify({ ...config, oauthProviders: [IDP] });
    await configure(text);
    const { client, key } = await gateway.keys.create({ name: 'in-a-team', team: 'red' });
    const body = { model: 'm-stored' };
    const { json: told } = await explain({ body, client: client.id });
    expect(told.targets).toMatchObject([
      { provider: 'own', state: 'first', credential: `own-${client.id}` },
      { provider: 'teams', state: 'next', credential: 'team-red' },
      { provider: 'shared', state: 'next', credential: 'shared-key' },
      { provider: 'spare', state: 'next' },
    ]);
    expect(told.targets[3]).not.toHaveProperty('credential');
    await new StoredKeys(gateway.redis, KeyRing.parse(ACCESS_KEYS)).put('team-red', 'sk-red', 'test');
    expect((await send(body, { 'x-api-key': key })).headers['x-muxgate-provider']).toBe('teams');

    const { client: alone } = await gateway.keys.create({ name: 'in-no-team' });
    const teamless = await explain({ body, client: alone.id });
    expect(teamless.json.targets[1]).toMatchObject({
      provider: 'teams',
      state: 'unable',
      why: expect.stringContaining('team'),
    });
  });

  it('takes bodies as large as agents send, and refuses what is no request', async () => {
    await configure(configText(upstream.url, { longContext: { model: 'm-long', thresholdTokens: 100_000 } }));
    const long = { model: 'm-asked', system: 'x'.repeat(1_000_000) };
    expect((await explain({ body: long })).json.rule).toBe('longContext');
    expect(await explain({ body: {} })).toMatchObject({ status: 400, json: { code: 'body_unreadable' } });
    expect(await explain({})).toMatchObject({ status: 400 });
    expect(await explain({ body: long, client: 'nobody' })).toMatchObject({ status: 404 });
    expect((await call('POST', '/api/route/explain', { body: long }, 'nobody')).status).toBe(401);
  });
});
