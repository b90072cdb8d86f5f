import { randomBytes } from 'node:crypto';
import { connectRedis } from '@muxgate/redis';
import { createLogger } from '@muxgate/runtime';
import {
  assertRingsFit,
  countKeyUse,
  KeyRing,
  readKeyAges,
  RefreshVault,
  Rewrapper,
  RewrapProgress,
  StoredKeys,
  type KeyRings,
} from '@muxgate/vault';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createMaintenanceMetrics } from '../../services/worker/src/maintenance/maintenance.metrics.js';
import { RewrapVault } from '../../services/worker/src/maintenance/rewrap-vault.js';
import { startRedis } from '../support/redis.js';
import { registerTeardown } from '../support/teardown.ts';

const RECORDS = Number(process.env['CUSTODY_REWRAP'] ?? 300);
const logger = createLogger('test', 'silent');
const key = (kid: string) => `${kid}:${randomBytes(32).toString('base64')}`;
const [oldAccess, newAccess, oldRefresh, newRefresh] = [key('a1'), key('a2'), key('r1'), key('r2')] as const;
const rings = (access: string, refresh: string): KeyRings => ({
  accessRing: KeyRing.parse(access),
  refreshRing: KeyRing.parse(refresh),
});
const before = rings(oldAccess, oldRefresh);
const during = rings(`${newAccess},${oldAccess}`, `${newRefresh},${oldRefresh}`);
const after = rings(newAccess, newRefresh);
const held = ({ accessRing, refreshRing }: KeyRings) => ({ access: accessRing, refresh: refreshRing });
const idOf = (index: number) => `c${String(index).padStart(5, '0')}`;
const tokens = (generation: number) => ({
  accessToken: `at-${generation}`,
  refreshToken: `rt-${generation}`,
  tokenType: 'Bearer',
  expiresAt: Date.now() + 3_600_000 * generation,
});

it(`${RECORDS} credentials are rewrapped while refreshes and reads go on; then the old keys leave and all opens`, async () => {
  const server = await startRedis();
  const redis = connectRedis({ url: server.url }, { name: 'test', role: 'blocking', logger });
  await registerTeardown(
    () => Promise.resolve(redis.disconnect()),
    () => redis.disconnect(),
  );
  await assertRingsFit(redis, held(before), { plant: true });
  const old = new RefreshVault(redis, before);
  const schedule = { refreshAheadSeconds: 300 };
  for (let first = 0; first < RECORDS; first += 100) {
    const some = Array.from({ length: Math.min(100, RECORDS - first) }, (_, i) => idOf(first + i));
    const place = { provider: 'acme', clientId: 'muxgate', scopes: [], schedule };
    await Promise.all(some.map((credential) => old.connect({ credential, ...place, tokenSet: tokens(1) })));
  }
  await new StoredKeys(redis, before.accessRing).put('vendor', 'sk-vendor', 'root');

  const first = (await readKeyAges(redis))('access', 'a1') ?? Number.NaN;
  await assertRingsFit(redis, held(during), { plant: true });
  const ages = await readKeyAges(redis);
  expect(ages('access', 'a1')).toBe(first);
  expect(ages('access', 'a2')).toBeGreaterThan(first);
  expect(ages('refresh', 'a2')).toBeUndefined();
  const vault = new RefreshVault(redis, during);
  const progress = new RewrapProgress(redis);
  await progress.begin('root');
  const rewrapper = new Rewrapper(redis, during);
  const metrics = createMaintenanceMetrics(new Registry());
  const run = () => new RewrapVault(redis, rewrapper, progress, metrics, logger).run();

  const done = { refreshes: 0, reads: 0 };
  const generations = new Map<string, number>();
  let rewrapping = true;
  const random = () => idOf(Math.floor(Math.random() * RECORDS));
  const refreshing = (async () => {
    for (let attempt = 0; rewrapping; attempt++) {
      const credential = random();
      await redis.hset(`muxgate:{c:${credential}}:access`, 'refreshAt', Date.now() - 1);
      const acquired = await vault.acquire(credential, `w-${attempt}`);
      if (acquired.outcome !== 'granted') continue;
      const { lease } = acquired;
      if (vault.openRefreshToken(lease) !== `rt-${lease.generation}`) throw new Error('another token');
      if (!(await vault.markSent(lease))) throw new Error('the lease was lost');
      const committed = await vault.commit(lease, tokens(lease.generation + 1), schedule);
      if (committed.outcome !== 'committed') throw new Error(committed.outcome);
      generations.set(credential, committed.generation);
      done.refreshes++;
    }
  })();
  const reading = (async () => {
    while (rewrapping) {
      const grant = await vault.readAccess(random());
      if (grant?.accessToken !== `at-${grant?.generation}`) throw new Error('another token');
      done.reads++;
    }
  })();
  const startedAt = Date.now();
  expect(await run()).toBe('rewrapped');
  const seconds = (Date.now() - startedAt) / 1_000;
  rewrapping = false;
  await Promise.all([refreshing, reading]);

  const state = await progress.read();
  expect(state).toMatchObject({ status: 'done', seen: RECORDS + 1, outcomes: { unopened: 0 } });
  const use = await countKeyUse(redis);
  expect([...use.access]).toEqual([['a2', RECORDS + 1]]);
  expect([...use.refresh]).toEqual([['r2', RECORDS]]);

  await assertRingsFit(redis, held(after), { plant: true });
  expect((await readKeyAges(redis))('access', 'a1')).toBeUndefined();
  const last = new RefreshVault(redis, after);
  for (let index = 0; index < RECORDS; index++) {
    const whole = await last.readWhole(idOf(index));
    const generation = generations.get(idOf(index)) ?? 1;
    expect(whole?.tokenSet).toMatchObject({
      accessToken: `at-${generation}`,
      refreshToken: `rt-${generation}`,
    });
  }
  expect((await new StoredKeys(redis, after.accessRing).read('vendor'))?.value).toBe('sk-vendor');
  await expect(assertRingsFit(redis, held(before), { plant: false })).rejects.toThrow(/MUXGATE_ACCESS_KEYS/);
  console.log(
    `rewrap: ${RECORDS} credentials in ${seconds.toFixed(1)} s beside ${done.refreshes} refreshes and ${done.reads} reads, ` +
      `no error; ${JSON.stringify(state?.outcomes)}`,
  );
}, 300_000);

it('goes on where it was when its worker died, and does nothing twice', async () => {
  const server = await startRedis();
  const redis = connectRedis({ url: server.url }, { name: 'test', role: 'blocking', logger });
  await registerTeardown(
    () => Promise.resolve(redis.disconnect()),
    () => redis.disconnect(),
  );
  const keys = new StoredKeys(redis, before.accessRing);
  for (const id of ['k1', 'k2', 'k3']) await keys.put(id, `sk-${id}`, 'root');
  const progress = new RewrapProgress(redis);
  await progress.begin('root');
  await progress.advance({ store: 'stored-keys', cursor: 'k2' }, 2, ['rewrapped', 'rewrapped']);
  const metrics = createMaintenanceMetrics(new Registry());
  const rewrap = new RewrapVault(redis, new Rewrapper(redis, during), progress, metrics, logger);
  expect(await rewrap.run()).toBe('rewrapped');
  expect(await progress.read()).toMatchObject({ seen: 3, outcomes: { rewrapped: 3 } });
  expect([...(await countKeyUse(redis)).access]).toEqual([
    ['a1', 2],
    ['a2', 1],
  ]);
  expect(await rewrap.run()).toBe('nothing to do');
});
