import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StartRefused } from './data-dir.ts';
import { freePort } from './ports.ts';
import type { ProcessSpec } from './processes.ts';
import { howToGetRedis, redisBinary } from './redis-binary.ts';
import { redisArguments } from './redis-server.ts';

const LOG_FILE = 'redis.log';

/** How to run the Redis of `npm start`, on a free port, with its append-only file in the data directory. */
export async function redisProcess(
  root: string,
  dataDirectory: string,
  say: (message: string) => void,
  signal: AbortSignal,
): Promise<{ spec: ProcessSpec; port: number }> {
  const port = await freePort();
  const directory = join(dataDirectory, 'redis');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const binary = await redisBinary({ onProgress: say, signal });
  signal.throwIfAborted();
  if (binary) {
    const args = redisArguments({
      port,
      directory,
      appendonly: true,
      args: ['--logfile', join(directory, LOG_FILE)],
    });
    return {
      port,
      spec: { name: 'redis', command: binary.command, args, env: { ...process.env, ...binary.env } },
    };
  }
  say(
    `warning: no Redis could be had, so a small one in JavaScript is used. It is for trying out, not for keeping ` +
      `tokens: they are lost when it stops. ${howToGetRedis()}`,
  );
  const program = join(root, 'scripts/launcher/embedded-redis.ts');
  return {
    port,
    spec: { name: 'redis', command: process.execPath, args: [program, String(port)], env: process.env },
  };
}

export function redisNotUp(dataDirectory: string, seconds: number): StartRefused {
  return new StartRefused(
    `Redis did not answer within ${seconds} s; its lines above or ${join(dataDirectory, 'redis', LOG_FILE)} say why.`,
  );
}
