import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { randomKeyRing } from '../../scripts/launcher/data-dir.ts';
import { startRedis } from '../support/redis.js';
import { startStrictTokenServer } from '../support/strict-token-server.js';
import { eventually } from '../support/wait.js';
import { between, connectCredentials, startWorkers } from './chaos.support.js';

const REFRESHES = Number(process.env['CHAOS_REFRESHES'] ?? 60);
const TOKEN_ENDPOINT_DOWN_MS = Number(process.env['CHAOS_DOWN_MS'] ?? 4_000);
const CREDENTIALS = 20;
const WORKERS = 2;
/** Life of an access token; each credential is refreshed about every six seconds. */
const ACCESS_SECONDS = 8;

/**
 * The token endpoint allows a token to be repeated while its successor was never used (as vendors with a grace for
 * lost answers do), because after a kill between sending and storing no client can do better than to repeat it. Any
 * other repetition revokes the family, which the test would see as a credential that was lost.
 */
it(`${REFRESHES} refreshes survive kill -9 of workers, Redis killed and restarted, and the token endpoint away`, async () => {
  const vendor = await startStrictTokenServer({ accessSeconds: ACCESS_SECONDS, grace: true });
  vendor.latencyMs = () => between(0, 60);
  const redis = await startRedis({ appendonly: true, args: ['--appendfsync', 'always'] });
  const keys = { access: randomKeyRing(), refresh: randomKeyRing() };
  const vault = await connectCredentials({ url: redis.url }, keys, vendor, CREDENTIALS);
  const workers = await startWorkers(WORKERS, { REDIS_URL: redis.url }, keys, vendor.url);

  const rotations = (): number =>
    [...vendor.presentations.values()].flat().filter(({ outcome }) => outcome === 'rotated').length;
  const kills: number[] = [];
  let redisKills = 0;
  let downs = 0;
  const startedAt = Date.now();
  const goal = (share: number): boolean => rotations() >= REFRESHES * share;

  while (!goal(1)) {
    await sleep(between(300, 2_500));
    if (redisKills < 2 && goal((redisKills + 1) / 3)) {
      redisKills++;
      await redis.kill();
      await sleep(between(200, 2_000));
      await redis.restart();
    } else if (downs === 0 && goal(0.5)) {
      downs++;
      vendor.down = true;
      await sleep(TOKEN_ENDPOINT_DOWN_MS);
      vendor.down = false;
    } else {
      const victim = workers[Math.floor(Math.random() * workers.length)];
      if (victim === undefined) continue;
      await victim.kill('SIGKILL');
      kills.push(Date.now());
      await victim.restart();
    }
  }

  // Left alone, everything settles: each credential is refreshed once more.
  const before = await vault.listStates({ limit: CREDENTIALS });
  await eventually(
    async () => {
      const { items } = await vault.listStates({ limit: CREDENTIALS });
      expect(items.filter(({ status }) => status !== 'active' && status !== 'refreshing')).toEqual([]);
      const grown = items.filter((item, i) => item.generation > (before.items[i]?.generation ?? Infinity));
      expect(grown).toHaveLength(CREDENTIALS);
    },
    60_000,
    500,
  );

  const all = [...vendor.presentations.values()];
  const repeated = all.filter((came) => came.length > 1);
  const unexplained = repeated.filter(([first, second]) => {
    if (first === undefined || second === undefined) return false;
    return !kills.some((at) => at >= first.at - 200 && at <= second.at);
  });
  const reused = all.flat().filter(({ outcome }) => outcome === 'reused' || outcome === 'unknown').length;
  console.log(
    `refresh chaos: ${rotations()} refreshes of ${CREDENTIALS} credentials in ${Math.round((Date.now() - startedAt) / 1000)} s, ` +
      `${kills.length} worker kills, ${redisKills} Redis kills, token endpoint away ${downs * TOKEN_ENDPOINT_DOWN_MS} ms; ` +
      `tokens repeated after a kill: ${repeated.length}, repeated otherwise: ${unexplained.length}, ` +
      `reuses: ${reused}, families revoked: ${vendor.revoked}, credentials lost: ${vendor.revoked}`,
  );
  expect(unexplained).toEqual([]);
  expect(reused).toBe(0);
  expect(vendor.revoked).toBe(0);
  expect(kills.length).toBeGreaterThan(0);
}, 900_000);
