import { describe, expect, it } from 'vitest';
import { redisSettings } from './redis-settings.js';

describe('Redis is named', () => {
  it('by a URL, with user and password beside it', () => {
    expect(
      redisSettings({ REDIS_URL: 'rediss://host:6380/1', REDIS_USERNAME: 'u', REDIS_PASSWORD: 'p' }),
    ).toEqual({ url: 'rediss://host:6380/1', username: 'u', password: 'p' });
  });

  it('by sentinels and the name of their master', () => {
    expect(redisSettings({ REDIS_SENTINELS: 'a:1, b', REDIS_SENTINEL_MASTER: 'main' })).toEqual({
      sentinels: [
        { host: 'a', port: 1 },
        { host: 'b', port: 26_379 },
      ],
      sentinelMaster: 'main',
    });
  });

  it('by the nodes of a cluster, IPv6 too', () => {
    expect(redisSettings({ REDIS_CLUSTER: '[::1]:7000,b:7001' })).toEqual({
      cluster: [
        { host: '::1', port: 7000 },
        { host: 'b', port: 7001 },
      ],
    });
  });

  it.each([
    [{}, /no Redis is named/],
    [{ REDIS_URL: 'redis://h', REDIS_CLUSTER: 'a:1' }, /exclude each other/],
    [{ REDIS_URL: 'http://h' }, /must be a redis:\/\/ or rediss:\/\/ URL/],
    [{ REDIS_SENTINELS: 'a:1' }, /needs REDIS_SENTINEL_MASTER/],
    [{ REDIS_CLUSTER: 'a:1,,b' }, /must be host:port/],
  ])('wrongly: %j', (env, message) => {
    expect(() => redisSettings(env)).toThrow(message);
  });

  it('and a wrong URL is not repeated, it may hold a password', () => {
    expect(() => redisSettings({ REDIS_URL: 'http://u:secret@h' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }) as Error,
    );
  });
});
