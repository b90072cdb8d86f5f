import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HttpService } from '@nestjs/axios';
import { ConfigSource, parseConfig } from '@muxgate/config';
import { createOAuthHttp } from '@muxgate/egress';
import { connectRedis } from '@muxgate/redis';
import { createLogger } from '@muxgate/runtime';
import { RefreshHistory, KeyRing, Lane, RefreshVault } from '@muxgate/vault';
import axios from 'axios';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommitTokens } from '../../services/worker/src/commit-tokens.js';
import { Escrow } from '../../services/worker/src/escrow.js';
import { Holder } from '../../services/worker/src/holder.js';
import { ProviderCooldown } from '../../services/worker/src/provider-cooldown.js';
import { RefreshCredential } from '../../services/worker/src/refresh-credential.js';
import { TokenEndpoints } from '../../services/worker/src/token-endpoints.js';
import { createWorkerMetrics } from '../../services/worker/src/worker.metrics.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { eventually } from '../support/wait.ts';
import { startStrictTokenServer, type StrictTokenServer } from '../support/strict-token-server.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const ring = (): KeyRing => KeyRing.parse(`k1:${randomBytes(32).toString('base64')}`);
const rings = { accessRing: ring(), refreshRing: ring() };
const logger = createLogger('test', 'silent');
const configOf = (tokenUrl: string, policy = '') =>
  new ConfigSource(
    parseConfig(
      `
version: 1
oauthProviders:
  - name: acme
    grant: authorization_code
    authorizationUrl: http://127.0.0.1:1/authorize
    tokenUrl: ${tokenUrl}
    clientId: muxgate
    clientAuthentication: none
    allowPrivateNetwork: true
${policy}`,
      {},
    ),
  );

let redisServer: TestRedis;
let redis: ReturnType<typeof connectRedis>;
let vault: RefreshVault;
let server: StrictTokenServer;

beforeAll(async () => {
  redisServer = await startRedis({ appendonly: true, args: ['--appendfsync', 'always'] });
  redis = connectRedis(
    { url: redisServer.url },
    { name: 'test', role: 'commands', logger, commandTimeoutMs: 1_500 },
  );
  vault = new RefreshVault(redis, rings);
});
afterAll(async () => {
  redis.disconnect();
  await redisServer.stop();
});

async function setUp(grace: boolean, escrowDirectory?: string): Promise<RefreshCredential> {
  await redis.flushall();
  server = await startStrictTokenServer({ accessSeconds: 3_600, grace });
  await login('one');
  await due();
  return worker(escrowDirectory);
}

async function login(credential: string): Promise<void> {
  const tokenSet = server.newFamily();
  const schedule = { refreshAheadSeconds: 300 };
  await vault.connect({ credential, provider: 'acme', tokenSet, clientId: 'muxgate', scopes: [], schedule });
}

function worker(escrowDirectory?: string, tokenUrl = server.url, policy = ''): RefreshCredential {
  return new RefreshCredential(
    vault,
    configOf(tokenUrl, policy),
    new TokenEndpoints(createOAuthHttp(new HttpService(axios.create()))),
    commits(escrowDirectory),
    new ProviderCooldown(),
    new Lane(redis),
    Holder.ofThisProcess(),
    new RefreshHistory(redis),
    createWorkerMetrics(new Registry()),
    logger,
  );
}

function commits(escrowDirectory?: string): CommitTokens {
  return new CommitTokens(vault, logger, escrowDirectory ? new Escrow(escrowDirectory, vault) : undefined);
}

const due = () => redis.hset('muxgate:{c:one}:access', 'refreshAt', Date.now() - 1_000);
const again = async () => {
  await due();
  await redis.hdel('muxgate:{c:one}:refresh', 'notBefore');
};
const counts = () => [...server.presentations.values()].map((came) => came.length);

