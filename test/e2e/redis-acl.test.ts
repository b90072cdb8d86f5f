import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approveAtSandbox } from '../../scripts/launcher/connect-sandbox.ts';
import { postJson } from '../contract/sandbox-client.ts';
import { callGateway, sandboxCredential, succeeded } from '../support/calls.ts';
import { startStack, type RunningStack } from '../support/processes.ts';
import { startAclRedis, type AclRedis } from '../support/redis-acl.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { eventually } from '../support/wait.ts';

describe('with a Redis user for each service', () => {
  let redis: AclRedis;
  let stack: RunningStack;

  beforeAll(async () => {
    redis = await startAclRedis();
    stack = await startStack({ redis, env: redis.users, tokenSeconds: 15 });
  });
  afterAll(() => stack.stop());

  it('a call, a refresh after a 401, one by an operator and one by the sweep go through', async () => {
    await eventually(async () => expect(succeeded(await callGateway(stack))).toBe(true));
    const { generation } = await sandboxCredential(stack);
    await postJson(`${stack.sandbox.url}/sandbox/access-tokens/revoke`, {});
    expect(succeeded(await callGateway(stack, { stream: true }))).toBe(true);
    const begun = await stack.admin('POST', '/api/oauth/authorize', {
      provider: 'sandbox',
      credential: 'other',
    });
    const redirectUrl = await approveAtSandbox(new URL((begun.body as { url: string }).url));
    expect(await stack.admin('POST', '/api/oauth/exchange', { redirectUrl })).toMatchObject({ status: 200 });
    expect(await stack.admin('POST', '/api/oauth/tokens/other/refresh')).toMatchObject({
      status: 200,
      body: { status: 'active' },
    });
    await eventually(
      async () => expect((await sandboxCredential(stack)).generation).toBeGreaterThan(generation + 1),
      60_000,
    );
  });

  it('keys with limits and budgets, stored keys, invitations, a revision, a rewrap, usage and audit do', async () => {
    const ask = async (status: number, method: string, path: string, body?: unknown): Promise<unknown> => {
      const answer = await stack.admin(method, path, body);
      expect([answer.status, answer.body], `${method} ${path}`).toEqual([status, answer.body]);
      return answer.body;
    };
    const limits = { requestsPerMinute: 60, tokensPerMinute: 100_000, concurrentRequests: 5 };
    const made = await ask(201, 'POST', '/api/keys', {
      name: 'bob',
      limits,
      budget: { usd: 5, period: 'day' },
    });
    const { key: clientKey, id } = made as { key: string; id: string };
    await eventually(async () =>
      expect(await callGateway({ ...stack, clientKey })).toMatchObject({ status: 200 }),
    );
    await ask(200, 'PUT', '/api/credentials/spare', { value: 'sk-of-the-test-0123456789' });
    await ask(201, 'POST', '/api/oauth/invitations', { provider: 'sandbox', credential: 'invited' });
    const { text } = (await ask(200, 'GET', '/api/config')) as { text: string };
    await ask(200, 'PUT', '/api/config', { text: `${text}\n# once more\n` });
    await ask(202, 'POST', '/api/vault/rewrap');
    expect(await ask(200, 'GET', '/api/vault/keys')).toMatchObject({
      access: { keys: [{ since: expect.any(String) as string }] },
    });
    await ask(200, 'GET', '/api/people');
    await eventually(async () => {
      expect(await ask(200, 'GET', '/api/vault/rewrap')).toMatchObject({ status: 'done' });
      const { items } = (await ask(200, 'GET', '/api/usage?groupBy=key')) as { items: { key: string }[] };
      expect(items.map((item) => item.key)).toContain(id);
    }, 30_000);
    await ask(200, 'GET', '/api/audit/verify');
    await ask(200, 'GET', '/api/providers');
    await ask(204, 'DELETE', `/api/keys/${id}`);
    await ask(200, 'DELETE', '/api/oauth/tokens/sandbox');
  });

  it('no service was refused anything on the way', async () => {
    expect(await redis.refusals()).toEqual([]);
  });

  it('the gateway’s user reads access tokens and can neither write them nor see refresh tokens or the audit log', async () => {
    const operator = redis.as('muxgate-operator');
    await operator.hset('muxgate:{c:a}:access', 'generation', '1');
    await operator.hset('muxgate:{c:a}:refresh', 'refresh', 'sealed');
    const gateway = redis.as('muxgate-gateway');
    expect(await gateway.hgetall('muxgate:{c:a}:access')).toEqual({ generation: '1' });
    for (const attempt of [
      () => gateway.hgetall('muxgate:{c:a}:refresh'),
      () => gateway.eval("return redis.call('HGETALL', 'muxgate:{c:a}:refresh')", 0),
      () => gateway.eval("return redis.call('HGETALL', KEYS[1])", 1, 'muxgate:{c:a}:refresh'),
      () => gateway.copy('muxgate:{c:a}:refresh', 'muxgate:{usage}:stolen'),
      () => gateway.hset('muxgate:{c:a}:access', 'generation', '2'),
      () => gateway.xrange('muxgate:{audit}:log', '-', '+'),
      () => gateway.hgetall('muxgate:key-ages'),
      () => gateway.keys('*'),
      () => gateway.dump('muxgate:{c:a}:refresh'),
      () => gateway.config('GET', '*'),
      () => gateway.flushall(),
      () => gateway.subscribe('anything'),
    ])
      await expect(attempt()).rejects.toThrow(/NOPERM|No permissions|can't access/i);
  });

  it('the worker’s user sees no session; who has no password may only ask whether the server is there', async () => {
    await expect(redis.as('muxgate-worker').get('muxgate:session:a')).rejects.toThrow(/NOPERM/);
    await expect(redis.as('muxgate-worker').hgetall('muxgate:{people}:roles')).rejects.toThrow(/NOPERM/);
    const nobody = redis.as('default');
    expect(await nobody.ping()).toBe('PONG');
    await expect(nobody.get('muxgate:session:a')).rejects.toThrow(/NOPERM/);
  });

  it('the script writes hashes, and keeps passwords that are there', async () => {
    const directory = join(await temporaryDirectory(), 'acl');
    const run = () => execFileSync(process.execPath, ['scripts/redis-acl/write.ts', directory]);
    run();
    const acl = readFileSync(join(directory, 'users.acl'), 'utf8');
    const password = readFileSync(join(directory, 'muxgate-gateway.password'), 'utf8');
    expect(acl).toMatch(/^user muxgate-gateway on #[0-9a-f]{64} /m);
    expect(acl).not.toContain(password);
    run();
    expect(readFileSync(join(directory, 'users.acl'), 'utf8')).toBe(acl);
  });
});
