import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postJson, sandboxStats, type SandboxStats } from '../contract/sandbox-client.ts';
import { callGateway, sandboxCredential, succeeded, type CallResult } from '../support/calls.ts';
import { startStack, type RunningStack } from '../support/processes.ts';
import { startRedis } from '../support/redis.ts';
import { eventually } from '../support/wait.ts';

/** Calls in a loop until stopped; answers every call that did not succeed. */
function callInALoop(
  stack: RunningStack,
  everyMs: number,
): { stop(): Promise<{ calls: number; failures: CallResult[] }> } {
  let running = true;
  let calls = 0;
  const failures: CallResult[] = [];
  const loop = (async () => {
    while (running) {
      const result = await callGateway(stack, { stream: calls % 2 === 0 });
      calls += 1;
      if (!succeeded(result)) failures.push(result);
      await delay(everyMs);
    }
  })();
  return {
    async stop() {
      running = false;
      await loop;
      return { calls, failures };
    },
  };
}

describe('the main job, as processes', () => {
  let stack: RunningStack;

  beforeAll(async () => {
    stack = await startStack({ tokenSeconds: 8 });
  });
  afterAll(() => stack.stop());

  it('keeps the token fresh: calls over several lifetimes see no error while the generation grows', async () => {
    const before = await sandboxCredential(stack);
    const calls = callInALoop(stack, 50);
    await delay(20_000);
    const { calls: count, failures } = await calls.stop();
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(50);
    expect((await sandboxCredential(stack)).generation).toBeGreaterThanOrEqual(before.generation + 2);
  });

  it('a worker and an auth service that were killed are back at work after a restart', async () => {
    await stack.worker.kill('SIGKILL');
    await stack.auth.kill('SIGKILL');
    await stack.worker.restart();
    await stack.auth.restart();
    const { generation } = await sandboxCredential(stack);
    await eventually(async () => (await sandboxCredential(stack)).generation > generation, 15_000);
    expect(succeeded(await callGateway(stack))).toBe(true);
  });
});

describe('Redis away', () => {
  it('costs clients no error when Redis is killed and back, or frozen, for seconds', async () => {
    const redis = await startRedis({ appendonly: true, args: ['--appendfsync', 'always'] });
    // a token is refreshed at the latest a fifth of its life before its end: that has to outlast the outages
    const stack = await startStack({ tokenSeconds: 30, redis });
    const calls = callInALoop(stack, 20);
    await delay(500);
    await redis.kill();
    await delay(2_000);
    await redis.restart();
    await delay(1_500);
    redis.freeze();
    await delay(2_000);
    redis.thaw();
    await delay(1_000);
    const { failures } = await calls.stop();
    expect(failures).toEqual([]);
    await eventually(async () => (await sandboxCredential(stack)).status === 'active', 10_000);
    await stack.stop();
  });
});

describe('a revoked access token', () => {
  it('1,000 concurrent requests cause one token request and 1,000 successes', async () => {
    const stack = await startStack({ tokenSeconds: 300 });
    expect(succeeded(await callGateway(stack))).toBe(true);
    const before = await sandboxStats(stack.sandbox.url);
    await postJson(`${stack.sandbox.url}/sandbox/access-tokens/revoke`, {});
    const results = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) => callGateway(stack, { stream: n % 2 === 0 })),
    );
    expect(results.filter((result) => !succeeded(result))).toEqual([]);
    const after = await sandboxStats(stack.sandbox.url);
    const refreshes = (stats: SandboxStats): number => stats.oauth.tokenRequests['refresh_token'] ?? 0;
    expect(refreshes(after) - refreshes(before)).toBe(1);
    await stack.stop();
  });
});

describe('auth and worker stopped', () => {
  it('the gateway serves until the access token ends, then says so by 503 and on /readyz', async () => {
    const stack = await startStack({ tokenSeconds: 10 });
    const { expiresAt } = await sandboxCredential(stack);
    await stack.worker.stop();
    await stack.auth.stop();
    while (Date.now() < Date.parse(expiresAt) - 1_500) {
      expect(succeeded(await callGateway(stack))).toBe(true);
      expect((await fetch(`${stack.gateway.managementUrl}/readyz`)).status).toBe(200);
      await delay(200);
    }
    await delay(Math.max(0, Date.parse(expiresAt) - Date.now() + 1_000));
    const refused = await callGateway(stack);
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.text)).toMatchObject({ type: 'error', error: { type: 'api_error' } });
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    const readiness = await fetch(`${stack.gateway.managementUrl}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.text()).toContain('sandbox');
    await stack.stop();
  });
});
