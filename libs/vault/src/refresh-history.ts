import type { RedisClient } from '@muxgate/redis';
import { historyKey } from './keys.js';

/** What became of one attempt to refresh a credential. Never a secret. */
export interface RefreshRecord {
  /** Epoch milliseconds; when it ended. */
  readonly at: number;
  /** As in the metric `muxgate_token_refreshes_total`: `refreshed`, or why not. */
  readonly outcome: string;
  /** The generation that it began with. */
  readonly generation: number;
  readonly durationMs: number;
}

const KEPT = 50;
const LIFE_MS = 90 * 24 * 3_600_000;

/** The last attempts of each credential, for people who look at it. Nothing depends on it. */
export class RefreshHistory {
  constructor(private readonly redis: RedisClient) {}

  async record(credential: string, record: RefreshRecord): Promise<void> {
    const key = historyKey(credential);
    await this.redis
      .multi()
      .lpush(key, JSON.stringify(record))
      .ltrim(key, 0, KEPT - 1)
      .pexpire(key, LIFE_MS)
      .exec();
  }

  /** Newest first. */
  async list(credential: string): Promise<RefreshRecord[]> {
    const records = await this.redis.lrange(historyKey(credential), 0, -1);
    return records.map((text) => JSON.parse(text) as RefreshRecord);
  }
}
