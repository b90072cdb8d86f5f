import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prometheusBinaries } from '../../scripts/launcher/prometheus-binaries.ts';
import { beginLoad, REPEATABLE } from '../../scripts/load/load.ts';
import { dashboards } from '../../scripts/monitoring/dashboards.ts';
import { labelQueriesOf, labelsOfLegend, queriesOf } from '../../scripts/monitoring/promql.ts';
import { callGateway } from '../support/calls.ts';
import { startStack, type RunningStack } from '../support/processes.ts';
import { startPrometheus, type Series, type TestPrometheus } from '../support/prometheus.ts';
import { startRedis } from '../support/redis.ts';

const ROUNDS = 3;
/** More than two scrapes: a series is seen with one value before it is seen with another. */
const PAUSE_MS = 2_500;
/** Commands fail after 2 s; then limits are kept locally, usage waits, and keys nobody has asked for are unknown. */
const WITHOUT_REDIS_MS = 6_000;
/** Grafana's $__rate_interval where Prometheus scrapes every second: four scrapes. */
const RATE_INTERVAL = '4s';
/** After so long no rate knows what was before. */
const FORGOTTEN_MS = 5_000;
/** What a panel shows instead of trouble that is not there: an answer without data. */
const STAND_IN = ' or vector(0)';

const program = (await prometheusBinaries())?.prometheus ?? '';
const without = program === '' ? ' (skipped: no prometheus on PATH, and apt-get could not fetch one)' : '';

/** When something went on, in ms since the epoch. */
interface Span {
  readonly start: number;
  readonly end: number;
}

interface Shown {
  readonly dashboard: string;
  readonly panel: string;
  readonly legend: string;
  readonly series: number;
  readonly largest: number;
}

async function spanOf(what: () => Promise<void>): Promise<Span> {
  const start = Date.now();
  await what();
  return { start, end: Date.now() };
}

const valuesOf = (series: readonly Series[]) => series.flatMap(({ values }) => values);
const largestOf = (series: readonly Series[]) => Math.max(...valuesOf(series).filter(Number.isFinite));

describe.skipIf(program === '')(`a real Prometheus that has scraped a load${without}`, () => {
  let stack: RunningStack;
  let prometheus: TestPrometheus;
  let vendorFailed: Span;
  let redisAway: Span;
  let all: Span;
  const shown: Shown[] = [];

  beforeAll(async () => {
    const redis = await startRedis({ appendonly: true });
    stack = await startStack({ redis });
    const gateways = [stack.gateway, await stack.another('gateway')] as const;
    prometheus = await startPrometheus({
      program,
      jobs: {
        'muxgate-gateway': gateways.map(({ managementUrl }) => managementUrl),
        'muxgate-auth': [stack.auth.managementUrl],
        'muxgate-worker': [stack.worker.managementUrl],
      },
    });
    const load = await beginLoad({
      gatewayUrls: gateways.map(({ url }) => url),
      authUrl: stack.auth.url,
      adminToken: stack.adminToken,
    });
    all = await spanOf(async () => {
      await delay(PAUSE_MS);
      vendorFailed = await spanOf(async () => {
        for (let round = 0; round < ROUNDS; round += 1) {
          await load.make('vendorFails');
          await delay(PAUSE_MS);
        }
      });
      for (let round = 0; round < ROUNDS; round += 1) {
        await load.make(...REPEATABLE);
        await delay(PAUSE_MS);
      }
      await load.make('tokensAreRevoked');
      await delay(FORGOTTEN_MS);
      redisAway = await spanOf(async () => {
        redis.freeze();
        const until = Date.now() + WITHOUT_REDIS_MS;
        const strangers: Promise<unknown>[] = [];
        while (Date.now() < until) {
          for (const gateway of gateways)
            strangers.push(callGateway({ gateway, clientKey: `mxg_${'x'.repeat(43)}` }));
          await delay(300);
        }
        await Promise.all(strangers);
      });
      redis.thaw();
      await delay(PAUSE_MS);
    });
    await load.end();
  });
  afterAll(async () => {
    await prometheus.stop();
    await stack.stop();
    if (process.env['MUXGATE_TEST_SHOW_PANELS'] !== undefined) console.table(shown);
  });

  describe.each([...dashboards()].map(([name, dashboard]) => ({ name, dashboard })))(
    '$name',
    ({ name, dashboard }) => {
      const queries = queriesOf(dashboard, RATE_INTERVAL, '60s');

      it.each(queries)('shows data: $panel $legend', async ({ panel, legend, query }) => {
        const asked = query.replaceAll(STAND_IN, '');
        expect(asked).not.toContain('vector(');
        const series = await prometheus.range(asked, all.start, all.end);
        const largest = largestOf(series);
        shown.push({ dashboard: name, panel, legend, series: series.length, largest });
        expect({ asked, found: largest > 0 }).toEqual({ asked, found: true });
        // a label that a legend names and no series has shows as nothing
        for (const label of labelsOfLegend(legend))
          expect(series.filter(({ metric }) => metric[label] === undefined)).toEqual([]);
      });

      it.each(queries.filter(({ type }) => type === 'stat'))(
        'never shows what is not a number: $panel',
        async ({ query }) => {
          const values = valuesOf(await prometheus.range(query, all.start, all.end));
          expect(values.filter((value) => !Number.isFinite(value))).toEqual([]);
        },
      );

      it('offers values for its variables', async () => {
        for (const { series, label } of labelQueriesOf(dashboard))
          expect(await prometheus.labelValues(series, label)).toContain('sandbox-anthropic');
      });
    },
  );

  describe('the first row of the dashboard for those on call', () => {
    const verdict = async (panel: string, { start, end }: Span): Promise<number> => {
      const onCall = dashboards().get('muxgate-on-call.json');
      const found = onCall && queriesOf(onCall, RATE_INTERVAL).find((candidate) => candidate.panel === panel);
      if (found === undefined) throw new Error(`no panel is called ${panel}`);
      return largestOf(await prometheus.range(found.query, start, end));
    };

    it('says that it is the vendor when a vendor fails', async () => {
      expect(await verdict('Clients: failed requests', vendorFailed)).toBeGreaterThan(0.0144);
      expect(await verdict('Vendor: failed attempts', vendorFailed)).toBeGreaterThan(0.1);
      expect(await verdict('Us: requests we failed', vendorFailed)).toBe(0);
    });

    it('says that it is us when clients are turned away for want of Redis', async () => {
      expect(await verdict('Clients: failed requests', redisAway)).toBeGreaterThan(0.0144);
      expect(await verdict('Vendor: failed attempts', redisAway)).toBe(0);
      expect(await verdict('Us: requests we failed', redisAway)).toBeGreaterThan(0.01);
    });
  });

  it('evaluates every rule, and every rule that records has recorded', async () => {
    const rules = await prometheus.rules();
    expect(rules.length).toBeGreaterThan(20);
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    for (const { name, type } of rules) {
      if (type !== 'recording') continue;
      const points = valuesOf(await prometheus.range(name, all.start));
      expect({ name, recorded: points.some(Number.isFinite) }).toEqual({ name, recorded: true });
    }
  });
});
