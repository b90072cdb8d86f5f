import type { RedisClient } from '@muxgate/redis';
import { CREDENTIAL_INDEX, DUE_INDEX, recordKeys } from './keys.js';

const BATCH = 200;

/**
 * When each credential wants attention. It lives in another slot than the records, so a crash may leave it
 * behind them: every entry is checked against its record before anything is spent, and `rebuild` heals it.
 */
export class DueIndex {
  constructor(private readonly redis: RedisClient) {}

  async schedule(credential: string, dueAt: number): Promise<void> {
    await this.redis.zadd(DUE_INDEX, dueAt, credential);
  }

  async forget(credential: string): Promise<void> {
    await this.redis.zrem(DUE_INDEX, credential);
  }

  /** Ids that are due, the longest overdue first. */
  due(now: number, limit: number): Promise<string[]> {
    return this.redis.zrange(DUE_INDEX, '-inf', now, 'BYSCORE', 'LIMIT', 0, limit);
  }

  /** Writes the index anew from the records. */
  async rebuild(): Promise<void> {
    let from = '-';
    for (;;) {
      const ids = await this.redis.zrange(CREDENTIAL_INDEX, from, '+', 'BYLEX', 'LIMIT', 0, BATCH);
      await Promise.all(ids.map((id) => this.restore(id)));
      const last = ids.at(-1);
      if (last === undefined || ids.length < BATCH) return;
      from = `(${last}`;
    }
  }

  /** Indexes one credential as its record has it. */
  async restore(credential: string): Promise<void> {
    const [accessKey, refreshKey] = recordKeys(credential);
    const [[refreshAt, status], notBefore] = await Promise.all([
      this.redis.hmget(accessKey, 'refreshAt', 'status'),
      this.redis.hget(refreshKey, 'notBefore'),
    ]);
    const terminal = status === 'reauthorization_required' || status === 'blocked_by_provider';
    if (refreshAt == null || terminal) await this.forget(credential);
    else await this.schedule(credential, Math.max(Number(refreshAt), Number(notBefore ?? 0)));
  }
}
