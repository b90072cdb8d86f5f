import { defineError, type Logger, messageOf } from '@muxgate/runtime';
import { Cluster, type Redis } from 'ioredis';
import type { RedisClient } from './connect-redis.js';

/** Restarting will not help: the code makes the process exit 78 (EX_CONFIG). */
export const RedisUnsuitable = defineError('RedisUnsuitable', 'config_redis_unsuitable', 500);

export const RedisUnreachable = defineError('RedisUnreachable', 'redis_unreachable', 503);

const OLDEST = [6, 2] as const;

/**
 * Refuses a Redis that would lose tokens: older than 6.2, or one that evicts keys under memory pressure.
 * Managed servers may hide INFO; those are let through with a warning. Not asked by CONFIG, which no service's user may.
 *
 * @throws RedisUnsuitable, RedisUnreachable when none answers
 */
export async function assertRedisUsable(redis: RedisClient, logger: Logger): Promise<void> {
  await redis.ping().catch((error: unknown) => {
    throw new RedisUnreachable(`Redis does not answer (${messageOf(error)})`, { cause: error });
  });
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis];
  for (const node of nodes) {
    const info = await infoOf(node, logger);
    assertVersion(/redis_version:(\S+)/.exec(info)?.[1]);
    assertPolicy(/maxmemory_policy:(\S+)/.exec(info)?.[1]);
  }
}

/** Empty where the server keeps it to itself. */
async function infoOf(node: Redis, logger: Logger): Promise<string> {
  try {
    return await node.info();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ReplyError') throw error;
    logger.warn(
      { command: 'INFO', reason: messageOf(error) },
      'Redis does not say how it is set up; see to noeviction',
    );
    return '';
  }
}

function assertVersion(version: string | undefined): void {
  if (version === undefined) return;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new RedisUnsuitable(`Redis ${version} is too old: Muxgate needs ${OLDEST.join('.')} or later`);
  }
}

function assertPolicy(policy: string | undefined): void {
  if (policy === undefined || policy === 'noeviction') return;
  throw new RedisUnsuitable(
    `Redis evicts keys (maxmemory-policy is ${policy}) and would lose tokens: set maxmemory-policy noeviction`,
  );
}
