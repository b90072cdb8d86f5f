import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postJson, sandboxStats } from '../contract/sandbox-client.ts';
import { callGateway, sandboxCredential, succeeded, type CallResult } from '../support/calls.ts';
import { startNetwork, whyNoNetworks, type TestNetwork } from '../support/network.ts';
import { startStack, type RunningStack } from '../support/processes.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { eventually } from '../support/wait.ts';

const CONFIG = fileURLToPath(new URL('../../config/muxgate.yaml', import.meta.url));
const CUT_MS = Number(process.env['PARTITION_MS'] ?? 3_000);
const TIMEOUTS = '{ connectMs: 1000, firstByteMs: 2000, idleMs: 2000 }';

const reason = whyNoNetworks();
const skipped = reason === undefined ? '' : ` (skipped: ${reason})`;

/** Gateway and worker in networks of their own: packets vanish, no connection is closed. */
describe.skipIf(reason !== undefined)(`network partitions${skipped}`, () => {
  let stack: RunningStack;
  let redis: TestRedis;
  let forGateway: TestNetwork;
  let forWorker: TestNetwork;

  beforeAll(async () => {
    forGateway = await startNetwork();
    forWorker = await startNetwork();
    const addresses = ['127.0.0.1', forGateway.outside, forWorker.outside];
    redis = await startRedis({ args: ['--bind', ...addresses, '--protected-mode', 'no'] });
    const text = await readFile(CONFIG, 'utf8');
    stack = await startStack({
      config: text.replace('protocol: anthropic-messages', `$&\n    timeouts: ${TIMEOUTS}`),
      redis: { url: `redis://${forGateway.outside}:${redis.port}` },
      sandboxUrl: (port) => Promise.resolve(`http://${forGateway.outside}:${port}`),
      env: { sandbox: { HOST: '0.0.0.0' } },
      networks: { gateway: forGateway, worker: forWorker },
      tokenSeconds: 120,
    });
    await eventually(async () => succeeded(await callGateway(stack)));
  });
  afterAll(async () => {
    await stack.stop();
    await redis.stop();
    await forGateway.remove();
    await forWorker.remove();
  });

  const vendor = async () => (await sandboxStats(stack.sandbox.url)).oauth;
  const refreshes = async (): Promise<number> => (await vendor()).tokenRequests['refresh_token'] ?? 0;
  const gatewaySays = async (path: string): Promise<string> =>
    (await fetch(`${stack.gateway.managementUrl}${path}`)).text();

  it('a gateway cut from Redis serves from memory and stays ready, and follows again after it', async () => {
    const failures: CallResult[] = [];
    await forGateway.cutFrom(redis.port);
    const from = Date.now();
    let calls = 0;
    const noticed = async () => (await gatewaySays('/readyz')).includes('serving from memory');
    while (Date.now() - from < CUT_MS || !(await noticed())) {
      const result = await callGateway(stack, { stream: calls++ % 2 === 0 });
      if (!succeeded(result)) failures.push(result);
    }
    expect((await fetch(`${stack.gateway.managementUrl}/readyz`)).status).toBe(200);
    const cutFor = Date.now() - from;
    await forGateway.heal();
    const healed = Date.now();
    await eventually(async () => expect(await gatewaySays('/readyz')).not.toContain('from memory'), 30_000);
    console.log(
      `partition: gateway without Redis for ${cutFor} ms: ${calls} calls, ${failures.length} failed; Redis again ${Date.now() - healed} ms after`,
    );
    expect(failures).toEqual([]);
  });

  it('a worker cut from Redis in the middle of a refresh stores what it got when Redis is there again', async () => {
    const { generation } = await sandboxCredential(stack);
    const spent = await refreshes();
    const held = { mode: 'hold-answer', ms: 1_500, count: 1 };
    await postJson(`${stack.sandbox.url}/sandbox/token-endpoint`, held);
    const asked = stack.admin('POST', '/api/oauth/tokens/sandbox/refresh');
    await eventually(async () => expect(await refreshes()).toBe(spent + 1));
    await forWorker.cutFrom(redis.port);
    // one that has Redis finds the lease taken, and leaves the refresh token alone
    const second = await stack.another('worker');
    await delay(CUT_MS);
    expect((await sandboxCredential(stack)).generation).toBe(generation);
    await forWorker.heal();
    const healed = Date.now();
    await eventually(async () => {
      const now = await sandboxCredential(stack);
      expect(now).toMatchObject({ status: 'active', generation: generation + 1 });
    }, 60_000);
    console.log(`partition: worker without Redis in a refresh; stored ${Date.now() - healed} ms after`);
    await asked;
    expect(await refreshes()).toBe(spent + 1);
    expect(await vendor()).toMatchObject({ reuseDetected: 0, familiesRevoked: 0 });
    await second.stop();
    expect(succeeded(await callGateway(stack))).toBe(true);
  });

  it('a gateway cut from the vendor says so to every client in time, and serves again', async () => {
    const slow = { 'x-sandbox-events': '200', 'x-sandbox-interval-ms': '100' };
    const openStream = callGateway(stack, { headers: slow });
    const isOpen = 'muxgate_open_streams{surface="anthropic-messages"} 1';
    await eventually(async () => expect(await gatewaySays('/metrics')).toContain(isOpen));
    await delay(500);
    await forGateway.cutFrom(Number(new URL(stack.sandbox.url).port));
    const [broken, refused] = await Promise.all([openStream, callGateway(stack, { stream: false })]);
    expect(broken.text).toMatch(/event: error\ndata: .*api_error/);
    expect([502, 504]).toContain(refused.status);
    expect(JSON.parse(refused.text)).toMatchObject({ type: 'error', error: { type: 'api_error' } });
    await delay(CUT_MS / 2);
    await forGateway.heal();
    const healed = Date.now();
    await eventually(async () => expect(succeeded(await callGateway(stack))).toBe(true), 60_000, 200);
    console.log(`partition: gateway without its vendor; served again ${Date.now() - healed} ms after`);
  });
});
