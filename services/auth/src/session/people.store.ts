import type { RedisClient } from '@muxgate/redis';
import type { Principal } from '../admin/admin-tokens.js';

/** A person's last sign-in to the console; its time in epoch milliseconds. */
export interface LastSignIn extends Principal {
  readonly at: number;
}

/** Of more people the ones who came last are remembered. */
export const MOST_PEOPLE = 1_000;
/** Names by the time of their last sign-in, and the role that they had then. One hash tag: one slot of a cluster. */
const SEEN = 'muxgate:{people}:seen';
const ROLES = 'muxgate:{people}:roles';

/** Who signed in to the console, ever: sessions end and are gone. */
export class PeopleStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly most = MOST_PEOPLE,
    private readonly now: () => number = Date.now,
  ) {}

  async signedIn({ name, role }: Principal): Promise<void> {
    await this.redis.multi().zadd(SEEN, this.now(), name).hset(ROLES, name, role).exec();
    const forgotten = await this.redis.zrange(SEEN, 0, -(this.most + 1));
    if (forgotten.length === 0) return;
    await this.redis
      .multi()
      .zrem(SEEN, ...forgotten)
      .hdel(ROLES, ...forgotten)
      .exec();
  }

  /** The one who came last first. */
  async list(): Promise<LastSignIn[]> {
    const [seen, roles] = await Promise.all([
      this.redis.zrevrange(SEEN, 0, -1, 'WITHSCORES'),
      this.redis.hgetall(ROLES),
    ]);
    return Array.from({ length: seen.length / 2 }, (_, index) => {
      const name = seen[2 * index] ?? '';
      return { name, role: (roles[name] ?? 'viewer') as Principal['role'], at: Number(seen[2 * index + 1]) };
    });
  }
}
