import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { randomKeyRing } from '../../scripts/launcher/data-dir.ts';
import type { ServiceProcess } from '../support/processes.js';
import { startRedis } from '../support/redis.js';
import { startStrictTokenServer } from '../support/strict-token-server.js';
import { eventually } from '../support/wait.js';
import { connectCredentials, idOf, startWorkers } from './chaos.support.js';

const CREDENTIALS = Number(process.env['CUSTODY_THROUGHPUT'] ?? 150);
/** A token of an hour is refreshed after 54.5 min on average. */
const INTERVAL_S = 3_270;

/**
 * First all at once, as after an outage: how many a second. Then others one by one at half that rate, as in the course
 * of an hour: how late they are.
 */
it.each([1, 3])(
  `${CREDENTIALS} credentials are refreshed by %i worker(s), each once, and all have a share`,
  async (count) => {
    const vendor = await startStrictTokenServer({ accessSeconds: 3_600, grace: false });
    const redis = await startRedis({ appendonly: true });
    const keys = { access: randomKeyRing(), refresh: randomKeyRing() };
    const vault = await connectCredentials({ url: redis.url }, keys, vendor, 2 * CREDENTIALS);
    const workers = await startWorkers(count, { REDIS_URL: redis.url }, keys, vendor.url);
    /** A refresh is counted once its answer is stored, a little after the vendor saw it. */
    const refreshed = async (wanted: number) => {
      let shares: number[] = [];
      await eventually(
        async () => {
          shares = await Promise.all(workers.map(refreshesOf));
          return shares.reduce((sum, share) => sum + share) >= wanted;
        },
        300_000,
        100,
      );
      return shares;
    };

    const startedAt = Date.now();
    for (let index = 0; index < CREDENTIALS; index++)
      await vault.requestRefresh(idOf(index), { force: true });
    const shares = await refreshed(CREDENTIALS);
    const starts = [...vendor.presentations.values()].map(([first]) => first?.at ?? 0);
    const seconds = (Math.max(...starts) - startedAt) / 1_000;
    const rate = CREDENTIALS / seconds;

    const before = await lagsOf(workers);
    for (let index = CREDENTIALS; index < 2 * CREDENTIALS; index++) {
      await vault.requestRefresh(idOf(index), { force: true });
      await sleep(2_000 / rate);
    }
    await refreshed(2 * CREDENTIALS);
    const lag = percentile99(before, await lagsOf(workers));
    console.log(
      `throughput: ${count} worker(s) refreshed ${CREDENTIALS} credentials in ${seconds.toFixed(1)} s, ${rate.toFixed(0)} a second: ` +
        `enough for ${Math.floor(rate * INTERVAL_S)} tokens of an hour; shares ${shares.join(', ')}; ` +
        `at half that rate 99 % of refreshes began within ${lag} s`,
    );
    expect([...vendor.presentations.values()].filter((came) => came.length > 1)).toEqual([]);
    expect(Math.min(...shares)).toBeGreaterThan(0);
    expect(lag).toBeLessThan(Infinity);
  },
  1_200_000,
);

const metricsOf = async ({ managementUrl }: ServiceProcess): Promise<string> =>
  (await fetch(`${managementUrl}/metrics`)).text();

const refreshesOf = async (worker: ServiceProcess): Promise<number> =>
  Number(
    /^muxgate_token_refreshes_total\{.*outcome="refreshed"\} (\d+)/m.exec(await metricsOf(worker))?.[1] ?? 0,
  );

/** How many refreshes began at most so many seconds late, of all workers together. */
async function lagsOf(workers: readonly ServiceProcess[]): Promise<Map<number, number>> {
  const lags = new Map<number, number>();
  for (const text of await Promise.all(workers.map(metricsOf)))
    for (const [, labels = '', value] of text.matchAll(
      /^muxgate_token_refresh_lag_seconds_bucket\{(.*)\} (\d+)$/gm,
    )) {
      const le = Number(/le="([^"]+)"/.exec(labels)?.[1]?.replace('+Inf', 'Infinity'));
      lags.set(le, (lags.get(le) ?? 0) + Number(value));
    }
  return lags;
}

/** The bucket that 99 % of what came in between fell into. */
function percentile99(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number {
  const came = [...after]
    .map(([le, count]) => [le, count - (before.get(le) ?? 0)] as const)
    .sort(([a], [b]) => a - b);
  const all = came.at(-1)?.[1] ?? 0;
  return came.find(([, count]) => count >= 0.99 * all)?.[0] ?? Infinity;
}
