import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../../test/support/redis.ts';
import { PARTIES } from '../../../test/support/usage.ts';
import {
  dayOf,
  dayStart,
  OverviewReader,
  packGroup,
  packParties,
  RequestLog,
  RollUp,
  Subject,
  UsageBatch,
  UsageReader,
  UsageWriter,
  type AttemptEvent,
  type RequestEvent,
  type RequestRow,
  type UsageEvent,
} from './index.js';
import { dayKey, HOURS, REQUESTS, TOUCHED } from './keys.js';
import { latencyBucket, percentile } from './latencies.js';
import { hourStart } from './zone.js';

const RETENTION = { hourDays: 10, dayDays: 100, requestDays: 5 };
const LIMITS = { rows: 1_000, groups: 1_000 };
const NOON = Date.UTC(2026, 10, 25, 12);
const HOUR = 3_600_000;

let server: TestRedis;
let redis: Redis;
let writer: UsageWriter;
let sequence = 0;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
beforeEach(async () => {
  await redis.flushall();
  writer = new UsageWriter(redis);
  sequence = 0;
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

function attempt(
  at: number,
  more: Partial<AttemptEvent> & { key?: string; model?: string } = {},
): AttemptEvent {
  const { key = 'key_a', model = 'm', ...rest } = more;
  return {
    type: 'attempt',
    at,
    subject: new Subject(packGroup({ key, team: 'core', model, provider: 'p' }), ''),
    inputTokens: 10,
    outputTokens: 5,
    cacheReadTokens: 1,
    cacheCreationTokens: 2,
    reasoningTokens: 3,
    costNanoUsd: 1_000,
    estimated: false,
    ...rest,
  };
}

function request(at: number, more: Partial<RequestRow> = {}): RequestEvent {
  const row = {
    requestId: 'req_1',
    startedAt: at - (more.durationMs ?? 20),
    ...PARTIES,
    status: 200,
    outcome: 'answered',
    stream: false,
    attempts: 1,
    durationMs: 20,
    firstTokenMs: 10,
    inputTokens: 10,
    outputTokens: 5,
    cacheReadTokens: 1,
    cacheCreationTokens: 2,
    reasoningTokens: 3,
    costNanoUsd: 1_000,
    estimated: false,
    ...more,
  };
  const group = packGroup(row);
  const subject = new Subject(group, packParties(row));
  return { type: 'request', subject, error: row.status >= 400, ...row, bill: row };
}

async function book(events: readonly UsageEvent[], timeZone = 'UTC', number = ++sequence): Promise<void> {
  const batch = new UsageBatch(timeZone, LIMITS);
  for (const event of events) batch.add(event);
  await writer.add('gateway~1', number, batch, 10_000);
}

async function sumsOf(from: number, to: number, timeZone = 'UTC') {
  const query = { from, to, groupBy: ['day' as const], timeZone, maxGroups: 1_000 };
  const answer = await new UsageReader(redis).query(query);
  return Object.fromEntries(answer!.items.map(({ group, sums }) => [group.day, sums.inputTokens]));
}

describe('a batch', () => {
  it('counts once, however often it is sent, and others beside it', async () => {
    await book([attempt(NOON), request(NOON)], 'UTC', 1);
    await book([attempt(NOON), request(NOON)], 'UTC', 1);
    await book([attempt(NOON, { estimated: true, costNanoUsd: null })], 'UTC', 2);
    const answer = await new UsageReader(redis).query({
      from: NOON - HOUR,
      to: NOON + HOUR,
      groupBy: ['key', 'model'],
      timeZone: 'UTC',
      maxGroups: 10,
    });
    expect(answer?.items).toEqual([
      {
        group: { key: 'key_a', model: 'm' },
        sums: {
          requests: 1,
          errors: 0,
          attempts: 2,
          estimatedAttempts: 1,
          unpricedAttempts: 1,
          inputTokens: 20,
          outputTokens: 10,
          cacheReadTokens: 2,
          cacheCreationTokens: 4,
          reasoningTokens: 6,
          costNanoUsd: 1_000,
          estimatedCostNanoUsd: 0,
        },
      },
    ]);
    expect(await redis.xlen('muxgate:{usage}:requests')).toBe(1);
  });

  it('adds whole numbers beyond 2^31 to the last digit', async () => {
    const costNanoUsd = 4_000_000_000_000_001;
    await book([attempt(NOON, { costNanoUsd })]);
    await book([attempt(NOON, { costNanoUsd })]);
    const query = { from: NOON, to: NOON + 1, groupBy: [], timeZone: 'UTC', maxGroups: 1 };
    expect((await new UsageReader(redis).query(query))?.totals.costNanoUsd).toBe(2 * costNanoUsd);
  });

  it('says what found no room', () => {
    const batch = new UsageBatch('UTC', { rows: 1, groups: 1 });
    expect([batch.add(attempt(NOON)), batch.add(attempt(NOON, { key: 'other' }))]).toEqual([
      undefined,
      'usage',
    ]);
    expect([batch.add(request(NOON)), batch.add(request(NOON))]).toEqual([undefined, 'request_log']);
  });
});

describe('a day', () => {
  it.each([
    ['UTC', NOON, '2026-11-25', NOON - 12 * HOUR],
    ['Asia/Kolkata', Date.UTC(2026, 10, 25, 18, 31), '2026-11-26', Date.UTC(2026, 10, 25, 18, 30)],
    ['America/New_York', Date.UTC(2026, 10, 25, 4, 59), '2026-11-24', Date.UTC(2026, 10, 24, 5)],
    ['Europe/Berlin', Date.UTC(2026, 9, 25, 22, 59), '2026-10-25', Date.UTC(2026, 9, 24, 22)],
  ])('in %s begins at midnight there', (zone, at, day, start) => {
    expect(dayOf(at, zone)).toBe(day);
    expect(dayStart(day, zone)).toBe(start);
  });

  it('is made of hours that begin on the half hour where clocks do', () => {
    expect(hourStart(Date.UTC(2026, 10, 25, 18, 45), 'Asia/Kolkata') * 1000).toBe(
      Date.UTC(2026, 10, 25, 18, 30),
    );
  });

  it('is rolled up once it is over, and says the same as its hours, also when more comes late', async () => {
    const yesterday = NOON - 24 * HOUR;
    await book([attempt(yesterday), attempt(yesterday + HOUR), attempt(NOON)]);
    const rollUp = new RollUp(redis, () => NOON);
    const before = await sumsOf(yesterday - 12 * HOUR, NOON + HOUR);
    expect(await rollUp.run('UTC', RETENTION)).toEqual(['2026-11-24']);
    expect(await redis.zrange(TOUCHED, 0, -1)).toEqual([String(NOON / 1000)]);
    expect(await sumsOf(yesterday - 12 * HOUR, NOON + HOUR)).toEqual(before);
    expect(before).toEqual({ '2026-11-24': 20, '2026-11-25': 10 });
    await book([attempt(yesterday)]);
    expect(await sumsOf(yesterday - 12 * HOUR, NOON + HOUR)).toMatchObject({ '2026-11-24': 30 });
    expect(await rollUp.run('UTC', RETENTION)).toEqual(['2026-11-24']);
    expect(await rollUp.run('UTC', RETENTION)).toEqual([]);
    expect(await sumsOf(yesterday - 12 * HOUR, NOON + HOUR)).toMatchObject({ '2026-11-24': 30 });
  });

  it('is right when two workers roll it up at once, and after one that died on the way', async () => {
    const yesterday = NOON - 24 * HOUR;
    await book([attempt(yesterday), attempt(yesterday, { key: 'key_b' })]);
    await redis.hset(`${dayKey('2026-11-24')}:draft`, 'half', 'a day');
    const workers = [1, 2, 3].map(() => new RollUp(redis, () => NOON).run('UTC', RETENTION));
    await Promise.all(workers);
    expect(await sumsOf(yesterday - 12 * HOUR, NOON)).toEqual({ '2026-11-24': 20 });
    expect(await redis.hlen(dayKey('2026-11-24'))).toBe(2);
    expect(await redis.ttl(dayKey('2026-11-24'))).toBe(-1);
  });

  it('still tells what its hours did when they are gone, and goes in its turn', async () => {
    const old = NOON - 20 * 24 * HOUR;
    await book([attempt(old), attempt(NOON)]);
    await new RollUp(redis, () => NOON).run('UTC', RETENTION);
    expect(await redis.zrange(HOURS, 0, -1)).toEqual([String(NOON / 1000)]);
    expect(await sumsOf(old - HOUR, NOON + HOUR)).toEqual({ '2026-11-05': 10, '2026-11-25': 10 });
    await new RollUp(redis, () => NOON + 90 * 24 * HOUR).run('UTC', RETENTION);
    expect(await sumsOf(old - HOUR, NOON - 24 * HOUR)).toEqual({});
  });

  it('loses nothing when more comes after its hours are gone, whoever adds it, and counts it once', async () => {
    const old = NOON - 20 * 24 * HOUR;
    await book([attempt(old), attempt(old + HOUR), attempt(NOON)]);
    const rollUp = new RollUp(redis, () => NOON);
    await rollUp.run('UTC', RETENTION);
    expect(await redis.zrange(HOURS, 0, -1)).toEqual([String(NOON / 1000)]);
    await book([attempt(old)]);
    expect(await sumsOf(old - HOUR, NOON + HOUR)).toEqual({ '2026-11-05': 30, '2026-11-25': 10 });
    await Promise.all([1, 2, 3].map(() => new RollUp(redis, () => NOON).run('UTC', RETENTION)));
    await rollUp.run('UTC', RETENTION);
    expect(await sumsOf(old - HOUR, NOON + HOUR)).toEqual({ '2026-11-05': 30, '2026-11-25': 10 });
    await book([attempt(old + 3 * HOUR)]);
    await rollUp.run('UTC', RETENTION);
    expect(await sumsOf(old - HOUR, NOON + HOUR)).toEqual({ '2026-11-05': 40, '2026-11-25': 10 });
    expect(await redis.zrange(HOURS, 0, -1)).toEqual([String(NOON / 1000)]);
  });

  it('is cut at the hour where a range begins within it', async () => {
    const yesterday = NOON - 24 * HOUR;
    await book([attempt(yesterday - HOUR), attempt(yesterday), attempt(yesterday + HOUR)]);
    await new RollUp(redis, () => NOON).run('UTC', RETENTION);
    expect(await sumsOf(yesterday + 60_000, yesterday + HOUR)).toEqual({ '2026-11-24': 10 });
  });
});

describe('the request log', () => {
  const names = (items: ReadonlyArray<{ requestId: string }>): string[] =>
    items.map(({ requestId }) => requestId);

  it('is newest first, pages through all, and finds one by either id', async () => {
    await book(Array.from({ length: 7 }, (_, at) => request(NOON, { requestId: `req_${at}` })));
    const log = new RequestLog(redis);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await log.list({ limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...names(page.items));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(['req_6', 'req_5', 'req_4', 'req_3', 'req_2', 'req_1', 'req_0']);
    const found = await log.get('req_3');
    expect(found).toMatchObject({ requestId: 'req_3', keyName: 'ci', costNanoUsd: 1_000 });
    expect(await log.get(found!.id)).toEqual(found);
    expect(await log.get('req_9')).toBeUndefined();
    expect(await log.get('1-1')).toBeUndefined();
  });

  it('holds no row beyond its retention, however few there are', async () => {
    await redis.xadd(REQUESTS, `${Date.now() - 6 * 24 * HOUR}-0`, 'row', '["old"]');
    await redis.xadd(REQUESTS, `${Date.now() - 4 * 24 * HOUR}-0`, 'row', '["new"]');
    await new RollUp(redis).run('UTC', RETENTION);
    expect(names((await new RequestLog(redis).list({ limit: 10 })).items)).toEqual(['new']);
  });

  it('shows what a filter or a part of a name matches, and nothing that only looks like it', async () => {
    await book([
      request(NOON, { requestId: 'a', team: 'red', status: 529, outcome: 'refused' }),
      request(NOON, { requestId: 'b', keyName: 'Nightly Red' }),
      request(NOON, { requestId: 'c', provider: 'red', status: 503 }),
    ]);
    const log = new RequestLog(redis);
    const find = async (filter: object) => names((await log.list({ limit: 10, ...filter })).items);
    expect(await find({ team: 'red' })).toEqual(['a']);
    expect(await find({ provider: 'red' })).toEqual(['c']);
    expect(await find({ text: 'RED' })).toEqual(['c', 'b', 'a']);
    expect(await find({ status: '5xx' })).toEqual(['c', 'a']);
    expect(await find({ status: '529', outcome: 'refused' })).toEqual(['a']);
    expect(await find({ text: 'refused' })).toEqual([]);
    expect(await find({ to: Date.now() - HOUR })).toEqual([]);
    expect(await find({ from: Date.now() - HOUR })).toHaveLength(3);
  });
});

describe('the overview', () => {
  it('has requests, errors and latencies of the last hours in sixty points', async () => {
    await book([
      request(NOON),
      request(NOON, { status: 500, durationMs: 900 }),
      attempt(NOON),
      attempt(NOON),
    ]);
    const overview = await new OverviewReader(redis, () => NOON + 60_000).last(2);
    expect(overview.series).toHaveLength(60);
    expect(overview.stepSeconds).toBe(120);
    const filled = overview.series.filter(({ sums }) => sums.requests > 0);
    expect(filled).toHaveLength(1);
    expect(filled[0]).toMatchObject({
      sums: { requests: 2, errors: 1, inputTokens: 20, costNanoUsd: 2_000 },
    });
    expect(overview.totals.p50Ms).toBeLessThan(40);
    expect(overview.totals.p99Ms).toBeGreaterThan(700);
    expect(overview.series[0]).not.toHaveProperty('p50Ms');
  });

  it('knows a percentile to half of its value', () => {
    const buckets = Array<number>(36).fill(0);
    for (let ms = 1; ms <= 1_000; ms++) buckets[latencyBucket(ms)]!++;
    for (const share of [0.5, 0.9, 0.99])
      expect(Math.abs(percentile(buckets, share)! / (share * 1_000) - 1)).toBeLessThan(0.5);
  });
});
