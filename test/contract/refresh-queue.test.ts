import { randomBytes } from 'node:crypto';
import {
  assertRedisUsable,
  connectRedis,
  createRedisMetrics,
  type RedisClient,
  type RedisSettings,
} from '@muxgate/redis';
import { QUEUE_PREFIX, REFRESH_QUEUE, RefreshQueue, waitForNewer } from '@muxgate/refresh-queue';
import { createLogger } from '@muxgate/runtime';
import { KeyRing, RefreshVault, VaultEvents, type CredentialChange } from '@muxgate/vault';
import { Queue } from 'bullmq';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../support/redis.js';

const ring = (): KeyRing => KeyRing.parse(`k1:${randomBytes(32).toString('base64')}`);
const logger = createLogger('test', 'silent');
const schedule = { refreshAheadSeconds: 300 };
const tokenSet = () => ({
  accessToken: 'at',
  refreshToken: 'rt',
  tokenType: 'Bearer',
  expiresAt: Date.now() + 3_600_000,
});

let server: TestRedis;
let redis: RedisClient;
let vault: RefreshVault;
let events: VaultEvents;
const changes: CredentialChange[] = [];

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis({ url: server.url }, { name: 'test', role: 'commands', logger });
  vault = new RefreshVault(redis, { accessRing: ring(), refreshRing: ring() });
  const subscriber = connectRedis({ url: server.url }, { name: 'events', role: 'subscriber', logger });
  events = new VaultEvents(subscriber, logger);
  await events.start();
  events.onChange((change) => changes.push(change));
});
afterAll(async () => {
  events.close();
  redis.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await redis.flushall();
  changes.length = 0;
});

const connect = () =>
  vault.connect({
    credential: 'one',
    provider: 'acme',
    tokenSet: tokenSet(),
    clientId: 'm',
    scopes: [],
    schedule,
  });

async function refresh(): Promise<void> {
  await redis.hset('muxgate:{c:one}:access', 'refreshAt', Date.now() - 1);
  const acquired = await vault.acquire('one', randomBytes(4).toString('hex'));
  if (acquired.outcome !== 'granted') throw new Error(acquired.outcome);
  await vault.commit(acquired.lease, tokenSet(), schedule);
}

describe('change events', () => {
  it('tell of every connect, refresh, failure and removal, and nothing secret', async () => {
    await connect();
    await refresh();
    await vault.remove('one');
    await expect
      .poll(() => changes)
      .toEqual([
        { credential: 'one', generation: 1, status: 'active' },
        { credential: 'one', generation: 2, status: 'active' },
        { credential: 'one', generation: 3, status: 'removed' },
      ]);
  });

  it('survive a message that is not theirs', async () => {
    await redis.publish('muxgate:events:credential', 'not json');
    await redis.publish('muxgate:events:credential', '{"credential":1}');
    await connect();
    await expect.poll(() => changes).toHaveLength(1);
  });
});

describe('waiting for a newer generation', () => {
  it('ends with the token as soon as it is there', async () => {
    await connect();
    await vault.requestRefresh('one', { newerThan: 1 });
    const waiting = waitForNewer(vault, events, 'one', 1, 5_000);
    await refresh();
    expect(await waiting).toMatchObject({ generation: 2, accessToken: 'at' });
  });

  it('heals when the event was missed, by looking again', async () => {
    await connect();
    await vault.requestRefresh('one', { newerThan: 1 });
    const deaf = new VaultEvents(redis, logger);
    const waiting = waitForNewer(vault, deaf, 'one', 1, 5_000);
    await refresh();
    expect((await waiting)?.generation).toBe(2);
  });

  it('ends at once when none can come: removed, in need of a person, or forced a moment ago', async () => {
    const startedAt = Date.now();
    expect(await waitForNewer(vault, events, 'one', 1, 5_000)).toBeUndefined();
    await connect();
    await vault.requestRefresh('one', { newerThan: 1 });
    await refresh();
    expect(await waitForNewer(vault, events, 'one', 2, 5_000)).toBeUndefined();
    expect(Date.now() - startedAt).toBeLessThan(1_000);
  });

  it('ends at its time', async () => {
    await connect();
    const startedAt = Date.now();
    expect(await waitForNewer(vault, events, 'one', 1, 400)).toBeUndefined();
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(390);
  });
});

