import { hash, randomBytes } from 'node:crypto';
import { chmod, copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomKeyRing } from '../../scripts/launcher/data-dir.ts';
import { isReadyWithin } from '../../scripts/launcher/readiness.ts';
import type { ServiceName } from '../../scripts/launcher/service-environment.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { imageOf, REDIS_IMAGE } from './images.ts';
import { PrivateNetwork, type Container } from './private-network.ts';

const CONFIG = fileURLToPath(new URL('../../config/muxgate.yaml', import.meta.url));
/** Where a browser would come back to: the vendor sends it to loopback addresses only. */
const LOOPBACK_URL = 'http://127.0.0.1:8081';
const READY_PORTS: Record<ServiceName, number> = { gateway: 9080, auth: 9081, worker: 9082, sandbox: 9100 };

export interface ContainerStack {
  readonly network: PrivateNetwork;
  readonly containers: Record<ServiceName, Container>;
  /** From `podman run` to the first 200 of /readyz. */
  readonly readyMs: Record<ServiceName, number>;
  readonly gatewayUrl: string;
  readonly authUrl: string;
  readonly adminToken: string;
  readonly clientKey: string;
}

/** Redis, the sandbox and the three services, each in a container; configuration and secrets are files. */
export async function startContainers(): Promise<ContainerStack> {
  const network = await PrivateNetwork.create(REDIS_IMAGE);
  const redis = await network.start(network.nextAddress(), {
    image: REDIS_IMAGE,
    args: ['--save', '', '--protected-mode', 'no', '--maxmemory-policy', 'noeviction', '--dir', '/tmp'],
  });
  const adminToken = `mxa_${randomBytes(24).toString('base64url')}`;
  const clientKey = `mxg_${randomBytes(24).toString('base64url')}`;
  const files = await filesFor({
    MUXGATE_ACCESS_KEYS: randomKeyRing(),
    MUXGATE_REFRESH_KEYS: randomKeyRing(),
    MUXGATE_ADMIN_TOKENS: `test:admin:${hash('sha256', adminToken)}`,
  });
  const containers = {} as Record<ServiceName, Container>;
  const readyMs = {} as Record<ServiceName, number>;
  const addresses = {
    sandbox: network.nextAddress(),
    worker: network.nextAddress(),
    auth: network.nextAddress(),
    gateway: network.nextAddress(),
  };
  const start = async (
    service: ServiceName,
    env: Record<string, string>,
    secrets: readonly string[] = [],
  ) => {
    const began = Date.now();
    const named = Object.fromEntries(secrets.map((name) => [`${name}_FILE`, `/run/secrets/${name}`]));
    const container = await network.start(addresses[service], {
      image: imageOf(service),
      env: { ...env, ...named },
      mounts: {
        '/etc/muxgate/muxgate.yaml': join(files, 'muxgate.yaml'),
        ...Object.fromEntries(secrets.map((name) => [`/run/secrets/${name}`, join(files, name)])),
      },
    });
    if (!(await isReadyWithin(`http://${addresses[service]}:${READY_PORTS[service]}/readyz`, 30_000)))
      throw new Error(`${service} is not ready:\n${await container.logs()}`);
    readyMs[service] = Date.now() - began;
    containers[service] = container;
  };
  const vendor = `http://${addresses.sandbox}:9100`;
  const authUrl = `http://${addresses.auth}:8081`;
  const ours = { REDIS_URL: `redis://${redis.address}:6379`, MUXGATE_SANDBOX_URL: vendor };
  const keys = ['MUXGATE_ACCESS_KEYS', 'MUXGATE_REFRESH_KEYS'];
  await start('sandbox', { SANDBOX_PUBLIC_URL: vendor, SANDBOX_ACCESS_TOKEN_SECONDS: '20', HOST: '0.0.0.0' });
  await start('worker', ours, keys);
  await start(
    'auth',
    { ...ours, PUBLIC_URL: LOOPBACK_URL, MUXGATE_LOCAL_CLIENT_KEY_HASH: hash('sha256', clientKey) },
    [...keys, 'MUXGATE_ADMIN_TOKENS'],
  );
  await start('gateway', ours, ['MUXGATE_ACCESS_KEYS']);
  const gatewayUrl = `http://${addresses.gateway}:8080`;
  return { network, containers, readyMs, gatewayUrl, authUrl, adminToken, clientKey };
}

/** A directory with the configuration and the secrets, for the user of the images to read. */
async function filesFor(secrets: Readonly<Record<string, string>>): Promise<string> {
  const directory = await temporaryDirectory();
  await chmod(directory, 0o755);
  await copyFile(CONFIG, join(directory, 'muxgate.yaml'));
  for (const [name, value] of Object.entries(secrets))
    await writeFile(join(directory, name), value, { mode: 0o644 });
  return directory;
}
