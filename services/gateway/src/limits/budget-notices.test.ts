import { EventPublisher } from '@muxgate/events';
import { NANO_USD, type Limit } from '@muxgate/limits';
import { Redis } from 'ioredis';
import { createLogger } from '@muxgate/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { publishedEvents } from '../../../../test/support/events.ts';
import { startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import { eventually } from '../../../../test/support/wait.ts';
import { BudgetNotices } from './budget-notices.js';

let server: TestRedis;
let redis: Redis;
let publisher: EventPublisher;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url, { maxRetriesPerRequest: null });
  publisher = new EventPublisher(redis);
});
afterAll(async () => {
  await publisher.close();
  redis.disconnect();
  await server.stop();
});

const periodEnd = Date.now() + 20 * 86_400_000;
const budgetOf = (usd: number): Limit => ({
  kind: 'budget',
  of: 'team',
  scope: 'team:platform:month:2026-11-01',
  limit: usd * NANO_USD,
  budget: {
    subject: 'platform',
    name: 'platform',
    period: 'month',
    periodStart: '2026-11-01',
    periodEnd,
    warnAt: 0,
  },
});

it('a spent budget is told of once in its period, by whichever gateway, and again when more is spent', async () => {
  // a gateway, and the one that takes its place
  for (const _ of [1, 2]) {
    const notices = new BudgetNotices(publisher, createLogger('test', 'silent'));
    notices.exhausted(budgetOf(50));
    notices.exhausted(budgetOf(100));
    notices.exhausted(budgetOf(50));
  }
  const told = async () => (await publishedEvents(redis)).map(({ data }) => data['usd'] as number);
  await eventually(async () => (await told()).length >= 2);
  expect((await told()).toSorted((one, other) => one - other)).toEqual([50, 100]);
  const lives = await Promise.all((await redis.keys('*:de:*')).map((key) => redis.pttl(key)));
  expect(lives).toHaveLength(2);
  for (const life of lives) expect(life).toBeGreaterThan(19 * 86_400_000);
});

it('a key is told of by its name, and by its id, which finds it', async () => {
  const limit = budgetOf(7);
  const budget = { ...limit.budget, subject: 'key_1', name: 'ci' } as Limit['budget'] & object;
  new BudgetNotices(publisher, createLogger('test', 'silent')).exhausted({ ...limit, of: 'key', budget });
  const told = await eventually(
    async () => (await publishedEvents(redis)).find(({ subject }) => subject === 'key_1') ?? false,
  );
  expect(told.message).toContain('key ci (key_1)');
  expect(told.data).toMatchObject({ name: 'ci' });
});
