import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectRedis, type RedisClient } from '@muxgate/redis';
import { RefreshQueue } from '@muxgate/refresh-queue';
import { createLogger } from '@muxgate/runtime';
import { KeyRing, RefreshVault } from '@muxgate/vault';
import { beforeEach, describe, expect, it } from 'vitest';
import { randomKeyRing } from '../../scripts/launcher/data-dir.ts';
import { startService, type ServiceProcess } from '../support/processes.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { startStrictTokenServer, type StrictTokenServer } from '../support/strict-token-server.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/wait.js';

let vendor: StrictTokenServer;
let server: TestRedis;
let redis: RedisClient;
let vault: RefreshVault;
let worker: ServiceProcess;
let environment: Record<string, string>;

beforeEach(async () => {
  vendor = await startStrictTokenServer({ accessSeconds: 3_600, grace: false });
  server = await startRedis();
  const config = join(await temporaryDirectory(), 'muxgate.yaml');
  await writeFile(
    config,
    `
version: 1
oauthProviders:
  - name: strict
    grant: authorization_code
    authorizationUrl: ${vendor.url}
    tokenUrl: ${vendor.url}
    clientId: muxgate
    clientAuthentication: none
    allowPrivateNetwork: true
  - name: service
    grant: client_credentials
    tokenUrl: ${vendor.url}
    clientId: muxgate-service
    clientSecret: '\${SERVICE_SECRET}'
    clientAuthentication: client_secret_basic
    allowPrivateNetwork: true
`,
  );
  environment = {
    MUXGATE_CONFIG: config,
    REDIS_URL: server.url,
    SERVICE_SECRET: 'a-secret',
    MUXGATE_ACCESS_KEYS: randomKeyRing(),
    MUXGATE_REFRESH_KEYS: randomKeyRing(),
  };
  redis = connectRedis(
    { url: server.url },
    { name: 'test', role: 'commands', logger: createLogger('test', 'silent') },
  );
  vault = new RefreshVault(redis, {
    accessRing: KeyRing.parse(environment['MUXGATE_ACCESS_KEYS'] ?? ''),
    refreshRing: KeyRing.parse(environment['MUXGATE_REFRESH_KEYS'] ?? ''),
  });
  await vault.connect({
    credential: 'one',
    provider: 'strict',
    tokenSet: vendor.newFamily(),
    clientId: 'muxgate',
    scopes: [],
    schedule: { refreshAheadSeconds: 300 },
  });
  return () => redis.disconnect();
});

async function launch(): Promise<void> {
  worker = await startService('worker', environment);
  await worker.waitReady();
}

const rotations = (): number =>
  [...vendor.presentations.values()].flat().filter(({ outcome }) => outcome === 'rotated').length;

async function due(): Promise<void> {
  await redis.hset('muxgate:{c:one}:access', 'refreshAt', Date.now());
  await vault.dueIndex.schedule('one', Date.now());
}

describe('the worker', () => {
  it('starts a due refresh within 2 s, and shows in its metrics what it did', async () => {
    await launch();
    await due();
    await eventually(() => rotations() === 1, 2_000);
    await eventually(async () => (await vault.readState('one'))?.generation === 2);
    const metrics = await (await fetch(`${worker.managementUrl}/metrics`)).text();
    expect(metrics).toContain('muxgate_token_refreshes_total{provider="strict",outcome="refreshed"} 1');
    expect(metrics).toMatch(/muxgate_token_refresh_lag_seconds_count\{provider="strict"\} 1/);
    expect(metrics).toMatch(
      /muxgate_credential_status\{credential="one",provider="strict",status="active"\} 1/,
    );
    expect(metrics).toMatch(/muxgate_credential_expires_in_seconds\{credential="one".*\} 3[56]\d\d/);
    expect(metrics).toMatch(/muxgate_queue_jobs\{queue="refresh",state="waiting"\} 0/);
    expect(metrics).toMatch(/muxgate_last_sweep_timestamp_seconds 1\.?\d+/);
  });

  it('makes one token request of a thousand wishes for a newer token', async () => {
    await launch();
    const queue = new RefreshQueue(redis);
    const wish = { credential: 'one', newerThan: 1, reason: 'unauthorized' } as const;
    await Promise.all(Array.from({ length: 1_000 }, () => queue.expedite(wish)));
    await eventually(async () => (await vault.readState('one'))?.generation === 2);
    await queue.expedite(wish);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(rotations()).toBe(1);
    await queue.close();
  });

  it('does not cancel on SIGTERM what it has sent: it stores the answer, then exits 0', async () => {
    await launch();
    vendor.latencyMs = () => 1_000;
    await due();
    await eventually(async () => (await redis.hget('muxgate:{c:one}:refresh', 'inflight')) === 'sent');
    expect(await worker.stop()).toBe(0);
    expect(await vault.readState('one')).toMatchObject({ generation: 2, status: 'active' });
  });

  it('finds what is due again when the index was lost', async () => {
    await redis.hset('muxgate:{c:one}:access', 'refreshAt', Date.now());
    await redis.del('muxgate:due');
    await launch();
    await expect.poll(rotations, { timeout: 10_000 }).toBe(1);
  });

  it('goes on after Redis was frozen, and lets it be known meanwhile', async () => {
    await launch();
    server.freeze();
    await eventually(async () => (await fetch(`${worker.managementUrl}/readyz`)).status === 503, 30_000, 500);
    expect((await fetch(`${worker.managementUrl}/livez`)).status).toBe(200);
    expect((await fetch(`${worker.managementUrl}/metrics`)).status).toBe(200);
    server.thaw();
    await eventually(() => due().then(() => true));
    await eventually(() => rotations() === 1);
  });

  it('connects client credentials by itself', async () => {
    vendor.scripted.push({
      status: 200,
      body: { access_token: 'at-service', token_type: 'Bearer', expires_in: 600 },
    });
    await launch();
    const token = async () => (await vault.readAccess('service'))?.accessToken;
    await expect.poll(token, { timeout: 10_000 }).toBe('at-service');
    vendor.scripted.push({
      status: 200,
      body: { access_token: 'at-again', token_type: 'Bearer', expires_in: 600 },
    });
    await redis.hset('muxgate:{c:service}:access', 'refreshAt', Date.now());
    await vault.dueIndex.schedule('service', Date.now());
    await expect.poll(token, { timeout: 10_000 }).toBe('at-again');
  });

  it('refuses to start with keys that are none: exit 78, naming the variable and not the key', async () => {
    const broken = await startService('worker', { ...environment, MUXGATE_REFRESH_KEYS: 'k1:c2VjcmV0' });
    await expect(broken.waitReady()).rejects.toThrow(/MUXGATE_REFRESH_KEYS/);
    expect(broken.child.exitCode).toBe(78);
    expect(broken.logs.join()).not.toContain('c2VjcmV0');
  });
});
