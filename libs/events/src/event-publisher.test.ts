import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRedis, type TestRedis } from '../../../test/support/redis.ts';
import { EVENT_QUEUE, EVENT_QUEUE_PREFIX, EventPublisher, type EventToPublish } from './index.js';

let server: TestRedis;
let redis: Redis;
let queue: Queue;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url, { maxRetriesPerRequest: null });
  queue = new Queue(EVENT_QUEUE, { connection: redis, prefix: EVENT_QUEUE_PREFIX });
});
afterAll(async () => {
  await queue.close();
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
  const jobs = await queue.getJobs(['waiting']);
  expect(jobs).toHaveLength(2);
  expect(new Set(jobs.map(({ data }) => data.id)).size).toBe(2);
  expect(jobs[0]?.data).toMatchObject({ type: 'budget.exhausted', subject: 'team-a', data: { usd: 5 } });
  for (const publisher of publishers) await publisher.close();
});

test('an occurrence that lasts is told again after a day, as a new event, or when its time is over', async () => {
  await queue.obliterate({ force: true });
  const now = Date.now();
  const publisher = new EventPublisher(redis, () => now);
  await publisher.publish(spent('lasts'));
  await publisher.publish({ ...spent('of a month'), onceUntil: now + 30 * 86_400_000 });
  // a day later
  for (const key of await redis.keys('*:de:*'))
    if ((await redis.pttl(key)) <= 86_400_000) await redis.del(key);
  await publisher.publish(spent('lasts'));
  await publisher.publish({ ...spent('of a month'), onceUntil: now + 30 * 86_400_000 });
  const ids = (await queue.getJobs(['waiting'])).map(({ data }) => data.id as string);
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(3);
  await publisher.close();
});
