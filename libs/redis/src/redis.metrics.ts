import type { Command } from 'ioredis';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { RedisClient } from './connect-redis.js';

export type RedisMetrics = ReturnType<typeof createRedisMetrics>;

export function createRedisMetrics(registry: Registry) {
  const registers = [registry];
  return {
    duration: new Histogram({
      name: 'muxgate_redis_command_duration_seconds',
      help: 'Time from handing a command to the Redis client until its answer, failures included.',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2],
      registers,
    }),
    unanswered: new Counter({
      name: 'muxgate_redis_unanswered_total',
      help: 'Commands that Redis did not answer: it was away, or slower than a command may take.',
      registers,
    }),
  };
}

/** Redis said no, such as NOSCRIPT before a script is loaded: an answer all the same. */
function isAnswer(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

/** Times every command of one client. A Cluster hands commands on to its nodes; only the outer call counts. */
export function timeCommands(redis: RedisClient, metrics: RedisMetrics): void {
  const send = redis.sendCommand.bind(redis) as (command: Command, ...rest: unknown[]) => unknown;
  const started = new WeakSet<Command>();
  Object.assign(redis, {
    sendCommand(command: Command, ...rest: unknown[]): unknown {
      if (!started.has(command)) {
        started.add(command); // a command that is sent again after a reconnect is still one command
        const stop = metrics.duration.startTimer();
        command.promise.then(
          () => stop(),
          (error: unknown) => {
            stop();
            if (!isAnswer(error)) metrics.unanswered.inc();
          },
        );
      }
      return send(command, ...rest);
    },
  });
}
