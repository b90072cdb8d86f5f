import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { budgetsSpent, Claim, LimitStore, type Limit, type Reservation } from '@muxgate/limits';
import { createLogger } from '@muxgate/runtime';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { limitOf as keyLimit } from '../../../../test/support/limits.ts';
import { startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import { startTcpProxy, type TcpProxy } from '../../../../test/support/tcp-proxy.ts';
import { eventually } from '../../../../test/support/wait.ts';
import { SharedLimits } from './shared-limits.js';

const limitOf = (kind: Limit['kind'], most: number): Limit => keyLimit(kind, `${kind}:k`, most, most / 2);

describe('limits that replicas share', () => {
  let server: TestRedis;
  let redis: Redis;
  let proxy: TcpProxy;
  let clients: Redis[] = [];
  let passed: string[] = [];
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
    proxy = await startTcpProxy({ port: server.port });
  });
  beforeEach(async () => {
    await redis.flushall();
    passed = [];
  });
  afterEach(() => {
    proxy.setMode('pass');
    proxy.setLatency(0);
    for (const client of clients) client.disconnect();
    clients = [];
  });
  afterAll(() => redis.disconnect());

  let replicas = 0;
  async function replica({
    waitMs = 5_000,
    heartbeatMs = 60_000,
    spanMs = 60_000,
  } = {}): Promise<SharedLimits> {
    const client = new Redis(`redis://127.0.0.1:${proxy.port}`, { maxRetriesPerRequest: 2 });
    client.on('error', () => undefined);
    clients.push(client);
    const store = new LimitStore(client, { replica: `r${++replicas}`, lifeMs: 60_000, spanMs });
    const shared = new SharedLimits(store, { heartbeatMs, waitMs }, createLogger('test', 'silent'));
    shared.listen({ returned: () => undefined, passed: ({ scope }) => passed.push(scope) });
    await shared.start();
    return shared;
  }
  const three = (): Promise<SharedLimits[]> => Promise.all([1, 2, 3].map(() => replica()));

  /** Answers the claim where it is granted. */
  async function ask(
    shared: SharedLimits,
    limits: readonly Limit[],
    amounts: readonly number[],
  ): Promise<Claim | undefined> {
    const claim = new Claim(limits, amounts);
    return (await shared.reserve(claim))?.granted === true ? claim : undefined;
  }
  const scriptCalls = async (): Promise<number> => {
    const stats = await redis.info('commandstats');
    const calls = [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)];
    return calls.reduce((sum, [, count]) => sum + Number(count), 0);
  };
  const slotsHeld = async (): Promise<Record<string, string>> => redis.hgetall('muxgate:{limits}:slots');
  const windowSum = async (scope: string): Promise<number> =>
    Number(await redis.hget(`muxgate:{limits}:window:${scope}`, 'sum'));

  it('are asked in one call for all that came while the call before was on its way', async () => {
    const shared = await replica();
    const limit = limitOf('requests', 1_000);
    await ask(shared, [limit], [1]);
    const before = await scriptCalls();
    const answers: Array<Promise<Reservation | undefined>> = [];
    for (let turn = 0; turn < 50; turn++) {
      for (let i = 0; i < 10; i++) answers.push(Promise.resolve(shared.reserve(new Claim([limit], [1]))));
      await nextTurn();
    }
    const granted = await Promise.all(answers);
    // each in the order in which it was asked
    expect(granted.map((answer) => answer?.used[0])).toEqual(granted.map((_, index) => index + 2));
    const calls = (await scriptCalls()) - before;
    expect(calls).toBeGreaterThanOrEqual(Math.ceil(500 / 64));
    expect(calls).toBeLessThan(50);
    await shared.stop();
  });

  it('are given out in advance where there is plenty, without a call for most requests', async () => {
    const shared = await replica();
    const limits = [
      limitOf('requests', 1e6),
      limitOf('tokens', 1e9),
      limitOf('slots', 1e4),
      limitOf('budget', 1e12),
    ];
    const before = await scriptCalls();
    let requests = 0;
    let atOnce = 0;
    const until = performance.now() + 1_000;
    const caller = async (): Promise<void> => {
      while (performance.now() < until) {
        const claim = new Claim(limits, [1, 100, 1, 1_000]);
        const reservation = shared.reserve(claim);
        if (!(reservation instanceof Promise)) atOnce++;
        expect((await reservation)?.granted).toBe(true);
        requests++;
        await delay(1);
        shared.settle(claim, 90, 900);
      }
    };
    await Promise.all(Array.from({ length: 20 }, caller));
    expect((await scriptCalls()) - before).toBeLessThan(requests / 20);
    expect(atOnce).toBeGreaterThan(requests * 0.8);
    await shared.stop();
    expect(await windowSum('requests:k')).toBe(requests);
    expect(await windowSum('tokens:k')).toBe(requests * 90);
    expect(await slotsHeld()).toEqual({});
    expect(await budgetsSpent(redis, ['budget:k'])).toEqual(new Map([['budget:k', requests * 900]]));
    expect(await redis.hget('muxgate:{limits}:budget:budget:k', 'reserved')).toBe('0');
  });

  it('never give out of an advance after the tenth of a second that it is booked in', async () => {
    const shared = await replica();
    const limit = limitOf('tokens', 1e9);
    const account = (await ask(shared, [limit], [1]))?.accounts[0];
    let looks = 0;
    for (let i = 0; i < 2_000; i++) {
      const claim = await ask(shared, [limit], [1]);
      const [seconds, micros] = await redis.time();
      const at = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
      if (!account?.hasAdvance || !account.fits(1, performance.now())) continue;
      looks++;
      expect(at).toBeLessThan((claim?.buckets[0] ?? 0) + 100);
    }
    expect(looks).toBeGreaterThan(100);
    await shared.stop();
  });

  it('let exactly as many requests through as they say, over replicas that had some in advance', async () => {
    const shared = await three();
    const limit = limitOf('requests', 6_000);
    let granted = 0;
    const before = await scriptCalls();
    const caller = async (index: number): Promise<void> => {
      while ((await ask(shared[index % 3] as SharedLimits, [limit], [1])) !== undefined) {
        granted++;
        await nextTurn();
      }
    };
    await Promise.all(Array.from({ length: 90 }, (_, index) => caller(index)));
    expect(granted).toBe(6_000);
    expect((await scriptCalls()) - before).toBeLessThan(1_000);
    await Promise.all(shared.map((one) => one.stop()));
    expect(await windowSum('requests:k')).toBe(6_000);
  });

  it('settle tokens to the last one, and let through all that there is room for', async () => {
    const shared = await three();
    const limit = limitOf('tokens', 200_000);
    let used = 0;
    let inFlight = 0;
    const caller = async (index: number): Promise<void> => {
      const mine = shared[index % 3] as SharedLimits;
      for (let turn = 0; ; turn++) {
        const claim = await ask(mine, [limit], [30]);
        if (claim === undefined) break;
        inFlight++;
        await delay((index + turn) % 7 === 0 ? 120 : 1);
        const truth = (turn * 7 + index) % 60;
        used += truth;
        mine.settle(claim, truth, 0);
        inFlight--;
      }
    };
    await Promise.all(Array.from({ length: 60 }, (_, index) => caller(index)));
    expect(inFlight).toBe(0);
    await Promise.all(shared.map((one) => one.stop()));
    expect(await windowSum('tokens:k')).toBe(used);
    // the last ones had more to give back, or more to take, than was thought
    expect(used).toBeGreaterThan(200_000 - 60 * 60);
    expect(used).toBeLessThan(200_000 + 60 * 60);
  });

  it('hold requests at once below their number, and never refuse one while there is a slot', async () => {
    const shared = await three();
    for (const [most, callers] of [
      [600, 90],
      [60, 90],
    ] as const) {
      const limit = { ...limitOf('slots', most), scope: `slots:${most}` };
      let atOnce = 0;
      let peak = 0;
      let refused = 0;
      const caller = async (index: number): Promise<void> => {
        const mine = shared[index % 3] as SharedLimits;
        for (let turn = 0; turn < 80; turn++) {
          const claim = await ask(mine, [limit], [1]);
          if (claim === undefined) {
            refused++;
            await delay(5);
            continue;
          }
          peak = Math.max(peak, ++atOnce);
          await delay((turn * index) % 4);
          atOnce--;
          mine.settle(claim, 0, 0);
        }
      };
      await Promise.all(Array.from({ length: callers }, (_, index) => caller(index)));
      expect(peak).toBeLessThanOrEqual(most);
      expect(refused > 0).toBe(callers > most);
    }
    await Promise.all(shared.map((one) => one.stop()));
    expect(await slotsHeld()).toEqual({});
  });

  it('never refuse a slot that was given back before it was asked for', async () => {
    const shared = await replica();
    const limit = limitOf('slots', 100);
    const caller = async (): Promise<void> => {
      for (let i = 0; i < 30; i++) {
        const claim = await ask(shared, [limit], [1]);
        expect(claim).toBeDefined();
        if (claim !== undefined) shared.settle(claim, 0, 0);
      }
    };
    await Promise.all(Array.from({ length: 100 }, caller));
    await shared.stop();
    expect(await slotsHeld()).toEqual({});
  });

  it('use a budget whole, and exceed it by no more than is in flight', async () => {
    const shared = await three();
    const limit = limitOf('budget', 1_000_000);
    let spent = 0;
    let inFlight = 0;
    let mostInFlight = 0;
    const caller = async (index: number): Promise<void> => {
      const mine = shared[index % 3] as SharedLimits;
      for (let turn = 0; ; turn++) {
        const claim = await ask(mine, [limit], [100]);
        if (claim === undefined) break;
        mostInFlight = Math.max(mostInFlight, ++inFlight);
        await delay((index + turn) % 9 === 0 ? 110 : 1);
        const cost = 60 + ((turn + index) % 80);
        spent += cost;
        inFlight--;
        mine.settle(claim, 0, cost);
      }
    };
    await Promise.all(Array.from({ length: 60 }, (_, index) => caller(index)));
    await Promise.all(shared.map((one) => one.stop()));
    expect(await budgetsSpent(redis, ['budget:k'])).toEqual(new Map([['budget:k', spent]]));
    expect(spent).toBeGreaterThan(1_000_000 - 60 * 140);
    expect(spent).toBeLessThanOrEqual(1_000_000 + mostInFlight * 140);
    expect(passed).toEqual(['budget:k']);
  });

  it('give back what was taken of one in advance for a request that another has no room for', async () => {
    const shared = await replica();
    const [wide, one] = [limitOf('tokens', 1e9), limitOf('slots', 1)];
    let last: Claim | undefined;
    for (let i = 0; i < 50; i++) last = await ask(shared, [wide], [10]);
    expect(last?.accounts[0]?.hasAdvance).toBe(true);
    expect(await ask(shared, [wide, one], [10, 1])).toBeDefined();
    for (let i = 0; i < 50; i++) expect(await ask(shared, [wide, one], [10, 1])).toBeUndefined();
    await shared.stop();
    expect(await windowSum('tokens:k')).toBe(51 * 10);
  });

  it('are right again after answers were lost, connections cut and Redis stood still', async () => {
    const shared = await Promise.all([1, 2].map(() => replica({ waitMs: 150, heartbeatMs: 50 })));
    const limits = [limitOf('slots', 1e4), limitOf('budget', 1e12)];
    let spent = 0;
    let done = 0;
    let local = 0;
    let stopped = false;
    const caller = async (index: number): Promise<void> => {
      const mine = shared[index % 2] as SharedLimits;
      while (!stopped) {
        const claim = new Claim(limits, [1, 100]);
        const reservation = await mine.reserve(claim);
        if (reservation?.granted === false) throw new Error('there is room, and it was refused');
        if (reservation === undefined) {
          mine.grantLocally(claim);
          local++;
        }
        await delay((index * 7) % 20);
        spent += index;
        done++;
        mine.settle(claim, 0, index);
      }
    };
    const callers = Array.from({ length: 20 }, (_, index) => caller(index));
    for (let round = 0; round < 6; round++) {
      await delay(100);
      // on their way back when the connections end
      proxy.setLatency(20);
      await delay(60);
      proxy.cut();
      proxy.setLatency(0);
      await delay(150);
      if (round % 2 === 0) server.freeze();
      await delay(300);
      server.thaw();
    }
    stopped = true;
    await Promise.all(callers);
    await eventually(() => shared.every(({ isAway }) => !isAway));
    await Promise.all(shared.map((one) => one.stop()));
    console.log(`${done} requests through 6 cuts and 3 standstills, ${local} of them by a replica alone`);
    expect(local).toBeGreaterThan(0);
    expect(await slotsHeld()).toEqual({});
    expect(await redis.hgetall('muxgate:{limits}:budget:budget:k')).toEqual({
      reserved: '0',
      spent: String(spent),
    });
  });

  it('know what is held again after Redis has lost everything', async () => {
    const shared = await replica();
    const slots = limitOf('slots', 100);
    const claims = await Promise.all(Array.from({ length: 5 }, () => ask(shared, [slots], [1])));
    await redis.flushall();
    await ask(shared, [limitOf('requests', 5)], [1]);
    await eventually(async () => expect(await slotsHeld()).toEqual({ 'slots:k': '5' }));
    for (const claim of claims) if (claim !== undefined) shared.settle(claim, 0, 0);
    await eventually(async () => expect(await slotsHeld()).toEqual({}));
    await shared.stop();
  });
});
