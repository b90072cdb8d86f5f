import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { sandboxStats } from '../contract/sandbox-client.ts';
import { callGateway, sandboxCredential, succeeded, type CallResult } from '../support/calls.ts';
import { startStack } from '../support/processes.ts';
import { startSentinel } from '../support/sentinel.ts';
import { eventually } from '../support/wait.ts';

const CLIENTS = Number(process.env['FAILOVER_CLIENTS'] ?? 10);
/** A fifth of it has to outlast the failover: a refresh may fall due in the middle. */
const TOKEN_SECONDS = 30;

/** A gateway serves from memory while there is no master; the control plane waits, and says so. */
it(`a Sentinel failover under ${CLIENTS} clients costs them no error and no credential`, async () => {
  const redis = await startSentinel();
  const stack = await startStack({ redis, tokenSeconds: TOKEN_SECONDS });
  const gateways = [stack.gateway, await stack.another('gateway')];
  const failures: (CallResult | Error)[] = [];
  const away: number[] = [];
  let calls = 0;
  let running = true;
  const client = async (index: number) => {
    while (running) {
      const gateway = gateways[(index + calls) % gateways.length] ?? stack.gateway;
      const result = await callGateway({ ...stack, gateway }, { stream: index % 2 === 0 }).catch(
        (error: unknown) => error as Error,
      );
      calls++;
      if (result instanceof Error || !succeeded(result)) failures.push(result);
      await delay(20);
    }
  };
  const operator = async () => {
    while (running) {
      const from = Date.now();
      const status = await stack.admin('GET', '/api/oauth/tokens/sandbox').then(
        (answer) => answer.status,
        () => 0,
      );
      if (status !== 200) away.push(from, Date.now());
      await delay(50);
    }
  };
  const all = [...Array.from({ length: CLIENTS }, (_, index) => client(index)), operator()];
  await delay(1_000);
  const { generation } = await sandboxCredential(stack);

  const from = Date.now();
  await redis.failOver();
  const newMaster = Date.now();
  await eventually(async () => (await sandboxCredential(stack)).status === 'active', 30_000);
  const forced = await eventually(async () => {
    const answer = await stack.admin('POST', '/api/oauth/tokens/sandbox/refresh');
    return answer.status === 200 && Date.now();
  }, 30_000);
  running = false;
  await Promise.all(all);

  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  const window = away.length === 0 ? 0 : Math.max(...away) - Math.min(...away);
  console.log(
    `failover: ${calls} calls, ${failures.length} failed; a new master took writes after ${seconds(newMaster - from)} s, ` +
      `the admin API was away for ${seconds(window)} s, a refresh went through after ${seconds(forced - from)} s`,
  );
  expect(failures).toEqual([]);
  const { oauth } = await sandboxStats(stack.sandbox.url);
  expect(oauth).toMatchObject({ reuseDetected: 0, familiesRevoked: 0 });
  const after = await sandboxCredential(stack);
  expect(after.status).toBe('active');
  expect(after.generation).toBeGreaterThan(generation);
  await stack.stop();
});
