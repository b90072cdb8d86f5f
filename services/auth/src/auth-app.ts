import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AuditLog, AuditTrail } from '@muxgate/audit';
import { ClientKeyStore } from '@muxgate/clients';
import { ConfigSource, loadConfig, parseConfig } from '@muxgate/config';
import { EventPublisher, WebhookQueue } from '@muxgate/events';
import { assertRedisUsable, connectRedis, createRedisMetrics, redisSettings } from '@muxgate/redis';
import { MaintenanceQueue, RefreshQueue } from '@muxgate/refresh-queue';
import { ConfigFollower, dropRetiredSeries, registerConfigRevision, RevisionStore } from '@muxgate/revisions';
import {
  allValid,
  closeServer,
  configFileOf,
  createLogger,
  createRegistry,
  listen,
  NestLogger,
  readEnvironment,
  startManagementServer,
  VERSION,
  type EnvironmentSource,
  type Logger,
  type ShutdownStep,
} from '@muxgate/runtime';
import { startTracing } from '@muxgate/tracing';
import { assertRingsFit } from '@muxgate/vault';
import type { DestinationStream } from 'pino';
import { AdminTokens } from './admin/admin-tokens.js';
import { AuthModule } from './auth.module.js';
import { ConfigFile } from './config/config-file.js';
import { ConfigMetrics } from './config/config.metrics.js';
import { BrowserBinding } from './connect/browser-binding.js';
import { PublicUrl } from './connect/public-url.js';
import { AuthEnvironment } from './environment.js';
import { dressApp } from './http/dress-app.js';
import { trustedProxies } from './http/trusted-proxies.js';
import { readKeyRings } from './key-rings.js';
import { warnOfTerms } from './connect/warn-of-terms.js';
import { readinessOf } from './readiness.js';

export interface AuthApp {
  /** the REST surface, without a slash at its end */
  readonly url: string;
  readonly managementUrl: string;
  readonly logger: Logger;
  readonly stop: readonly ShutdownStep[];
  /** runs the stop steps, for those who started it in their own process */
  close(): Promise<void>;
}

/** Starts the whole service. Nothing is listening before environment, configuration and Redis are found usable. */
export async function createAuthApp(
  source: EnvironmentSource,
  logDestination?: DestinationStream,
): Promise<AuthApp> {
  const [{ env, rings, settings }, { snapshot, plugins }] = await allValid(
    () => {
      const env = readEnvironment(AuthEnvironment, source);
      return { env, rings: readKeyRings(env), settings: redisSettings(env) };
    },
    () => loadConfig(configFileOf(source), source, 'auth'),
  );
  const config = new ConfigSource(snapshot);
  const logger = createLogger('auth', env.LOG_LEVEL, logDestination);
  warnOfTerms(config, logger);
  const registry = createRegistry('auth', VERSION);
  const tracing = await startTracing(env, { service: 'auth', version: VERSION, registry, logger });
  registerConfigRevision(registry, config);
  dropRetiredSeries(registry, config);

  const redis = connectRedis(settings, {
    name: 'muxgate-auth',
    role: 'commands',
    logger,
    metrics: createRedisMetrics(registry),
  });
  await assertRedisUsable(redis, logger);
  await assertRingsFit(redis, { access: rings.accessRing, refresh: rings.refreshRing }, { plant: true });
  const subscriber = connectRedis(settings, { name: 'muxgate-auth-events', role: 'subscriber', logger });
  const queue = new RefreshQueue(redis);
  const maintenance = new MaintenanceQueue(redis);
  const clientKeys = new ClientKeyStore(redis, rings.accessRing);
  await clientKeys.adoptPlainHashes();
  const events = new EventPublisher(redis);
  const webhooks = new WebhookQueue(redis);
  const revisions = new RevisionStore(redis);
  const configMetrics = new ConfigMetrics(registry);
  const audit = new AuditLog(redis);
  const trail = new AuditTrail(audit, logger);
  const build = (text: string, revision: number) =>
    parseConfig(text, source, { revision, plugins, reader: 'auth' });
  const file = new ConfigFile(
    env.MUXGATE_CONFIG,
    (text) => build(text, 0),
    revisions,
    events,
    trail,
    configMetrics,
    logger,
  );
  const follower = new ConfigFollower(
    config,
    revisions,
    subscriber,
    { service: 'auth', build, fileMistakes: () => file.mistakes },
    logger,
  );
  await file.start(() => {
    void follower.follow().then(() => follower.report());
  });
  await follower.start();
  const publishLocalKey = env.MUXGATE_LOCAL_CLIENT_KEY_HASH;
  if (publishLocalKey !== undefined) {
    await clientKeys.ensure(publishLocalKey, { name: 'local', mayPin: true });
  }

  let port = env.PORT;
  const host = env.HOST === '0.0.0.0' || env.HOST === '::' ? '127.0.0.1' : env.HOST;
  const module = AuthModule.with({
    ...rings,
    config,
    build,
    revisions,
    webhooks,
    follower,
    file,
    configMetrics,
    redis,
    audit,
    trail,
    queue,
    clientKeys,
    maintenance,
    adminTokens: new AdminTokens(env.MUXGATE_ADMIN_TOKENS),
    publicUrl: new PublicUrl(() => env.PUBLIC_URL ?? `http://${host}:${port}`),
    binding: new BrowserBinding(env.PUBLIC_URL?.startsWith('https:') ?? false),
    subscriber,
    gateway: { internal: env.GATEWAY_URL, public: env.GATEWAY_PUBLIC_URL },
    logger,
    registry,
  });
  const app = await NestFactory.create<NestExpressApplication>(module, {
    logger: new NestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  app.set('trust proxy', trustedProxies(env.TRUSTED_PROXIES ?? ''));
  dressApp(app, logger, tracing?.tracer);
  await app.init();

  const readiness = readinessOf(redis);
  const management = await startManagementServer({
    host: env.HOST,
    port: env.MANAGEMENT_PORT,
    registry,
    readiness: readiness.check,
    logger,
  });
  port = await listen(app.getHttpServer(), env.PORT, env.HOST, 'PORT');
  logger.info({ port, managementPort: management.port }, 'auth is listening');

  const stop: ShutdownStep[] = [
    { name: 'leave the load balancer', run: readiness.leave },
    { name: 'finish open requests', run: () => closeServer(app.getHttpServer()), timeoutMs: 25_000 },
    {
      name: 'leave the configuration',
      run: () => {
        file.stop();
        return follower.stop();
      },
    },
    { name: 'close the application', run: () => app.close() },
    {
      name: 'close the queues',
      run: () =>
        Promise.all([queue.close(), maintenance.close(), events.close(), webhooks.close()]).then(
          () => undefined,
        ),
    },
    {
      name: 'close Redis',
      run: () => {
        redis.disconnect();
        subscriber.disconnect();
      },
    },
    ...(tracing === undefined ? [] : [tracing.stop]),
    { name: 'close the management server', run: () => management.close() },
  ];
  return {
    url: `http://${host}:${port}`,
    managementUrl: `http://${host}:${management.port}`,
    logger,
    stop,
    close: async () => {
      for (const step of stop) await step.run();
    },
  };
}
