import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../../test/support/redis.ts';
import { AuditLog } from './audit-log.js';

let server: TestRedis;
let redis: Redis;
let log: AuditLog;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
  log = new AuditLog(redis);
  for (let index = 0; index < 5; index++) {
    await log.record({ actor: 'root', action: 'test', subject: `s${index}`, outcome: 'success' });
  }
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

it('pages from the newest to the oldest, each record once', async () => {
  const first = await log.list({ limit: 3 });
  expect(first.items.map(({ subject }) => subject)).toEqual(['s4', 's3', 's2']);
  const second = await log.list({ limit: 3, cursor: first.nextCursor ?? '' });
  expect(second.items.map(({ subject }) => subject)).toEqual(['s1', 's0']);
  expect(second).not.toHaveProperty('nextCursor');
});

it('says when, from the clock of Redis', async () => {
  const [newest] = (await log.list({ limit: 1 })).items;
  expect(Math.abs((newest?.at ?? 0) - Date.now())).toBeLessThan(60_000);
});

it('takes a cursor of another shape for the top, and not as a command', async () => {
  expect((await log.list({ limit: 1, cursor: '+ - DEL' })).items[0]?.subject).toBe('s4');
});
