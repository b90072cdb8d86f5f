import { defineError, type ServiceEnvironment } from '@muxgate/runtime';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** One of `url` (standalone, redis:// or rediss://), `sentinels` with `sentinelMaster`, or `cluster`. */
export interface RedisSettings {
  readonly url?: string;
  readonly sentinels?: readonly HostPort[];
  readonly sentinelMaster?: string;
  readonly cluster?: readonly HostPort[];
  readonly username?: string;
  readonly password?: string;
}

type RedisVariables = Pick<
  ServiceEnvironment,
  | 'REDIS_URL'
  | 'REDIS_SENTINELS'
  | 'REDIS_SENTINEL_MASTER'
  | 'REDIS_CLUSTER'
  | 'REDIS_USERNAME'
  | 'REDIS_PASSWORD'
>;

export const RedisSettingsInvalid = defineError('RedisSettingsInvalid', 'config_redis_settings', 500);

/** @throws RedisSettingsInvalid when no Redis, or more than one, is named, or an address cannot be read. */
export function redisSettings(env: RedisVariables): RedisSettings {
  const named = (['REDIS_URL', 'REDIS_SENTINELS', 'REDIS_CLUSTER'] as const).filter((name) => env[name]);
  if (named.length === 0) {
    throw new RedisSettingsInvalid('no Redis is named: set REDIS_URL, REDIS_SENTINELS or REDIS_CLUSTER');
  }
  if (named.length > 1) throw new RedisSettingsInvalid(`${named.join(' and ')} exclude each other; set one`);
  const credentials = {
    ...(env.REDIS_USERNAME ? { username: env.REDIS_USERNAME } : {}),
    ...(env.REDIS_PASSWORD ? { password: env.REDIS_PASSWORD } : {}),
  };
  if (env.REDIS_SENTINELS) {
    if (!env.REDIS_SENTINEL_MASTER) {
      throw new RedisSettingsInvalid('REDIS_SENTINELS needs REDIS_SENTINEL_MASTER, the name of the master');
    }
    return {
      ...credentials,
      sentinels: hostPorts('REDIS_SENTINELS', env.REDIS_SENTINELS, 26_379),
      sentinelMaster: env.REDIS_SENTINEL_MASTER,
    };
  }
  if (env.REDIS_CLUSTER) {
    return { ...credentials, cluster: hostPorts('REDIS_CLUSTER', env.REDIS_CLUSTER, 6379) };
  }
  return { ...credentials, url: redisUrl(env.REDIS_URL ?? '') };
}

function redisUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['redis:', 'rediss:'].includes(url.protocol)) {
    throw new RedisSettingsInvalid('REDIS_URL must be a redis:// or rediss:// URL');
  }
  return text;
}

function hostPorts(variable: string, list: string, defaultPort: number): HostPort[] {
  return list.split(',').map((entry) => {
    const url = URL.parse(`redis://${entry.trim()}`);
    if (url === null || url.hostname === '') {
      throw new RedisSettingsInvalid(`${variable} must be host:port,…; "${entry.trim()}" is not`);
    }
    return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || defaultPort) };
  });
}
