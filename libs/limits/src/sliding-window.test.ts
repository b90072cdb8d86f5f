import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../../test/support/redis.ts';
import type { Check, Reservation } from './check.js';
import { LimitStore, type ReservationRequest } from './limit-store.js';
import { bucketMs, SlidingWindow } from './sliding-window.js';

const SPAN = 1_000;

describe('a sliding window', () => {
  it('never holds more than its limit in any span, and refuses only what would', () => {
    const step = fc.record({ after: fc.nat(400), amount: fc.integer({ min: 1, max: 8 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.constantFrom(1, 100), (steps, width) => {
        const limit = 10;
        const window = new SlidingWindow(SPAN, width);
        const granted: Array<{ at: number; amount: number }> = [];
        let now = 1_700_000_000_000;
        for (const { after, amount } of steps) {
          now += after;
          const within = (span: number, later = 0): number =>
            granted.filter(({ at }) => at > now + later - span).reduce((sum, item) => sum + item.amount, 0);
          const wait = window.waitFor(now, amount, limit);
          // what is refused is so by no more than the width of a bucket to the safe side, and has room after the wait
          const lawful =
            wait === 0
              ? within(SPAN) + amount <= limit
              : within(SPAN + width - 1) + amount > limit && within(SPAN, wait) + amount <= limit;
          expect(lawful).toBe(true);
          if (wait > 0) continue;
          window.add(now, amount);
          granted.push({ at: now, amount });
        }
      }),
    );
  });

  it('counts the truth instead of the estimate, in the place of the estimate', () => {
    const window = new SlidingWindow(SPAN, 100);
    const bucket = window.add(1_000, 50);
    window.adjust(1_500, bucket, -30);
    expect([window.used(2_000), window.used(2_099)]).toEqual([20, 0]);
    window.adjust(3_000, bucket, 7);
    expect(window.used(3_000)).toBe(7);
  });

  it('has no more buckets than it can look through, however large the limit', () => {
    expect([bucketMs('requests', 100), bucketMs('requests', 5_000), bucketMs('tokens', 10)]).toEqual([
      1, 100, 100,
    ]);
  });
});

describe('the window in Redis', () => {
  let server: TestRedis;
  let redis: Redis;
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });
  beforeEach(async () => void (await redis.flushall()));
  afterAll(() => redis.disconnect());

  const storeOf = (spanMs = SPAN, lifeMs = 60_000): LimitStore =>
    new LimitStore(redis, { replica: randomBytes(6).toString('hex'), lifeMs, spanMs });
  const reserve = async (
    store: LimitStore,
    requests: readonly ReservationRequest[],
  ): Promise<readonly Reservation[]> => (await store.turn([], requests)).reservations;
  const check = (kind: Check['kind'], scope: string, limit: number, amount: number): Check => ({
    kind,
    of: 'key',
    scope,
    limit,
    amount,
  });

  it('decides as the one in memory does at the same times', async () => {
    const store = storeOf(300);
    for (const [kind, limit] of [
      ['requests', 5],
      ['tokens', 40],
    ] as const) {
      const window = new SlidingWindow(300, bucketMs(kind, limit));
      const decisions: boolean[] = [];
      for (let turn = 0; turn < 60; turn++) {
        const amount = kind === 'requests' ? 1 : 1 + ((turn * 7) % 13);
        const [answer] = await reserve(store, [
          { lease: undefined, checks: [check(kind, kind, limit, amount)] },
        ]);
        if (answer === undefined) throw new Error('no answer');
        const wait = window.waitFor(answer.at, amount, limit);
        expect(answer.granted ? 0 : answer.retryAfterMs).toBe(wait);
        if (answer.granted) window.add(answer.at, amount);
        expect(answer.used[0]).toBe(window.used(answer.at));
        decisions.push(answer.granted);
        await delay(turn % 4 === 0 ? 25 : 3);
      }
      expect(new Set(decisions)).toEqual(new Set([true, false]));
    }
  });

  it('takes of all limits or of none, request by request, also in one call', async () => {
    const store = storeOf();
    const both = { lease: 'a', checks: [check('requests', 'wide', 10, 1), check('slots', 'one', 1, 1)] };
    const answers = await reserve(store, [both, { ...both, lease: 'b' }, { ...both, lease: 'c' }]);
    expect(answers.map(({ granted }) => granted)).toEqual([true, false, false]);
    const [wide] = await reserve(store, [{ lease: undefined, checks: [check('requests', 'wide', 10, 1)] }]);
    expect(wide?.used).toEqual([2]);
  });

  it('settles once, however often it is told', async () => {
    const store = storeOf(60_000);
    await reserve(store, [
      { lease: 'a', checks: [check('tokens', 'once', 100, 50), check('slots', 'many', 9, 1)] },
    ]);
    const settlement = { lease: 'a', tokens: 20, costNanoUsd: 0 };
    await store.turn([settlement, settlement], []);
    await store.turn([settlement, { lease: '99', tokens: 99, costNanoUsd: 0 }], []);
    const [again] = await reserve(store, [
      { lease: 'b', checks: [check('tokens', 'once', 100, 1), check('slots', 'many', 9, 1)] },
    ]);
    expect(again?.used).toEqual([21, 1]);
  });

  it('gives back what a killed replica held, and books what it had in flight as estimated', async () => {
    const [killed, alive] = [storeOf(SPAN, 150), storeOf(SPAN, 60_000)];
    const budget = {
      subject: 'k',
      period: 'day',
      periodStart: '',
      periodEnd: Date.now() + 60_000,
      warnAt: 1e9,
    } as const;
    const checks: Check[] = [check('slots', 'lost', 1, 1), { ...check('budget', 'money', 100, 30), budget }];
    await killed.heartbeat();
    await reserve(killed, [{ lease: 'a', checks }]);
    expect((await reserve(alive, [{ lease: 'a', checks }]))[0]?.granted).toBe(false);
    await delay(200);
    expect(await alive.heartbeat()).toBe(1);
    const [answer] = await reserve(alive, [{ lease: 'a', checks }]);
    expect(answer).toMatchObject({ granted: true, used: [1, 60] });
    await killed.turn([{ lease: 'a', tokens: 1, costNanoUsd: 5 }], []);
    await alive.turn([{ lease: 'a', tokens: 1, costNanoUsd: 5 }], []);
    expect(await redis.hgetall('muxgate:{limits}:budget:money')).toEqual({ reserved: '0', spent: '35' });
    await alive.leave();
  });

  it('takes nothing from the others when it was Redis that stood still', async () => {
    const replicas = [storeOf(SPAN, 100), storeOf(SPAN, 100)] as const;
    await Promise.all(replicas.map((replica) => replica.heartbeat()));
    await reserve(replicas[0], [{ lease: 'a', checks: [check('slots', 'kept', 1, 1)] }]);
    await delay(150);
    expect(await replicas[1].heartbeat()).toBe(2);
    const [answer] = await reserve(replicas[1], [{ lease: 'b', checks: [check('slots', 'kept', 1, 1)] }]);
    expect(answer?.granted).toBe(false);
    await Promise.all(replicas.map((replica) => replica.leave()));
  });
});
