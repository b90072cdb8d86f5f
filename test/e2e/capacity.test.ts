import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connectRedis } from '@muxgate/redis';
import { createLogger } from '@muxgate/runtime';
import { CredentialVault, KeyRing, RefreshHistory } from '@muxgate/vault';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cpuMs, rssMiB } from '../../bench/process-stats.ts';
import { callGateway, succeeded } from '../support/calls.ts';
import { startStack, type RunningStack } from '../support/processes.ts';
import { startRedis } from '../support/redis.ts';
import { eventually } from '../support/wait.ts';

const CREDENTIALS = Number(process.env['CAPACITY_CREDENTIALS'] ?? 100);
const CLIENT_KEYS = Number(process.env['CAPACITY_KEYS'] ?? 100);
const REQUESTS = Number(process.env['CAPACITY_REQUESTS'] ?? 200);
const STREAMS = Number(process.env['CAPACITY_STREAMS'] ?? 50);
const STREAM_SECONDS = Number(process.env['CAPACITY_STREAM_SECONDS'] ?? 4);
/** As a coding agent sees it: an event every 50 ms. */
const EVENTS_A_SECOND = Number(process.env['CAPACITY_EVENTS'] ?? 20);
const AT_ONCE = 10;
const KIB = 1024;

/** The figures of docs/operations/capacity.md, measured small; with the variables above, as large as they are there. */
describe.runIf(process.platform === 'linux')('capacity', () => {
  let stack: RunningStack;
  let redis: Redis;

  beforeAll(async () => {
    const server = await startRedis();
    redis = new Redis(server.url);
    stack = await startStack({ redis: server, tokenSeconds: 3_600 });
    await eventually(async () => succeeded(await callGateway(stack)));
    const rss = (['gateway', 'auth', 'worker'] as const).map(
      (name) => `${name} ${rssMiB([stack[name].child.pid]).toFixed(0)} MiB`,
    );
    console.log(`capacity: idle RSS ${rss.join(', ')}`);
  });
  afterAll(async () => {
    await stack.stop();
    redis.disconnect();
  });

  const usedMemory = async (): Promise<number> =>
    Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  /** Memory that Redis takes for what `make` adds, divided by how many these are. */
  const bytesEach = async (count: number, make: () => Promise<void>): Promise<number> => {
    const before = await usedMemory();
    await make();
    return Math.round(((await usedMemory()) - before) / count);
  };

  it.each([
    ['opaque tokens of 100 bytes', 100, 4],
    ['tokens of 2 KB (JWT)', 2_000, 10],
  ])('a credential with %s takes a few KiB of Redis', async (what, length, mostKib) => {
    const client = connectRedis(
      { url: `redis://127.0.0.1:${redis.options.port}` },
      { name: 'test', role: 'commands', logger: createLogger('test', 'silent') },
    );
    const { access, refresh } = stack.keyRings;
    const vault = new CredentialVault(client, {
      accessRing: KeyRing.parse(access),
      refreshRing: KeyRing.parse(refresh),
    });
    const token = () => randomBytes(length / 2).toString('hex');
    const each = await bytesEach(CREDENTIALS, async () => {
      for (let index = 0; index < CREDENTIALS; index++)
        await vault.connect({
          credential: `alice.smith-${length}-${index}`,
          provider: 'sandbox',
          clientId: 'muxgate',
          scopes: ['openid', 'offline_access', 'llm.invoke'],
          schedule: { refreshAheadSeconds: 300 },
          tokenSet: {
            accessToken: token(),
            refreshToken: token(),
            tokenType: 'Bearer',
            expiresAt: Date.now() + 3_600_000,
          },
        });
    });
    client.disconnect();
    console.log(`capacity: a credential with ${what} takes ${each} bytes of Redis (of ${CREDENTIALS})`);
    expect(each).toBeLessThan(mostKib * KIB);
  });

  it('the history of a credential is bounded', async () => {
    const client = redis.duplicate();
    const history = new RefreshHistory(client);
    const each = await bytesEach(CREDENTIALS, async () => {
      for (let index = 0; index < CREDENTIALS; index++)
        await Promise.all(
          Array.from({ length: 60 }, (_, n) =>
            history.record(`with-history-${index}`, {
              at: Date.now(),
              outcome: 'refreshed',
              generation: n,
              durationMs: 312,
            }),
          ),
        );
    });
    client.disconnect();
    console.log(`capacity: the history of a credential takes at most ${each} bytes of Redis`);
    expect(each).toBeLessThan(8 * KIB);
  });

  const clientKeys: string[] = [];

  it('a client key takes about a KiB of Redis', async () => {
    const each = await bytesEach(CLIENT_KEYS, async () => {
      for (let index = 0; index < CLIENT_KEYS; index++) {
        const made = await stack.admin('POST', '/api/keys', {
          name: `alice.smith-${index}`,
          limits: { requestsPerMinute: 6_000 },
          budget: { usd: 100, period: 'month' },
        });
        clientKeys.push((made.body as { key: string }).key);
      }
    });
    console.log(
      `capacity: a client key takes ${each} bytes of Redis, its audit entry included (of ${CLIENT_KEYS})`,
    );
    expect(each).toBeLessThan(4 * KIB);
  });

  it('a request takes a row of the request log, which is bounded; all of a key’s in an hour one group', async () => {
    const log = 'muxgate:{usage}:requests';
    const hour = `muxgate:{usage}:hour:${Math.floor(Date.now() / 3_600_000) * 3_600}`;
    const weigh = async (key: string): Promise<number> =>
      Number(await redis.memory('USAGE', key, 'SAMPLES', 0));
    const before = await redis.xlen(log);
    const from = cpuMs([stack.gateway.child.pid]);
    const newBytes = await bytesEach(1, async () => {
      for (let done = 0; done < REQUESTS; done += AT_ONCE) {
        const ask = (index: number) => {
          const clientKey = clientKeys[(done + index) % clientKeys.length] ?? stack.clientKey;
          return eventually(async () =>
            succeeded(await callGateway({ ...stack, clientKey }, { stream: false })),
          );
        };
        await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => ask(index)));
      }
      await eventually(async () => (await redis.xlen(log)) - before >= REQUESTS, 30_000);
    });
    const ms = (cpuMs([stack.gateway.child.pid]) - from) / REQUESTS;
    const row = (await weigh(log)) / (await redis.xlen(log));
    const group = (await weigh(hour)) / (await redis.hlen(hour));
    console.log(
      `capacity: a row of the request log takes ${row.toFixed(0)} bytes of Redis, a group of an hour's usage ${group.toFixed(0)}; ` +
        `${REQUESTS} requests of ${clientKeys.length} keys took ${newBytes} bytes in all, and ${ms.toFixed(2)} ms of the gateway's CPU each`,
    );
    expect(row).toBeLessThan(KIB);
    expect(newBytes).toBeLessThan(REQUESTS * KIB + clientKeys.length * 4 * KIB);
  });

  it('an open stream takes some tens of KiB of the gateway, and gives them back', async () => {
    const { pid } = stack.gateway.child;
    const headers = {
      'x-sandbox-events': String(STREAM_SECONDS * EVENTS_A_SECOND),
      'x-sandbox-interval-ms': String(1_000 / EVENTS_A_SECOND),
    };
    const open = async (): Promise<number> => {
      const metrics = await (await fetch(`${stack.gateway.managementUrl}/metrics`)).text();
      return Number(/^muxgate_open_streams\{surface="anthropic-messages"\} (\d+)/m.exec(metrics)?.[1]);
    };
    const idle = rssMiB([pid]);
    const streams = Array.from({ length: STREAMS }, () =>
      callGateway(stack, { headers, timeoutMs: 300_000 }),
    );
    await eventually(async () => (await open()) === STREAMS, 60_000);
    const from = { ms: cpuMs([pid]), at: performance.now() };
    await delay((STREAM_SECONDS * 1_000) / 4);
    const busy = (cpuMs([pid]) - from.ms) / (performance.now() - from.at);
    const each = ((rssMiB([pid]) - idle) * KIB) / STREAMS;
    const results = await Promise.all(streams);
    console.log(
      `capacity: ${STREAMS} streams of ${EVENTS_A_SECOND} events a second take ${(100 * busy).toFixed(0)} % of a core ` +
        `and ${each.toFixed(0)} KiB each beyond ${idle.toFixed(0)} MiB`,
    );
    expect(results.filter((result) => !succeeded(result))).toEqual([]);
    expect(each).toBeLessThan(1_024);
    await eventually(async () => (await open()) === 0);
  });
});
