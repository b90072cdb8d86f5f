import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { renderAcl } from '../../scripts/redis-acl/render.ts';
import { USERS } from '../../scripts/redis-acl/users.ts';
import { startRedis } from './redis.ts';
import { registerTeardown } from './teardown.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface AclRedis {
  readonly url: string;
  /** The variables by which a service signs in as its own user. */
  readonly users: Readonly<Record<'gateway' | 'auth' | 'worker', Record<string, string>>>;
  /** One more connection, as this user of scripts/redis-acl/users.ts. */
  as(user: string): Redis;
  /** What users were refused so far: `muxgate-gateway: hgetall muxgate:{c:a}:refresh`. */
  refusals(): Promise<string[]>;
}

/** A Redis that knows the users of our ACL file and nobody else. */
export async function startAclRedis(): Promise<AclRedis> {
  const passwords = Object.fromEntries(USERS.map(({ name }) => [name, `password-of-${name}`]));
  const file = join(await temporaryDirectory(), 'users.acl');
  await writeFile(file, renderAcl(passwords));
  const { url } = await startRedis({ args: ['--aclfile', file] });
  const open: Redis[] = [];
  await registerTeardown(
    () => Promise.resolve(open.forEach((redis) => redis.disconnect())),
    () => open.forEach((redis) => redis.disconnect()),
  );
  const as = (username: string): Redis => {
    const redis = new Redis(url, { username, password: passwords[username] });
    open.push(redis);
    return redis;
  };
  const operator = as('muxgate-operator');
  const variables = (service: string) => ({
    REDIS_USERNAME: `muxgate-${service}`,
    REDIS_PASSWORD: passwords[`muxgate-${service}`] ?? '',
  });
  return {
    url,
    users: { gateway: variables('gateway'), auth: variables('auth'), worker: variables('worker') },
    as,
    refusals: async () =>
      ((await operator.call('ACL', 'LOG')) as string[][]).map((entry) => {
        const field = (name: string) => entry[entry.indexOf(name) + 1];
        return `${field('username')}: ${field('reason')} ${field('object')}`;
      }),
  };
}
