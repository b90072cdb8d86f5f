import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ClientKeyStore, type ClientKeyInput } from '@muxgate/clients';
import { budgetsSpent } from '@muxgate/limits';
import { connectRedis, redisSettings, type RedisClient } from '@muxgate/redis';
import { createLogger } from '@muxgate/runtime';
import { KeyRing } from '@muxgate/vault';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { randomKeyRing } from '../../scripts/launcher/data-dir.ts';
import { startUpstream, type FakeUpstream } from '../contract/gateway.support.ts';
import { startService, type ServiceProcess } from '../support/processes.ts';
import { defaultRedisKind, startRedisOf } from '../support/redis-kinds.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { eventually } from '../support/wait.ts';

/** Longer runs, once by hand: minutes of 100 requests each, and requests against one budget. */
const MINUTES = Number(process.env['MUXGATE_LIMITS_MINUTES'] ?? 0);
const BUDGET_REQUESTS = Number(process.env['MUXGATE_BUDGET_REQUESTS'] ?? 400);
const CALLERS = 500;
/** A hundred of these are 1 USD: a USD for a million tokens, 10,000 tokens a request. */
const USAGE = { input_tokens: 9_000, output_tokens: 1_000 };
const COST_NANO = 10_000_000;

let gateways: ServiceProcess[];
let upstream: FakeUpstream;
let redis: RedisClient;
let keys: ClientKeyStore;
let agent: Agent;
/** what the vendor has received */
let served = 0;
let inFlight = 0;
let mostInFlight = 0;
let answerAfterMs = 0;
/** nothing is answered before it opens */
let gate: Promise<void> | undefined;

beforeAll(async () => {
  const { env: redisEnv } = await startRedisOf(defaultRedisKind());
  redis = connectRedis(redisSettings(redisEnv), {
    name: 'test',
    role: 'commands',
    logger: createLogger('test', 'warn'),
  });
  const accessKeys = randomKeyRing();
  keys = new ClientKeyStore(redis, KeyRing.parse(accessKeys));
  upstream = await startUpstream();
  const bytes = Buffer.from(JSON.stringify({ type: 'message', usage: USAGE }));
  upstream.answer = async (_request, res) => {
    upstream.received.length = 0;
    served++;
    mostInFlight = Math.max(mostInFlight, ++inFlight);
    res.on('close', () => inFlight--);
    await gate;
    if (answerAfterMs > 0) await delay(answerAfterMs);
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
    res.end(bytes);
  };
  const config = join(await temporaryDirectory(), 'muxgate.yaml');
  await writeFile(
    config,
    `version: 1
providers:
  - { name: vendor, protocol: anthropic-messages, baseUrl: "${upstream.url}", auth: { type: none }, allowPrivateNetwork: true }
models:
  - { name: m, targets: [{ provider: vendor, model: m }], pricing: { input: 1, output: 1 } }
`,
  );
  const env = {
    MUXGATE_CONFIG: config,
    ...redisEnv,
    MUXGATE_ACCESS_KEYS: accessKeys,
    LOG_LEVEL: 'warn',
    MAX_IN_FLIGHT: '20000',
  };
  gateways = await Promise.all([1, 2, 3].map(() => startService('gateway', env)));
  await Promise.all(gateways.map((gateway) => gateway.waitReady(60_000)));
  agent = new Agent({ connections: null, headersTimeout: 0, bodyTimeout: 0 });
});
afterAll(async () => {
  redis.disconnect();
  await agent.close();
  await upstream.close();
});
beforeEach(() => {
  served = 0;
  inFlight = 0;
  mostInFlight = 0;
  answerAfterMs = 0;
  gate = undefined;
});

const keyWith = async (settings: Omit<ClientKeyInput, 'name'>) =>
  keys.create({ name: 'limited', ...settings });

/** 36,000 bytes are thought to be 9,000 tokens, which is what the vendor counts. */
const LONG = 'x'.repeat(4 * USAGE.input_tokens - 80);

