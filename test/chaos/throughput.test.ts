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

/** All credentials become due over `seconds`, as they would in an hour's course; what the workers did, and how late. */
it.each([1, 3])(
  `${CREDENTIALS} credentials are refreshed by %i worker(s), each once, and all have a share`,
  async (count) => {
    const vendor = await startStrictTokenServer({ accessSeconds: 3_600, grace: false });
    const redis = await startRedis({ appendonly: true });
    const keys = { access: randomKeyRing(), refresh: randomKeyRing() };
    const vault = await connectCredentials({ url: redis.url }, keys, vendor, CREDENTIALS);
    const workers = await startWorkers(count, { REDIS_URL: redis.url }, keys, vendor.url);

    const startedAt = Date.now();
    for (let index = 0; index < CREDENTIALS; index++)
      await vault.requestRefresh(idOf(index), { force: true });
    await eventually(() => vendor.presentations.size >= CREDENTIALS, 300_000, 100);
    const starts = [...vendor.presentations.values()].map(([first]) => first?.at ?? 0);
    const seconds = (Math.max(...starts) - startedAt) / 1_000;
    let shares: number[] = [];
    // a refresh is counted once its answer is stored, a little after the vendor saw it
    await eventually(async () => {
      shares = await Promise.all(workers.map(refreshesOf));
      return shares.reduce((sum, share) => sum + share) >= CREDENTIALS;
    }, 60_000);
    const rate = CREDENTIALS / seconds;
    console.log(
      `throughput: ${count} worker(s) refreshed ${CREDENTIALS} credentials in ${seconds.toFixed(1)} s, ${rate.toFixed(0)} a second: ` +
        `enough for ${Math.floor(rate * INTERVAL_S)} tokens of an hour; shares ${shares.join(', ')}`,
    );
    expect([...vendor.presentations.values()].filter((came) => came.length > 1)).toEqual([]);
    expect(Math.min(...shares)).toBeGreaterThan(0);
  },
  600_000,
);

async function refreshesOf(worker: ServiceProcess): Promise<number> {
  const text = await (await fetch(`${worker.managementUrl}/metrics`)).text();
  return Number(/^muxgate_token_refreshes_total\{.*outcome="refreshed"\} (\d+)/m.exec(text)?.[1] ?? 0);
}