describe('a refresh', () => {
  it('F1 asked for by 40 callers at once spends the refresh token once', async () => {
    const refresh = await setUp(false);
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => refresh.run('one', 1)));
    expect(outcomes.filter((outcome) => outcome === 'refreshed')).toHaveLength(1);
    expect(counts()).toEqual([1]);
    expect(await refresh.run('one', 1)).toBe('fresh');
    expect((await vault.readAccess('one'))?.generation).toBe(2);
  });

  it('whose answer is lost is settled within 5 s where the provider allows a repetition', async () => {
    const refresh = await setUp(true);
    server.scripted.push('cut');
    const startedAt = Date.now();
    expect(await refresh.run('one')).toBe('refreshed');
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    expect(counts()).toEqual([2]);
  });

  it('whose answer is lost at a provider that forbids repetitions asks for a new authorization and says why', async () => {
    const refresh = await setUp(false);
    server.scripted.push('cut');
    expect(await refresh.run('one')).toBe('invalid_grant');
    expect(await vault.readState('one')).toMatchObject({
      status: 'reauthorization_required',
      lastError: { code: 'rotation_lost' },
    });
    expect(await vault.dueIndex.due(Date.now() + 1e9, 10)).toEqual([]);
  });

  it('is remembered with what became of it, newest first', async () => {
    const refresh = await setUp(true);
    server.scripted.push('cut', 'cut');
    await refresh.run('one');
    await again();
    await refresh.run('one');
    const history = new RefreshHistory(redis);
    await eventually(async () => expect(await history.list('one')).toHaveLength(2));
    const records = await history.list('one');
    expect(records.map(({ generation }) => generation)).toEqual([1, 1]);
    expect(records[0]?.outcome).toBe('refreshed');
    expect(records[1]?.outcome).not.toBe('refreshed');
  });

  it('is repeated once and no more: the next attempt settles it', async () => {
    const refresh = await setUp(true);
    server.scripted.push('cut', 'cut');
    expect(await refresh.run('one')).toBe('ambiguous');
    expect((await vault.readState('one'))?.status).toBe('refresh_failing');
    await again();
    expect(await refresh.run('one')).toBe('refreshed');
    expect(counts()).toEqual([3]);
  });

  it('that cannot be sent leaves the grant unspent and is tried again', async () => {
    await setUp(false);
    expect(await worker(undefined, 'http://127.0.0.1:1/token').run('one')).toBe('not_sent');
    await again();
    expect(await worker().run('one')).toBe('refreshed');
    expect(counts()).toEqual([1]);
  });

  it('leaves a provider alone for as long as its Retry-After says, with all its credentials', async () => {
    const refresh = await setUp(false);
    server.scripted.push({ status: 503, headers: { 'retry-after': '20' } });
    expect(await refresh.run('one')).toBe('unavailable');
    const waiting = await vault.acquire('one', 'other');
    expect(waiting.outcome === 'waiting' && waiting.until - Date.now()).toBeGreaterThan(18_000);
    await again();
    expect(await refresh.run('one')).toBe('provider_paused');
    expect(counts()).toEqual([]);
  });

  it('is not given up for a client that the provider does not know: a person mends it and it goes on', async () => {
    const refresh = await setUp(false);
    server.scripted.push({ status: 401, body: { error: 'invalid_client' } });
    expect(await refresh.run('one')).toBe('invalid_client');
    expect((await vault.readState('one'))?.status).toBe('refresh_failing');
    await again();
    expect(await worker().run('one')).toBe('refreshed');
  });

  it('of a dead holder is taken over at once on the same machine, and settled', async () => {
    const refresh = await setUp(true);
    const dead = Holder.ofThisProcess();
    const acquired = await vault.acquire('one', dead.begin());
    if (acquired.outcome !== 'granted') throw new Error(acquired.outcome);
    await vault.markSent(acquired.lease);
    expect(await refresh.run('one')).toBe('refreshed');
  });

  it('refused for a token that has a living sibling takes the sibling', async () => {
    const refresh = await setUp(false);
    const acquired = await vault.acquire('one', 'slow');
    if (acquired.outcome !== 'granted') throw new Error(acquired.outcome);
    const rotated = server.newFamily();
    await vault.commit(acquired.lease, { ...rotated, refreshToken: 'rt-dead' }, { refreshAheadSeconds: 300 });
    const sibling = server.newFamily();
    const late = { ...acquired.lease, fence: acquired.lease.fence + 1 };
    expect(await vault.commit(late, sibling, { refreshAheadSeconds: 300 })).toMatchObject({
      outcome: 'conflict',
    });
    await again();
    expect(await refresh.run('one')).toBe('promoted');
    expect((await vault.readAccess('one'))?.accessToken).toBe(sibling.accessToken);
    await again();
    expect(await refresh.run('one')).toBe('refreshed');
  });
});

