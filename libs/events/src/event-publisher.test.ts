import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publishedEvents } from '../../../test/support/events.ts';
import { startRedis, type TestRedis } from '../../../test/support/redis.ts';
import { EventPublisher, type EventToPublish } from './index.js';

let server: TestRedis;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url, { maxRetriesPerRequest: null });
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const spent = (occurrence: string): EventToPublish => ({
  type: 'budget.exhausted',
  subject: 'team-a',
  occurrence,
  message: 'The budget of team-a is spent.',
  data: { usd: 5 },
});

test('one occurrence is one event, whoever publishes it; the next occurrence is another', async () => {
  const publishers = [new EventPublisher(redis), new EventPublisher(redis)];
  await Promise.all(publishers.flatMap((publisher) => [1, 2, 3].map(() => publisher.publish(spent('one')))));
  await publishers[0]?.publish(spent('two'));
  const events = await publishedEvents(redis);
  expect(events).toHaveLength(2);
  expect(new Set(events.map(({ id }) => id)).size).toBe(2);
  expect(events[0]).toMatchObject({ type: 'budget.exhausted', subject: 'team-a', data: { usd: 5 } });
  for (const publisher of publishers) await publisher.close();
});

test('an occurrence that lasts is told again after a day, as a new event, or when its time is over', async () => {
  await redis.flushall();
  const now = Date.now();
  const publisher = new EventPublisher(redis, () => now);
  await publisher.publish(spent('lasts'));
  await publisher.publish({ ...spent('of a month'), onceUntil: now + 30 * 86_400_000 });
  // a day later
  for (const key of await redis.keys('*:de:*'))
    if ((await redis.pttl(key)) <= 86_400_000) await redis.del(key);
  await publisher.publish(spent('lasts'));
  await publisher.publish({ ...spent('of a month'), onceUntil: now + 30 * 86_400_000 });
  const ids = (await publishedEvents(redis)).map(({ id }) => id);
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(3);
  await publisher.close();
});
