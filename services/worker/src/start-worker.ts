import { NestFactory } from '@nestjs/core';
import { ConfigSource, loadConfig, parseConfig } from '@muxgate/config';
import { ConnectMetrics } from '@muxgate/connect';
import { assertRedisUsable, connectRedis, createRedisMetrics, redisSettings } from '@muxgate/redis';
import { MaintenanceQueue, RefreshQueue } from '@muxgate/refresh-queue';
import { ConfigFollower, dropRetiredSeries, registerConfigRevision, RevisionStore } from '@muxgate/revisions';
import {
  allValid,
  configFileOf,
  createLogger,
  createRegistry,
  NestLogger,
  readEnvironment,
  startManagementServer,
  VERSION,
  type EnvironmentSource,
  type Readiness,
  type RunningService,
} from '@muxgate/runtime';
import { startTracing } from '@muxgate/tracing';
import { RollUp } from '@muxgate/usage';
import { assertRingsFit, KeyRing, RefreshVault } from '@muxgate/vault';
import { DeliverWebhook } from './events/deliver-webhook.js';
import { EventMetrics } from './events/event.metrics.js';
import { Watchman } from './events/watchman.js';
import { EventPublisher } from '@muxgate/events';
import { CommitTokens } from './commit-tokens.js';
import { createMaintenanceMetrics } from './maintenance/maintenance.metrics.js';
import { registerStateGauges } from './state-gauges.metrics.js';
import { Sweeper } from './sweeper.js';
import { UsageRollUps } from './usage-roll-ups.js';
import { WorkerEnvironment } from './worker-environment.js';
import { WorkerModule } from './worker.module.js';
import { createWorkerMetrics } from './worker.metrics.js';

const SWEEP_JOB_EVERY_MS = 5_000;
const REAP_JOB_EVERY_MS = 3_600_000;
/** The ticker comes round every second; this long without it, the process is stuck and has to be restarted. */
const STUCK_AFTER_MS = 60_000;
const UNREADY_AFTER_MS = 15_000;
/** Of a token set whose provider has left the configuration. */
const DEFAULT_POLICY = { refreshAheadSeconds: 300 };
/** A token request may take 20 s, and what it brings has to be stored. */
const LONGEST_REFRESH_MS = 25_000;

export async function startWorker(source: EnvironmentSource): Promise<RunningService> {
  const [env, { snapshot, plugins }] = await allValid(
    () => readEnvironment(WorkerEnvironment, source),
    () => loadConfig(configFileOf(source), source, 'worker'),
  );
  const rings = {
    accessRing: KeyRing.parse(env.MUXGATE_ACCESS_KEYS),
    refreshRing: KeyRing.parse(env.MUXGATE_REFRESH_KEYS),
  };
  const settings = redisSettings(env);
  const config = new ConfigSource(snapshot);
  const logger = createLogger('worker', env.LOG_LEVEL);
  const registry = createRegistry('worker', VERSION);
  const tracing = await startTracing(env, { service: 'worker', version: VERSION, registry, logger });
  const metrics = createWorkerMetrics(registry);
  registerConfigRevision(registry, config);
  dropRetiredSeries(registry, config);

  const redis = connectRedis(settings, {
    name: 'muxgate-worker',
    role: 'commands',
    logger,
    metrics: createRedisMetrics(registry),
  });
  const queueRedis = connectRedis(settings, { name: 'muxgate-worker-queue', role: 'blocking', logger });
  const subscriber = connectRedis(settings, { name: 'muxgate-worker-events', role: 'subscriber', logger });
  await assertRedisUsable(redis, logger);
  await assertRingsFit(redis, { access: rings.accessRing, refresh: rings.refreshRing }, { plant: true });
  const revisions = new RevisionStore(redis);
  const build = (text: string, revision: number) =>
    parseConfig(text, source, { revision, plugins, reader: 'worker' });
  const follower = new ConfigFollower(config, revisions, subscriber, { service: 'worker', build }, logger);
  await follower.start();

  const app = await NestFactory.createApplicationContext(
    WorkerModule.of({
      config,
      redis,
      queueRedis,
      subscriber,
      revisions,
      eventMetrics: new EventMetrics(registry),
      rings,
      metrics,
      maintenanceMetrics: createMaintenanceMetrics(registry),
      connectMetrics: new ConnectMetrics(registry),
      logger,
      escrowDirectory: env.MUXGATE_ESCROW_DIR,
    }),
    { logger: new NestLogger(logger), abortOnError: false },
  );
  const [vault, queue, sweeper] = [app.get(RefreshVault), app.get(RefreshQueue), app.get(Sweeper)];
  await app.get(CommitTokens).recover((provider) => {
    return config.current().oauthProviders.get(provider) ?? DEFAULT_POLICY;
  });
  await queue.scheduleSweep(SWEEP_JOB_EVERY_MS);
  await app.get(MaintenanceQueue).scheduleReap(REAP_JOB_EVERY_MS);
  sweeper.start();
  const rollUps = new UsageRollUps(new RollUp(redis), config, logger);
  rollUps.start();
  const watchman = app.get(Watchman);
  watchman.start();

  registerStateGauges(registry, { vault, queue, config, logger });
  const management = await startManagementServer({
    host: env.HOST,
    port: env.MANAGEMENT_PORT,
    registry,
    readiness: () => readiness(sweeper),
    alive: () => sweeper.age().turned < STUCK_AFTER_MS,
    logger,
  });
  logger.info({ managementPort: management.port }, 'worker is ready');

  return {
    logger,
    stop: [
      { name: 'sweeper', run: () => sweeper.stop(), timeoutMs: LONGEST_REFRESH_MS },
      { name: 'configuration', run: () => follower.stop() },
      { name: 'usage roll-ups', run: () => rollUps.stop() },
      { name: 'watchman', run: () => watchman.stop() },
      { name: 'refreshes under way', run: () => app.close(), timeoutMs: LONGEST_REFRESH_MS },
      { name: 'webhooks', run: () => app.get(DeliverWebhook).close() },
      { name: 'events', run: () => app.get(EventPublisher).close() },
      ...(tracing === undefined ? [] : [tracing.stop]),
      { name: 'management', run: () => management.close() },
      {
        name: 'redis',
        run: () => {
          redis.disconnect();
          queueRedis.disconnect();
          subscriber.disconnect();
        },
      },
    ],
  };
}

/** Keys were checked at start, and a sweep that succeeds proves Redis. */
function readiness(sweeper: Sweeper): Readiness {
  const ok = sweeper.age().swept < UNREADY_AFTER_MS;
  const check = ok ? { ok } : { ok, detail: 'no sweep of the due credentials succeeded of late' };
  return { ok, checks: { sweep: check } };
}