describe('a policy', () => {
  const under = (policy: string) => worker(undefined, server.url, `    ${policy}\n`);

  it('of a greatest age ends an older authorization unspent, and says why', async () => {
    await setUp(false);
    await redis.hset('muxgate:{c:one}:access', 'connectedAt', Date.now() - 31 * 86_400_000);
    expect(await under('reauthorizeAfterDays: 31').run('one')).toBe('authorization_too_old');
    expect(await vault.readState('one')).toMatchObject({
      status: 'reauthorization_required',
      lastError: {
        code: 'authorization_too_old',
        message: expect.stringContaining('reauthorizeAfterDays') as string,
      },
    });
    expect(counts()).toEqual([]);
  });

  it('F5 of keep-alive has a refresh token exercised long before its access token ends', async () => {
    await setUp(false);
    server.scripted.push({
      status: 200,
      body: { access_token: 'at-long', refresh_token: 'rt-long', expires_in: 365 * 86_400 },
    });
    expect(await under('keepAliveDays: 20').run('one')).toBe('refreshed');
    const refreshAt = (await vault.readState('one'))?.refreshAt ?? 0;
    expect(Math.abs(refreshAt - Date.now() - 20 * 86_400_000)).toBeLessThan(60_000);
  });

  it('of spacing keeps token requests under one client id apart, and puts off those too far behind', async () => {
    await setUp(false);
    for (let i = 0; i < 8; i++) {
      await login(`s${i}`);
      await redis.hset(`muxgate:{c:s${i}}:access`, 'refreshAt', Date.now() - 1_000);
    }
    // Two workers: the lane is of all of them.
    const [a, b] = [under('refreshSpacingMs: 700'), under('refreshSpacingMs: 700')];
    const outcomes = await Promise.all(Array.from({ length: 8 }, (_, i) => (i % 2 ? a : b).run(`s${i}`)));
    expect(outcomes.filter((outcome) => outcome === 'refreshed')).toHaveLength(5); // at 0, 0.7, 1.4, 2.1, 2.8 s
    expect(outcomes.filter((outcome) => outcome === 'lane_full')).toHaveLength(3);
    const starts = [...server.presentations.values()].flat().map(({ at }) => at);
    const gaps = starts
      .toSorted((x, y) => x - y)
      .map((at, i, all) => (i === 0 ? Infinity : at - (all[i - 1] ?? 0)));
    expect(Math.min(...gaps)).toBeGreaterThan(400);
    const { items } = await vault.listStates({ limit: 20 });
    expect(items.filter(({ status }) => status !== 'active')).toEqual([]); // nothing failed
    expect(await vault.dueIndex.due(Date.now() + 60_000, 10)).toHaveLength(3);
  });

  it('of a documented replay window repeats a lost answer soon, again and again', async () => {
    await setUp(true);
    const refresh = under('replayWindowSeconds: 30');
    for (let failures = 0; failures < 4; failures++) {
      server.scripted.push('cut', 'cut');
      expect(await refresh.run('one')).toBe('ambiguous');
      const notBefore = Number(await redis.hget('muxgate:{c:one}:refresh', 'notBefore'));
      expect(notBefore - Date.now()).toBeLessThanOrEqual(2_000);
      await again();
    }
    expect(await refresh.run('one')).toBe('refreshed');
  });
});

describe('a refresh token', () => {
  it('F6 that lapsed says so, not only that it is invalid', async () => {
    const refresh = await setUp(false);
    await redis.hset('muxgate:{c:one}:access', 'refreshExpiresAt', Date.now() - 1_000);
    server.scripted.push({ status: 400, body: { error: 'invalid_grant' } });
    expect(await refresh.run('one')).toBe('invalid_grant');
    expect((await vault.readState('one'))?.lastError?.code).toBe('refresh_token_expired');
  });

  it('found dead stays latched however often it is asked for; a new login lifts the latch', async () => {
    const refresh = await setUp(false);
    server.scripted.push({ status: 400, body: { error: 'invalid_grant' } });
    expect(await refresh.run('one')).toBe('invalid_grant');
    await again();
    expect(await refresh.run('one')).toBe('terminal');
    expect(await vault.requestRefresh('one', { force: true })).toBe('terminal');
    expect(counts()).toEqual([]);
    await login('one');
    await due();
    expect(await refresh.run('one')).toBe('refreshed');
  });

  it('F3 refused while a newer token set came in ends nothing: what is stored now is used', async () => {
    const refresh = await setUp(false);
    server.scripted.push({ status: 400, body: { error: 'invalid_grant' } });
    server.latencyMs = () => 300;
    const running = refresh.run('one');
    await expect.poll(() => redis.hget('muxgate:{c:one}:refresh', 'inflight')).toBe('sent');
    await login('one');
    expect(await running).toBe('overtaken');
    expect((await vault.readState('one'))?.status).toBe('active');
  });

  it('refused with a client that the provider does not know pauses the whole provider', async () => {
    const refresh = await setUp(false);
    server.scripted.push({ status: 401, body: { error: 'invalid_client' } });
    expect(await refresh.run('one')).toBe('invalid_client');
    await again();
    expect(await refresh.run('one')).toBe('provider_paused');
    expect(counts()).toEqual([]);
  });

  it('refreshed to no effect is left alone for 30 s, then for longer', async () => {
    const refresh = await setUp(false);
    const pauses: number[] = [];
    for (let i = 0; i < 3; i++) {
      server.scripted.push({ status: 200, body: { access_token: 'at-same', expires_in: 100 } });
      await redis.hset('muxgate:{c:one}:access', 'expiresAt', Date.now() + 100_000);
      await again();
      expect(await refresh.run('one')).toBe('refreshed');
      pauses.push(((await vault.readState('one'))?.refreshAt ?? 0) - Date.now());
    }
    // 100 s of life are due at 80 s or before; only the third pause is longer.
    expect(pauses[0]).toBeGreaterThan(60_000);
    expect(pauses[2]).toBeGreaterThan(85_000);
  });
});

