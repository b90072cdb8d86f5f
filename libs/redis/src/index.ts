export { assertRedisUsable, RedisUnreachable, RedisUnsuitable } from './assert-redis-usable.js';
export { connectRedis, type ConnectRedisOptions, type RedisClient, type RedisRole } from './connect-redis.js';
export { createRedisMetrics } from './redis.metrics.js';
export { redisSettings, RedisSettingsInvalid, type HostPort, type RedisSettings } from './redis-settings.js';
export { loadScript, runScript, type Script } from './script.js';
