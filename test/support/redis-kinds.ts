import { startCluster } from './cluster.ts';
import { startRedis } from './redis.ts';
import { startSentinel } from './sentinel.ts';

const REDIS_KINDS = ['standalone', 'sentinel', 'cluster'] as const;
type RedisKind = (typeof REDIS_KINDS)[number];

/** A Redis of this kind, fresh, as the variables that name it to a service. It ends with the test that started it. */
export async function startRedisOf(kind: RedisKind): Promise<{ env: Readonly<Record<string, string>> }> {
  switch (kind) {
    case 'standalone':
      return { env: { REDIS_URL: (await startRedis()).url } };
    case 'sentinel':
      return startSentinel();
    case 'cluster':
      return startCluster();
  }
}

/** What stacks run on where their test does not say: `MUXGATE_TEST_REDIS`, a single server by default. */
export function defaultRedisKind(): RedisKind {
  const named = process.env['MUXGATE_TEST_REDIS'] ?? 'standalone';
  const kind = REDIS_KINDS.find((one) => one === named);
  if (kind === undefined) throw new Error(`MUXGATE_TEST_REDIS must be one of ${REDIS_KINDS.join(', ')}`);
  return kind;
}