describe('Redis set back behind a commit', () => {
  it('does not make the worker spend a token twice: it stores again what it got', async () => {
    const refresh = await setUp(false);
    const keys = ['muxgate:{c:one}:access', 'muxgate:{c:one}:refresh'];
    const lagging = await Promise.all(keys.map((key) => redis.hgetall(key)));
    expect(await refresh.run('one')).toBe('refreshed');
    const committed = await vault.readAccess('one');
    for (const [i, key] of keys.entries())
      await redis
        .multi()
        .del(key)
        .hset(key, lagging[i] ?? {})
        .exec();
    expect((await vault.readAccess('one'))?.generation).toBe(1);
    expect(await refresh.run('one')).toBe('restored');
    expect(await vault.readAccess('one')).toMatchObject({
      generation: 2,
      accessToken: committed?.accessToken,
    });
    expect(counts()).toEqual([1]);
    await again();
    expect(await refresh.run('one')).toBe('refreshed');
    expect(counts()).toEqual([1, 1]);
  });
});

describe('Redis set back by several generations', () => {
  it('gets the newest token set that this worker knows, and no older refresh token is spent', async () => {
    const refresh = await setUp(false);
    const keys = ['muxgate:{c:one}:access', 'muxgate:{c:one}:refresh'];
    const lagging = await Promise.all(keys.map((key) => redis.hgetall(key)));
    for (let i = 0; i < 3; i++) {
      await again();
      expect(await refresh.run('one')).toBe('refreshed');
    }
    const newest = await vault.readAccess('one');
    for (const [i, key] of keys.entries())
      await redis
        .multi()
        .del(key)
        .hset(key, lagging[i] ?? {})
        .exec();
    expect(await refresh.run('one')).toBe('restored');
    expect((await vault.readAccess('one'))?.accessToken).toBe(newest?.accessToken);
    await again();
    expect(await refresh.run('one')).toBe('refreshed');
    expect(server.revoked).toBe(0);
  });
});

describe('Redis away at the commit', () => {
  it('costs nothing: the token set is kept and stored when it is back', async () => {
    const directory = await temporaryDirectory();
    const refresh = await setUp(false, directory);
    server.latencyMs = () => 300;
    const running = refresh.run('one');
    await expect.poll(counts, { timeout: 5_000 }).toEqual([1]);
    await redisServer.kill();
    await expect.poll(() => readdir(directory), { timeout: 10_000 }).toHaveLength(1);
    const [name = ''] = await readdir(directory);
    expect(await readFile(join(directory, name), 'utf8')).not.toMatch(/[ar]t-[0-9a-f]{8}-/);
    await redisServer.restart();
    expect(await running).toBe('refreshed');
    expect(await readdir(directory)).toEqual([]);
    expect(counts()).toEqual([1]);
  });

  it('and the worker gone as well: the next one recovers the token set from escrow', async () => {
    const directory = await temporaryDirectory();
    await setUp(false, directory);
    const acquired = await vault.acquire('one', 'gone');
    if (acquired.outcome !== 'granted') throw new Error(acquired.outcome);
    const tokenSet = server.newFamily();
    await new Escrow(directory, vault).keep({ lease: acquired.lease, tokenSet });
    expect(await commits(directory).recover(() => ({ refreshAheadSeconds: 300 }))).toBe(1);
    expect(await vault.readAccess('one')).toMatchObject({ generation: 2, accessToken: tokenSet.accessToken });
    expect(await readdir(directory)).toEqual([]);
  });
});
