import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { startRedis } from '../support/redis.ts';

describe('startRedis', () => {
  it('keeps data over kill -9 and restart with an append-only file', async () => {
    const server = await startRedis({ appendonly: true, args: ['--appendfsync', 'always'] });
    const redis = new Redis(server.url);
    redis.on('error', () => {});
    await redis.set('a', '1');
    const { pid } = server;
    await server.kill();
    await server.restart();
    expect(server.pid).not.toBe(pid);
    expect(await redis.get('a')).toBe('1');
    redis.disconnect();
  });
});
