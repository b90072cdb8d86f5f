import { Redis } from 'ioredis';
import { REQUESTS } from '../../libs/usage/src/keys.ts';
import { CREDENTIAL_INDEX, recordKeys } from '../../libs/vault/src/keys.ts';
import { eventOf, rowBytes } from '../support/usage.ts';

const AT_ONCE = 2_000;

/** As many copies of a connected credential; their tokens open for nobody, their states are read like all others. */
export async function seedCredentials(redisUrl: string, like: string, count: number): Promise<void> {
  const redis = new Redis(redisUrl);
  const halves = await Promise.all(recordKeys(like).map((key) => redis.hgetall(key)));
  for (let from = 0; from < count; from += AT_ONCE) {
    const batch = redis.pipeline();
    for (let index = from; index < Math.min(count, from + AT_ONCE); index++) {
      const id = `person-${String(index).padStart(5, '0')}`;
      for (const [half, key] of recordKeys(id).entries()) batch.hset(key, halves[half] ?? {});
      batch.zadd(CREDENTIAL_INDEX, 0, id);
    }
    await batch.exec();
  }
  await redis.quit();
}

/** As many rows of the request log, a tenth of a second apart, the newest now. */
export async function seedRequests(redisUrl: string, count: number): Promise<void> {
  const redis = new Redis(redisUrl);
  const now = Date.now();
  for (let from = 0; from < count; from += AT_ONCE) {
    const batch = redis.pipeline();
    for (let index = from; index < Math.min(count, from + AT_ONCE); index++) {
      const endedAt = now - (count - index) * 100;
      batch.xadd(REQUESTS, `${endedAt}-0`, 'row', rowOf(index, endedAt));
    }
    await batch.exec();
  }
  await redis.quit();
}

function rowOf(index: number, endedAt: number): Buffer {
  const failed = index % 50 === 0;
  const row = {
    requestId: `req-${index}`,
    startedAt: endedAt - 1_200,
    key: `key_${index % 500}`,
    keyName: `person-${index % 500}`,
    team: `team-${index % 20}`,
    surface: 'anthropic-messages',
    operation: 'chat',
    requestedModel: 'claude-sandbox',
    model: 'claude-sandbox',
    provider: index % 3 === 0 ? 'second' : 'first',
    rule: 'default',
    status: failed ? 502 : 200,
    outcome: failed ? 'upstream_unreachable' : 'answered',
    stream: true,
    attempts: 1,
    durationMs: 1_200,
    firstTokenMs: 300,
    inputTokens: 4_000 + (index % 977),
    outputTokens: 300 + (index % 311),
    cacheReadTokens: 0,
    cacheCreationTokens: 0,
    reasoningTokens: 0,
    costNanoUsd: 16_500_000,
    estimated: false,
  };
  return rowBytes(eventOf(row, row, row));
}
