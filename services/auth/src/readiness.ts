import type { RedisClient } from '@muxgate/redis';
import { messageOf, type Readiness } from '@muxgate/runtime';

/** Every request of this service needs Redis, so it is ready while Redis answers and it is not on its way out. */
export function readinessOf(redis: RedisClient): { check: () => Promise<Readiness>; leave: () => void } {
  let leaving = false;
  return {
    check: async () => {
      const store = await answers(redis);
      return {
        ok: store.ok && !leaving,
        checks: { redis: store, serving: { ok: !leaving, ...(leaving ? { detail: 'shutting down' } : {}) } },
      };
    },
    leave: () => {
      leaving = true;
    },
  };
}

async function answers(redis: RedisClient): Promise<{ ok: boolean; detail?: string }> {
  try {
    await redis.ping();
    return { ok: true };
  } catch (error) {
    return { ok: false, detail: messageOf(error) };
  }
}