async function ask(key: string, index: number, content = 'hi', maxTokens = 10): Promise<number> {
  const gateway = gateways[index % gateways.length] as ServiceProcess;
  const { statusCode, body } = await request(`${gateway.url}/v1/messages`, {
    method: 'POST',
    dispatcher: agent,
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', max_tokens: maxTokens, messages: [{ role: 'user', content }] }),
  });
  await body.dump();
  return statusCode;
}

/** Callers that ask again and again, spread over the gateways. */
async function hammer(key: string, forMs: number): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  const end = performance.now() + forMs;
  const caller = async (index: number): Promise<void> => {
    do {
      const status = await ask(key, index);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index)));
  return statuses;
}

describe('three gateways and one Redis', () => {
  it(
    `let 100 requests a minute through, of ${CALLERS} callers at once`,
    async () => {
      const { client, key } = await keyWith({ limits: { requestsPerMinute: 100 } });
      /** by Redis's clock, to the millisecond: seen before they leave the window */
      const granted = new Map<number, number>();
      const look = async (): Promise<void> => {
        const window = await redis.hgetall(`muxgate:{limits}:window:requests:key:${client.id}`);
        for (const [at, amount] of Object.entries(window))
          if (at !== 'sum') granted.set(Number(at), Number(amount));
      };
      const looking = setInterval(() => void look(), 1_000);
      const began = performance.now();
      const statuses = await hammer(key, MINUTES === 0 ? 2_000 : MINUTES * 60_000 - 5_000);
      clearInterval(looking);
      await look();
      const minutes = Math.ceil((performance.now() - began) / 60_000);
      console.log(`100 a minute over ${minutes} min:`, Object.fromEntries(statuses));
      expect([...statuses.keys()].toSorted()).toEqual([200, 429]);
      expect(statuses.get(200)).toBe(100 * minutes);
      for (const start of granted.keys()) {
        let within = 0;
        for (const [at, amount] of granted) if (at >= start && at < start + 60_000) within += amount;
        expect(within).toBeLessThanOrEqual(100);
      }
      expect([...granted.values()].reduce((sum, amount) => sum + amount, 0)).toBe(100 * minutes);
    },
    120_000 + MINUTES * 60_000,
  );

  it('give back the slots of one that is killed, and no others', async () => {
    const { client, key } = await keyWith({ limits: { concurrentRequests: 3 } });
    let release = (): void => undefined;
    gate = new Promise((resolve) => (release = resolve));
    const held = [0, 0, 1].map((index) => ask(key, index).catch(() => 0));
    await eventually(() => served === 3);
    expect(await ask(key, 2)).toBe(429);
    const [killed] = gateways;
    await killed?.kill('SIGKILL');
    const since = performance.now();
    const slots = async () => redis.hget('muxgate:{limits}:slots', `key:${client.id}`);
    await eventually(async () => (await slots()) === '1', 30_000);
    console.log(`slots of a killed gateway are back after ${Math.round(performance.now() - since)} ms`);
    release();
    expect(await ask(key, 2)).toBe(200);
    expect(await Promise.all(held)).toEqual([0, 0, 200]);
    await killed?.restart();
  });

  it(`overspend a budget of 1 USD by no more than what is in flight: ${BUDGET_REQUESTS} requests at once`, async () => {
    const { client, key } = await keyWith({ budget: { usd: 1, period: 'month', warnAtPercent: 80 } });
    answerAfterMs = 50;
    const statuses = await Promise.all(
      Array.from({ length: BUDGET_REQUESTS }, (_, index) => ask(key, index, LONG, USAGE.output_tokens)),
    );
    expect([...new Set(statuses)].toSorted()).toEqual([200, 429]);
    const billed = served * COST_NANO;
    const scope = `key:${client.id}:month:${new Date().toISOString().slice(0, 8)}01`;
    await eventually(async () => (await budgetsSpent(redis, [scope])).get(scope) === billed);
    console.log(
      `${BUDGET_REQUESTS} requests against 1 USD: the vendor billed ${billed / 1e9} USD, at most ${mostInFlight} were in flight`,
    );
    expect(billed).toBeGreaterThanOrEqual(1e9);
    expect(billed).toBeLessThanOrEqual(1e9 + mostInFlight * COST_NANO);
    expect(await ask(key, 1)).toBe(429);
  });
});
