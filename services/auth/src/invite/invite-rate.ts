import { hash } from 'node:crypto';
import type { RedisClient } from '@muxgate/redis';

const WINDOW_MS = 60_000;
/** An office behind one address opens its links on one morning; a page that waits for a device code asks 12 times. */
const MOST_A_WINDOW = 120;

/** How often an address may call the pages that need no admin token. */
export class InviteRate {
  constructor(private readonly redis: RedisClient) {}

  async allows(address: string): Promise<boolean> {
    const key = `muxgate:rate:invite:${hash('sha256', address).slice(0, 16)}`;
    const [, counted] = (await this.redis.multi().set(key, 0, 'PX', WINDOW_MS, 'NX').incr(key).exec()) ?? [];
    return Number(counted?.[1] ?? 0) <= MOST_A_WINDOW;
  }
}
