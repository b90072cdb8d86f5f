import { hash } from 'node:crypto';
import type { RedisClient } from '@muxgate/redis';
import { SignInThrottled } from './session.errors.js';

const FAILURES = 10;
const WINDOW_MS = 60_000;

/** Ten failed sign-ins a minute from one address, counted over all replicas. */
export class SignInLimit {
  constructor(private readonly redis: RedisClient) {}

  /** Counts this try as failed until `succeeded` says otherwise. @throws SignInThrottled */
  async begin(address: string): Promise<void> {
    const key = keyOf(address);
    // the window is set before the count, so that a count without an end cannot remain
    await this.redis.set(key, 0, 'PX', WINDOW_MS, 'NX');
    if ((await this.redis.incr(key)) <= FAILURES) return;
    const ms = await this.redis.pttl(key);
    const seconds = Math.max(1, Math.ceil(ms / 1000));
    throw new SignInThrottled(`Too many failed sign-ins; try again in ${seconds} s.`, {
      headers: { 'retry-after': String(seconds) },
    });
  }

  async succeeded(address: string): Promise<void> {
    await this.redis.del(keyOf(address));
  }
}

function keyOf(address: string): string {
  return `muxgate:sign-in:${hash('sha256', address)}`;
}
