import type { Logger } from '@muxgate/runtime';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { timeCommands, type RedisMetrics } from './redis.metrics.js';
import type { RedisSettings } from './redis-settings.js';

export type RedisClient = Redis | Cluster;

/**
 * `commands`: every command answers or fails within `commandTimeoutMs`, also on a frozen Redis.
 * `blocking`: BullMQ's workers, which wait for as long as it takes. `subscriber`: pub/sub.
 */
export type RedisRole = 'commands' | 'blocking' | 'subscriber';

export interface ConnectRedisOptions {
  /** Shown by CLIENT LIST and in our logs. */
  readonly name: string;
  readonly role: RedisRole;
  readonly logger: Logger;
  readonly commandTimeoutMs?: number;
  readonly metrics?: RedisMetrics;
}

const COMMAND_TIMEOUT_MS = 2_000;
const LONGEST_RECONNECT_DELAY_MS = 500;

/** Connects in the background and for ever; the client is usable at once. Close it with `quit` or `disconnect`. */
export function connectRedis(settings: RedisSettings, options: ConnectRedisOptions): RedisClient {
  const redis = open(settings, options);
  if (redis instanceof Cluster && options.role === 'commands') {
    limitCommands(redis, options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS);
  }
  logStateChanges(redis, options);
  if (options.metrics !== undefined && options.role === 'commands') timeCommands(redis, options.metrics);
  return redis;
}

function open(settings: RedisSettings, options: ConnectRedisOptions): RedisClient {
  const node = nodeOptions(settings, options);
  if (settings.cluster !== undefined) {
    return new Cluster([...settings.cluster], {
      clusterRetryStrategy: reconnectDelay,
      redisOptions: node,
      enableAutoPipelining: false,
    });
  }
  if (settings.sentinels !== undefined) {
    return new Redis({
      ...node,
      sentinels: settings.sentinels.map((sentinel) => ({ ...sentinel })),
      name: settings.sentinelMaster ?? 'mymaster',
      sentinelRetryStrategy: reconnectDelay,
      retryStrategy: reconnectDelay,
    });
  }
  return new Redis(settings.url ?? '', { ...node, retryStrategy: reconnectDelay });
}

function nodeOptions(settings: RedisSettings, options: ConnectRedisOptions): RedisOptions {
  const commandTimeoutMs = options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS;
  return {
    ...(settings.username === undefined ? {} : { username: settings.username }),
    ...(settings.password === undefined ? {} : { password: settings.password }),
    connectionName: options.name,
    connectTimeout: 5_000,
    // A failover leaves the old master read-only for a moment: reconnect, and send the command again.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
    ...(options.role === 'commands'
      ? // Commands wait through a blink, not through an outage.
        { commandTimeout: commandTimeoutMs, maxRetriesPerRequest: 2, socketTimeout: 5 * commandTimeoutMs }
      : { maxRetriesPerRequest: null }),
  };
}

/** While no node is known a Cluster keeps commands waiting; ioredis times only those that a node has. */
function limitCommands(cluster: Cluster, timeoutMs: number): void {
  const send = cluster.sendCommand.bind(cluster);
  cluster.sendCommand = (command, ...rest) => {
    command.setTimeout(timeoutMs);
    return send(command, ...rest);
  };
}

function reconnectDelay(attempt: number): number {
  return Math.min(50 * attempt, LONGEST_RECONNECT_DELAY_MS);
}

/** An outage is one warning and one notice, however many attempts lie between. */
function logStateChanges(redis: RedisClient, { name, logger }: ConnectRedisOptions): void {
  let down = false;
  redis.on('error', (error: Error) => {
    if (!down) logger.warn({ connection: name, err: error }, 'Redis is not reachable, reconnecting');
    down = true;
  });
  redis.on('ready', () => {
    if (down) logger.info({ connection: name }, 'Redis is back');
    down = false;
  });
}
