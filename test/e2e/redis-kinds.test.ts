import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, beforeAll, afterAll } from 'vitest';
import { approveAtSandbox } from '../../scripts/launcher/connect-sandbox.ts';
import { json, startUpstream, type FakeUpstream } from '../contract/gateway.support.ts';
import { callGateway, sandboxCredential, succeeded } from '../support/calls.ts';
import { callAuth, startStack, type RunningStack, type ServiceProcess } from '../support/processes.ts';
import { defaultRedisKind, startRedisOf } from '../support/redis-kinds.ts';
import { eventually } from '../support/wait.ts';

const CONFIG = fileURLToPath(new URL('../../config/muxgate.yaml', import.meta.url));
const SECRET = `whsec_${Buffer.from('a secret of the tests').toString('base64')}`;

/** A single server is what every other test runs on; one that is named is what this one runs on. */
const KINDS = process.env['MUXGATE_TEST_REDIS'] === undefined ? (['cluster'] as const) : [defaultRedisKind()];

/** The main path with two of each service, so that whatever they share is in Redis: however Redis is run. */
describe.each(KINDS)('on Redis as %s', (kind) => {
  let stack: RunningStack;
  let secondAuth: ServiceProcess;
  let secondGateway: ServiceProcess;
  let receiver: FakeUpstream;
  let config: string;

  beforeAll(async () => {
    receiver = await startUpstream(json(204, {}));
    config = `${await readFile(CONFIG, 'utf8')}
webhooks:
  - { name: hook, url: "${receiver.url}/hook", secret: "\${HOOK_SECRET}", allowPrivateNetwork: true }
`;
    const hook = { HOOK_SECRET: SECRET };
    stack = await startStack({
      redis: await startRedisOf(kind),
      config,
      tokenSeconds: 300,
      connect: false,
      env: { auth: hook, worker: hook, gateway: hook },
    });
    [secondAuth, secondGateway] = await Promise.all([
      stack.another('auth'),
      stack.another('gateway'),
      stack.another('worker'),
    ]);
  });
  afterAll(async () => {
    await stack.stop();
    await receiver.close();
  });

  const atSecondAuth = (method: string, path: string, body?: unknown) =>
    callAuth(secondAuth, { authorization: `Bearer ${stack.adminToken}` }, method, path, body);
  const call = (clientKey = stack.clientKey, gateway = secondGateway) => callGateway({ gateway, clientKey });

  it('a connection begun at one auth service is finished at the other, and a refresh reaches both gateways', async () => {
    const begun = await stack.admin('POST', '/api/oauth/authorize', { provider: 'sandbox' });
    const { url } = begun.body as { url: string };
    const redirectUrl = await approveAtSandbox(new URL(url));
    expect(await atSecondAuth('POST', '/api/oauth/exchange', { redirectUrl })).toMatchObject({
      status: 200,
      body: { credential: 'sandbox', status: 'active' },
    });
    for (const gateway of [stack.gateway, secondGateway])
      await eventually(async () => expect(succeeded(await call(stack.clientKey, gateway))).toBe(true));

    const { generation } = await sandboxCredential(stack);
    expect(await atSecondAuth('POST', '/api/oauth/tokens/sandbox/refresh')).toMatchObject({
      status: 200,
      body: { status: 'active', generation: generation + 1 },
    });
    expect(succeeded(await call())).toBe(true);
  });

  it('a session that began at one auth service is signed in at the other', async () => {
    const began = await fetch(`${stack.auth.url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: stack.auth.url },
      body: JSON.stringify({ token: stack.adminToken }),
    });
    expect(began.status).toBe(200);
    const cookie = began.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ');
    expect(await callAuth(secondAuth, { cookie }, 'GET', '/api/session')).toMatchObject({ status: 200 });
  });

  it('a key’s limit holds over both gateways; its budget ends it, and the webhook is told once', async () => {
    const limited = await stack.admin('POST', '/api/keys', {
      name: 'limited',
      limits: { requestsPerMinute: 2 },
    });
    const { key } = limited.body as { key: string };
    const first = await eventually(async () => {
      const result = await call(key);
      return result.status !== 401 && result;
    });
    const second = await call(key, stack.gateway);
    const third = await call(key);
    expect([first.status, second.status, third.status]).toEqual([200, 200, 429]);

    const poor = await stack.admin('POST', '/api/keys', {
      name: 'poor',
      budget: { usd: 0.000_01, period: 'day' },
    });
    const { key: poorKey } = poor.body as { key: string };
    await eventually(async () => expect((await call(poorKey)).status).toBe(429));
    const told = () =>
      receiver.received.filter(
        ({ body }) => (JSON.parse(body.toString()) as { type: string }).type === 'budget.exhausted',
      );
    await eventually(() => told().length > 0, 20_000);
    await call(poorKey, stack.gateway);
    expect(told()).toHaveLength(1);
  });

  it('a key that is revoked at one auth service is refused by both gateways', async () => {
    const made = await stack.admin('POST', '/api/keys', { name: 'short-lived' });
    const { key, id } = made.body as { key: string; id: string };
    await eventually(async () => expect((await call(key)).status).toBe(200));
    expect((await atSecondAuth('DELETE', `/api/keys/${id}`)).status).toBe(204);
    for (const gateway of [stack.gateway, secondGateway])
      await eventually(async () => expect((await call(key, gateway)).status).toBe(401), 2_000);
  });

  it('what was used is counted once, with the requests one by one and the changes behind them', async () => {
    const made = await stack.admin('POST', '/api/keys', { name: 'counted' });
    const { key, id } = made.body as { key: string; id: string };
    await eventually(async () => expect((await call(key)).status).not.toBe(401));
    for (const gateway of [stack.gateway, stack.gateway, secondGateway])
      expect(succeeded(await call(key, gateway))).toBe(true);
    const last = await call(key);
    await eventually(async () => {
      const { body } = await atSecondAuth('GET', '/api/usage?groupBy=key');
      const { items } = body as { items: { key: string; requests: number; costUsd: number }[] };
      expect(items.find((item) => item.key === id)).toMatchObject({ keyName: 'counted', requests: 5 });
    }, 20_000);
    const request = `/api/requests/${last.headers.get('x-request-id')}`;
    await eventually(async () => expect((await atSecondAuth('GET', request)).status).toBe(200), 20_000);
    const audit = await atSecondAuth('GET', '/api/audit?limit=100');
    const actions = (audit.body as { items: { action: string }[] }).items.map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['credential.connect', 'credential.refresh']));
    const chain = await atSecondAuth('GET', '/api/audit/verify');
    expect(chain).toMatchObject({ status: 200, body: { ok: true } });
  });

  it('a revision made at one auth service is in force at both gateways', async () => {
    const named = config.replace('- name: claude-sandbox', '- name: renamed');
    expect((await atSecondAuth('PUT', '/api/config', { text: named })).status).toBe(200);
    for (const gateway of [stack.gateway, secondGateway])
      await eventually(async () => {
        const answer = await fetch(`${gateway.url}/v1/models`, { headers: { 'x-api-key': stack.clientKey } });
        expect(await answer.text()).toContain('renamed');
      }, 4_000);
    expect((await atSecondAuth('PUT', '/api/config', { text: config })).status).toBe(200);
  });

  it('a stored key is kept, an invitation is made and revoked, and a rewrap goes over all of it', async () => {
    expect(
      (await stack.admin('PUT', '/api/credentials/spare', { value: 'sk-of-the-test-0123456789' })).status,
    ).toBe(200);
    const invited = await stack.admin('POST', '/api/oauth/invitations', {
      provider: 'sandbox',
      credential: 'invited',
    });
    expect(invited.status).toBe(201);
    const { id } = invited.body as { id: string };
    expect((await atSecondAuth('DELETE', `/api/oauth/invitations/${id}`)).status).toBe(204);
    expect((await atSecondAuth('POST', '/api/vault/rewrap')).status).toBe(202);
    const done = await eventually(async () => {
      const { body } = await stack.admin('GET', '/api/vault/rewrap');
      const state = body as { status: string; total: number; seen: number };
      return state.status === 'done' && state;
    }, 20_000);
    expect(done).toMatchObject({ total: 2, seen: 2 });
  });
});
