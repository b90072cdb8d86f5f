import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { limitOf } from '../../../test/support/limits.ts';
import { startRedis, type TestRedis } from '../../../test/support/redis.ts';
import type { Statement } from './account.js';
import type { Limit } from './limit.js';
import { LimitStore, type Turn, type Verdict } from './limit-store.js';
import { bucketMs, SlidingWindow } from './sliding-window.js';

const SPAN = 1_000;

describe('limits in Redis', () => {
  let server: TestRedis;
  let redis: Redis;
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });
  beforeEach(async () => void (await redis.flushall()));
  afterAll(() => redis.disconnect());

  class Replica {
    turns = 0;
    readonly store: LimitStore;
    constructor({ spanMs = SPAN, lifeMs = 60_000 } = {}) {
      this.store = new LimitStore(redis, { replica: randomBytes(6).toString('hex'), lifeMs, spanMs });
    }
    turn(statements: readonly Statement[], requests: ReadonlyArray<readonly number[]> = []): Promise<Turn> {
      return this.store.turn(++this.turns, statements, requests);
    }
    async ask(limit: Limit, amount: number, held = 0): Promise<Verdict & { at: number }> {
      const { at, verdicts } = await this.turn([state(limit, { held })], [[0, amount]]);
      return { at, ...(verdicts[0] as Verdict) };
    }
  }

  const state = (limit: Limit, more: Partial<Statement> = {}): Statement => ({
    limit,
    held: 0,
    spent: 0,
    endsAdvance: false,
    wanted: 0,
    corrections: [],
    ...more,
  });
  const budget = async (scope: string) => redis.hgetall(`muxgate:{limits}:budget:${scope}`);
  const slots = async () => redis.hgetall('muxgate:{limits}:slots');

  it('decide as the window in memory does at the same times', async () => {
    const replica = new Replica({ spanMs: 300 });
    for (const [kind, most] of [
      ['requests', 5],
      ['tokens', 40],
    ] as const) {
      const limit = limitOf(kind, kind, most);
      const window = new SlidingWindow(300, bucketMs(kind, most));
      const decisions = new Set<string>();
      for (let turn = 0; turn < 60; turn++) {
        const amount = kind === 'requests' ? 1 : 1 + ((turn * 7) % 13);
        const { at, outcome, retryAfterMs, used } = await replica.ask(limit, amount);
        const wait = window.waitFor(at, amount, most);
        expect(outcome === 'granted' ? 0 : retryAfterMs).toBe(wait);
        if (outcome === 'granted') window.add(at, amount);
        expect(used[0]).toBe(window.used(at));
        decisions.add(outcome);
        await delay(turn % 4 === 0 ? 25 : 3);
      }
      expect(decisions).toEqual(new Set(['granted', 'refused']));
    }
  });

  it('are taken all or none, request by request, also in one call', async () => {
    const replica = new Replica();
    const [wide, one] = [limitOf('requests', 'wide', 10), limitOf('slots', 'one', 1)];
    const both = [0, 1, 1, 1];
    const { verdicts, accounts } = await replica.turn([state(wide), state(one)], [both, both, both]);
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(['granted', 'refused', 'refused']);
    expect(verdicts[1]).toMatchObject({ refusedBy: 1, used: [1, 1] });
    expect(accounts).toEqual([
      { used: 1, advance: 0 },
      { used: 1, advance: 0 },
    ]);
    expect((await replica.ask(wide, 1)).used).toEqual([2]);
  });

  it('are stated once, however often a turn is sent, and hold what is held, not what has changed', async () => {
    const replica = new Replica({ spanMs: 60_000 });
    const limits = [limitOf('tokens', 't', 100), limitOf('slots', 's', 9), limitOf('budget', 'b', 1_000)];
    const { at } = await replica.turn(
      limits.map((limit) => state(limit)),
      [[0, 50, 1, 2, 2, 70]],
    );
    const over = [
      state(limits[0] as Limit, { corrections: [Math.floor(at / 100) * 100, -30] }),
      state(limits[1] as Limit, { held: 1 }),
      state(limits[2] as Limit, { spent: 40 }),
    ];
    const told = await replica.turn(over);
    expect(told).toMatchObject({ isNew: false, isRepeated: false });
    expect(told.accounts.map(({ used }) => used)).toEqual([20, 1, 40]);
    const again = await replica.store.turn(replica.turns, over, []);
    expect(again).toMatchObject({ isRepeated: true, verdicts: [] });
    const { accounts } = await replica.turn(
      limits.map((limit) => state(limit, { held: limit.kind === 'slots' ? 1 : 0 })),
    );
    expect(accounts.map(({ used }) => used)).toEqual([20, 1, 40]);
    expect(await slots()).toEqual({ s: '1' });
    expect(await budget('b')).toEqual({ reserved: '0', spent: '40' });
  });

  it('forget what was corrected to nothing when it leaves the window', async () => {
    const replica = new Replica({ spanMs: 200 });
    const tokens = limitOf('tokens', 't', 100);
    const { at } = await replica.ask(tokens, 50);
    await replica.turn([state(tokens, { corrections: [Math.floor(at / 100) * 100, -50] })]);
    await delay(350);
    expect(await replica.ask(tokens, 100)).toMatchObject({ outcome: 'granted', used: [100] });
  });

  it('give an advance where there is plenty, and take back what is left of it', async () => {
    const [one, other] = [new Replica({ spanMs: 60_000 }), new Replica({ spanMs: 60_000 })];
    for (const kind of ['requests', 'tokens', 'slots'] as const) {
      const limit = limitOf(kind, kind, 10_000);
      const scarce = await one.turn([state(limit, { wanted: 2_500 })], [[0, 10]]);
      expect(scarce.accounts).toEqual([{ used: 10, advance: 0 }]);
      const held = kind === 'slots' ? 10 : 0;
      const { accounts, bucket, advancesEndInMs } = await one.turn([state(limit, { held, wanted: 2_400 })]);
      expect(accounts).toEqual([{ used: 10, advance: 2_400 }]);
      expect(advancesEndInMs).toBeGreaterThanOrEqual(0);
      expect(advancesEndInMs).toBeLessThan(100);
      // it counts as used, and another replica's request that it leaves no room for is asked to wait
      expect((await other.ask(limit, 1)).used).toEqual([2_411]);
      expect(await other.ask(limit, 9_000, held / 10)).toMatchObject({ outcome: 'later', used: [2_411] });
      const corrections = held === 0 ? [bucket, -2_300] : [];
      const over = await one.turn([
        state(limit, { held: 110 * Math.sign(held), endsAdvance: true, corrections }),
      ]);
      expect(over.accounts).toEqual([{ used: 111, advance: 0 }]);
      expect((await other.ask(limit, 20_000, held / 10)).outcome).toBe('refused');
    }
  });

  it('reserve an advance of a budget, and book what was spent of it', async () => {
    const [one, other] = [new Replica(), new Replica()];
    const limit = limitOf('budget', 'b', 10_000);
    expect((await one.turn([state(limit, { wanted: 2_500 })])).accounts).toEqual([
      { used: 0, advance: 2_500 },
    ]);
    expect(await budget('b')).toMatchObject({ reserved: '2500' });
    await one.turn([state(limit, { held: 100, spent: 2_000, endsAdvance: true })]);
    expect(await budget('b')).toEqual({ reserved: '100', spent: '2000' });
    // it is used whole, whatever a request costs
    expect((await other.ask(limit, 9_000)).outcome).toBe('granted');
    expect((await other.ask(limit, 1, 9_000)).outcome).toBe('refused');
  });

  it('are not waited for when the advance of another replica has long ended', async () => {
    const [one, other] = [new Replica({ spanMs: 60_000 }), new Replica({ spanMs: 60_000 })];
    const limit = limitOf('tokens', 't', 100);
    await one.turn([state(limit, { wanted: 25 })]);
    expect((await other.ask(limit, 90)).outcome).toBe('later');
    await delay(210);
    expect((await other.ask(limit, 90)).outcome).toBe('refused');
  });

  it('give back what a killed replica held, and book what it had in flight as estimated, until it is heard of', async () => {
    const [killed, alive] = [new Replica({ lifeMs: 150 }), new Replica()];
    const limits = [limitOf('slots', 'lost', 1), limitOf('budget', 'money', 100)];
    const ask = (replica: Replica) =>
      replica.turn(
        limits.map((limit) => state(limit)),
        [[0, 1, 1, 30]],
      );
    await killed.store.heartbeat();
    await ask(killed);
    expect((await ask(alive)).verdicts[0]?.outcome).toBe('refused');
    await delay(200);
    expect(await alive.store.heartbeat()).toBe(1);
    expect((await ask(alive)).verdicts[0]).toMatchObject({ outcome: 'granted', used: [1, 60] });
    expect(await budget('money')).toEqual({ reserved: '30', spent: '30' });
    // it was alive, and its request has cost 5
    const back = await killed.turn([state(limits[1] as Limit, { spent: 5 })]);
    expect(back).toMatchObject({ isNew: true, accounts: [{ used: 35 }] });
    expect(await budget('money')).toEqual({ reserved: '30', spent: '5' });
    await alive.turn(limits.map((limit) => state(limit, { spent: limit.kind === 'budget' ? 7 : 0 })));
    expect(await budget('money')).toEqual({ reserved: '0', spent: '12' });
    expect(await slots()).toEqual({});
    await alive.store.leave();
  });

  it('take nothing from the others when it was Redis that stood still', async () => {
    const replicas = [new Replica({ lifeMs: 100 }), new Replica({ lifeMs: 100 })] as const;
    const limit = limitOf('slots', 'kept', 1);
    await Promise.all(replicas.map(({ store }) => store.heartbeat()));
    await replicas[0].ask(limit, 1);
    await delay(150);
    expect(await replicas[1].store.heartbeat()).toBe(2);
    expect((await replicas[1].ask(limit, 1)).outcome).toBe('refused');
    await Promise.all(replicas.map(({ store }) => store.leave()));
    expect(await slots()).toEqual({});
    expect(await redis.keys('muxgate:{limits}:held:*')).toEqual([]);
  });

  it('say once that a budget has passed its threshold, and once more where it was raised since', async () => {
    const replica = new Replica();
    const limit = limitOf('budget', 'b', 100, 50);
    const passed = [];
    for (let i = 0; i < 3; i++) passed.push((await replica.turn([state(limit, { spent: 30 })])).passed);
    expect(passed).toEqual([[], [0], []]);
    const raised = limitOf('budget', 'b', 200, 100);
    const lowered = limitOf('budget', 'b', 20, 10);
    expect((await replica.turn([state(lowered, { spent: 1 })])).passed).toEqual([]);
    expect((await replica.turn([state(raised, { spent: 1 })])).passed).toEqual([]);
    expect((await replica.turn([state(raised, { spent: 30 })])).passed).toEqual([0]);
    expect((await replica.turn([state(raised, { spent: 30 })])).passed).toEqual([]);
  });
});