describe('the queue', () => {
  it('makes one job of a thousand hints, and holds no more than ids and a generation', async () => {
    const producer = new RefreshQueue(redis);
    const hint = { credential: 'one', newerThan: 3, reason: 'unauthorized' } as const;
    await Promise.all(Array.from({ length: 1_000 }, () => producer.expedite(hint)));
    const queue = new Queue(REFRESH_QUEUE, { connection: redis, prefix: QUEUE_PREFIX });
    const jobs = await queue.getJobs(['waiting', 'prioritized']);
    expect(jobs.map((job) => job.data)).toEqual([hint]);
    expect(await producer.counts()).toMatchObject({ waiting: 1 });
    await producer.close();
    await queue.close();
  });

  it('takes the next hint although the job before is stuck in a worker that died', async () => {
    const producer = new RefreshQueue(redis);
    await producer.refreshDue(['one']);
    await expect
      .poll(
        async () => {
          await producer.refreshDue(['one']);
          return (await producer.counts())['waiting'];
        },
        { timeout: 5_000, interval: 300 },
      )
      .toBeGreaterThan(1);
    await producer.close();
  });
});

describe('a Redis connection', () => {
  it('gives up a command on a frozen Redis in time, and goes on when it thaws', async () => {
    const hot = connectRedis(
      { url: server.url },
      { name: 'hot', role: 'commands', logger, commandTimeoutMs: 300 },
    );
    await hot.ping();
    server.freeze();
    try {
      const startedAt = Date.now();
      await expect(hot.get('x')).rejects.toThrow(/timed out/i);
      expect(Date.now() - startedAt).toBeLessThan(1_000);
    } finally {
      server.thaw();
    }
    await expect.poll(() => hot.ping(), { timeout: 3_000 }).toBe('PONG');
    hot.disconnect();
  });

  it('times its commands, and counts those that get no answer but not those that Redis refuses', async () => {
    const registry = new Registry();
    const metrics = createRedisMetrics(registry);
    const timed = connectRedis({ url: server.url }, { name: 'timed', role: 'commands', logger, metrics });
    await timed.set('x', 1);
    await timed.get('x');
    expect(await registry.metrics()).toMatch(/muxgate_redis_command_duration_seconds_count [2-9]/);
    await expect(timed.evalsha('0'.repeat(40), 0)).rejects.toThrow(/NOSCRIPT/);
    expect(await registry.metrics()).toContain('muxgate_redis_unanswered_total 0');
    timed.disconnect();
    await expect(timed.get('x')).rejects.toThrow(/closed/i);
    expect(await registry.metrics()).toContain('muxgate_redis_unanswered_total 1');
  });

  it('to a Redis that evicts keys is refused', async () => {
    await expect(assertRedisUsable(redis, logger)).resolves.toBeUndefined();
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(assertRedisUsable(redis, logger)).rejects.toMatchObject({ code: 'config_redis_unsuitable' });
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
  });

  it.each<RedisSettings>([
    { url: 'redis://127.0.0.1:1' },
    { cluster: [{ host: '127.0.0.1', port: 1 }] },
    { sentinels: [{ host: '127.0.0.1', port: 1 }], sentinelMaster: 'main' },
  ])('to no Redis at all says so in time: %j', async (settings) => {
    const nobody = connectRedis(settings, { name: 'none', role: 'commands', logger });
    await expect(assertRedisUsable(nobody, logger)).rejects.toMatchObject({ code: 'redis_unreachable' });
    nobody.disconnect();
  });
});
