import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectRedis, type RedisSettings } from '@muxgate/redis';
import { createLogger } from '@muxgate/runtime';
import { KeyRing, RefreshVault } from '@muxgate/vault';
import { startService, type ServiceProcess } from '../support/processes.js';
import type { StrictTokenServer } from '../support/strict-token-server.js';
import { registerTeardown } from '../support/teardown.ts';
import { temporaryDirectory } from '../support/temporary-directory.js';

export interface Keys {
  readonly access: string;
  readonly refresh: string;
}

export const between = (low: number, high: number): number => low + Math.random() * (high - low);

export const idOf = (index: number): string => `c${String(index).padStart(5, '0')}`;

/** A vault as the test sees it, with so many credentials of the vendor in it. */
export async function connectCredentials(
  settings: RedisSettings,
  keys: Keys,
  vendor: StrictTokenServer,
  count: number,
): Promise<RefreshVault> {
  const logger = createLogger('test', 'silent');
  const redis = connectRedis(settings, { name: 'chaos', role: 'blocking', logger });
  await registerTeardown(
    () => Promise.resolve(redis.disconnect()),
    () => redis.disconnect(),
  );
  const vault = new RefreshVault(redis, {
    accessRing: KeyRing.parse(keys.access),
    refreshRing: KeyRing.parse(keys.refresh),
  });
  for (let first = 0; first < count; first += 100) {
    const some = Array.from({ length: Math.min(100, count - first) }, (_, i) => idOf(first + i));
    await Promise.all(
      some.map((credential) =>
        vault.connect({
          credential,
          provider: 'strict',
          tokenSet: vendor.newFamily(),
          clientId: 'muxgate',
          scopes: [],
          schedule: { refreshAheadSeconds: 300 },
        }),
      ),
    );
  }
  return vault;
}

export async function startWorkers(
  count: number,
  redis: Readonly<Record<string, string>>,
  keys: Keys,
  tokenUrl: string,
): Promise<ServiceProcess[]> {
  const config = join(await temporaryDirectory(), 'muxgate.yaml');
  await writeFile(
    config,
    `
version: 1
oauthProviders:
  - name: strict
    grant: authorization_code
    authorizationUrl: ${tokenUrl}
    tokenUrl: ${tokenUrl}
    clientId: muxgate
    clientAuthentication: none
    allowPrivateNetwork: true
`,
  );
  const workers: ServiceProcess[] = [];
  for (let i = 0; i < count; i++) {
    const worker = await startService('worker', {
      MUXGATE_CONFIG: config,
      ...redis,
      MUXGATE_ACCESS_KEYS: keys.access,
      MUXGATE_REFRESH_KEYS: keys.refresh,
      MUXGATE_ESCROW_DIR: await temporaryDirectory(),
    });
    await worker.waitReady();
    workers.push(worker);
  }
  return workers;
}
