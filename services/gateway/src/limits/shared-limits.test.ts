import { LimitStore, type Check, type Reservation } from '@muxgate/limits';
import { createLogger } from '@muxgate/runtime';
import { Redis } from 'ioredis';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import { SharedLimits } from './shared-limits.js';

describe('limits that replicas share', () => {
  let server: TestRedis;
  let redis: Redis;
  let shared: SharedLimits;
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });
  beforeEach(async () => {
    await redis.flushall();
    const store = new LimitStore(redis, { replica: 'r', lifeMs: 60_000, spanMs: 60_000 });
    const options = { heartbeatMs: 60_000, waitMs: 5_000 };
    shared = new SharedLimits(store, options, createLogger('test', 'silent'));
    await shared.start();
  });
  afterAll(() => redis.disconnect());

  const slots = (limit: number): Check[] => [{ kind: 'slots', of: 'key', scope: 'key:k', limit, amount: 1 }];
  const ask = (lease: number, limit: number): Promise<Reservation | undefined> =>
    shared.reserve({ checks: slots(limit), lease: String(lease) });
  const settle = (lease: number, limit: number): void =>
    shared.settle({ lease: String(lease), tokens: 0, costNanoUsd: 0, checks: slots(limit) }, () => undefined);
  const scriptCalls = async (): Promise<number> => {
    const stats = await redis.info('commandstats');
    const calls = [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)];
    return calls.reduce((sum, [, count]) => sum + Number(count), 0);
  };

  it('ask in one call for all that came while the call before was on its way', async () => {
    await ask(0, 1_000);
    const before = await scriptCalls();
    const answers: Array<Promise<Reservation | undefined>> = [];
    for (let turn = 0; turn < 50; turn++) {
      for (let i = 0; i < 10; i++) answers.push(ask(answers.length + 1, 1_000));
      await nextTurn();
    }
    const granted = await Promise.all(answers);
    // each in the order in which it was asked
    expect(granted.map((answer) => answer?.used[0])).toEqual(granted.map((_, index) => index + 2));
    const calls = (await scriptCalls()) - before;
    expect(calls).toBeGreaterThanOrEqual(Math.ceil(500 / 64));
    expect(calls).toBeLessThan(50);
  });

  it('never refuse a slot that was given back before it was asked for', async () => {
    const limit = 100;
    let lease = 0;
    const caller = async (): Promise<void> => {
      for (let i = 0; i < 30; i++) {
        const mine = ++lease;
        expect((await ask(mine, limit))?.granted).toBe(true);
        settle(mine, limit);
      }
    };
    await Promise.all(Array.from({ length: limit }, caller));
    await shared.stop();
    expect(await redis.hgetall('muxgate:{limits}:slots')).toEqual({});
  });
});
