import type { RedisClient } from '@muxgate/redis';

const POLLS = 'muxgate:{device-polls}:due';
/** How slow each provider wants to be asked, in milliseconds. */
const INTERVALS = 'muxgate:{device-polls}:intervals';
/** Longer than one question to a token endpoint may take (20 s). */
export const POLL_LEASE_MS = 30_000;

/** The right to ask once for one device code. */
export interface DevicePoll {
  readonly id: string;
  readonly intervalMs: number;
  readonly leaseUntil: number;
}

/**
 * Which device codes wait for which moment. Taking a turn moves the moment beyond the longest answer, atomically: that
 * is the lease, so of several workers one asks, and one that dies leaves the next turn to another, never too early.
 */
export class DevicePolls {
  constructor(
    private readonly redis: RedisClient,
    private readonly now: () => number = Date.now,
  ) {}

  async begin(id: string, intervalMs: number): Promise<void> {
    await this.redis
      .multi()
      .hset(INTERVALS, id, intervalMs)
      .zadd(POLLS, this.now() + intervalMs, id)
      .exec();
  }

  due(limit: number): Promise<string[]> {
    return this.redis.zrange(POLLS, '-inf', this.now(), 'BYSCORE', 'LIMIT', 0, limit);
  }

  /** Nothing, where another worker was faster. */
  async take(id: string): Promise<DevicePoll | undefined> {
    const leaseUntil = this.now() + POLL_LEASE_MS;
    const taken = await this.redis.eval(TAKE, 2, POLLS, INTERVALS, id, this.now(), leaseUntil);
    return taken === null ? undefined : { id, intervalMs: Number(taken), leaseUntil };
  }

  /** Gives the turn back, for after `waitMs`; without effect where the lease has passed to another. */
  async again({ id, leaseUntil }: DevicePoll, intervalMs: number, waitMs: number): Promise<void> {
    await this.redis.eval(AGAIN, 2, POLLS, INTERVALS, id, leaseUntil, this.now() + waitMs, intervalMs);
  }

  async end(id: string): Promise<void> {
    await this.redis.multi().zrem(POLLS, id).hdel(INTERVALS, id).exec();
  }
}

const TAKE = `
local at = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not at or tonumber(at) > tonumber(ARGV[2]) then return nil end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
return redis.call('HGET', KEYS[2], ARGV[1]) or '5000'`;

const AGAIN = `
local at = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not at or tonumber(at) ~= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[4])
return 1`;
