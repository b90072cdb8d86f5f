import { randomUUID } from 'node:crypto';
import type { RedisClient } from '@muxgate/redis';

const KEY = 'muxgate:oauth:host-id';

/** A name of this deployment for providers that want to know one host from another; random, and the same for ever. */
export class HostId {
  constructor(private readonly redis: RedisClient) {}

  async read(): Promise<string> {
    const fresh = randomUUID();
    return (await this.redis.set(KEY, fresh, 'NX', 'GET')) ?? fresh;
  }
}
