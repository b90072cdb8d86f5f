import type { RequestListener, Server } from 'node:http';
import {
  assertAuthenticationSafe,
  ConfigSource,
  loadConfig,
  NO_PLUGINS,
  parseConfig,
  type ConfigSnapshot,
} from '@muxgate/config';
import {
  allValid,
  configFileOf,
  createLogger,
  createRegistry,
  listen,
  NestLogger,
  readEnvironment,
  startManagementServer,
  VERSION,
  type EnvironmentSource,
  type RunningService,
} from '@muxgate/runtime';
import { startTracing } from '@muxgate/tracing';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { EnvelopeFilter } from './catalogue/envelope.filter.js';
import { drainSteps } from './drain.js';
import { GatewayEnvironment } from './environment.js';
import { GatewayModule } from './gateway.module.js';
import { answerWireError, createHttpServer } from './http-server.js';
import { Admission } from './proxy/admission.js';
import { ClientKeys } from './proxy/client-keys.js';
import { CredentialSource } from './proxy/credential-source.js';
import { ProxyPipeline } from './proxy/proxy.pipeline.js';
import { gatewayReadiness } from './readiness.js';
import { DEFAULT_TUNING, type GatewayTuning } from './tuning.js';

export interface Gateway extends RunningService {
  readonly port: number;
  readonly managementPort: number;
  readonly config: ConfigSource;
}

export interface GatewayOverrides {
  /** instead of the file that `MUXGATE_CONFIG` names */
  readonly snapshot?: ConfigSnapshot;
  readonly tuning?: Partial<GatewayTuning>;
}

/** Builds and starts a gateway; nothing listens before environment and configuration are known to be right. */
export async function createGateway(
  source: EnvironmentSource,
  overrides: GatewayOverrides = {},
): Promise<Gateway> {
  const [environment, { snapshot, plugins }] = await allValid(
    () => readEnvironment(GatewayEnvironment, source),
    () =>
      overrides.snapshot === undefined
        ? loadConfig(configFileOf(source), source, 'gateway')
        : { snapshot: overrides.snapshot, plugins: NO_PLUGINS },
  );
  assertAuthenticationSafe(snapshot, environment.HOST);
  const config = new ConfigSource(snapshot);
  const build = (text: string, revision: number): ConfigSnapshot => {
    const built = parseConfig(text, source, { revision, plugins, reader: 'gateway' });
    assertAuthenticationSafe(built, environment.HOST);
    return built;
  };
  const tuning = { ...DEFAULT_TUNING, ...overrides.tuning };
  const logger = createLogger('gateway', environment.LOG_LEVEL);
  const registry = createRegistry('gateway', VERSION);
  const tracing = await startTracing(environment, {
    service: 'gateway',
    version: VERSION,
    registry,
    logger,
  });

  let pipeline: ProxyPipeline | undefined;
  const adapter = new FastifyAdapter({
    serverFactory: (framework: RequestListener) => createHttpServer(framework, () => pipeline, tuning),
    clientErrorHandler: answerWireError,
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.of({
      environment,
      config,
      plugins,
      build,
      tuning,
      logger,
      registry,
      tracer: tracing?.tracer,
    }),
    adapter,
    { logger: new NestLogger(logger), bodyParser: false, abortOnError: false },
  );
  app.useGlobalFilters(new EnvelopeFilter());
  await app.init();
  await adapter.getInstance().ready();
  const proxy = app.get(ProxyPipeline);
  pipeline = proxy;
  const admission = app.get(Admission);
  const server = app.getHttpServer() as Server;

  const management = await startManagementServer({
    host: environment.HOST,
    port: environment.MANAGEMENT_PORT,
    registry,
    logger,
    readiness: () => gatewayReadiness(config, app.get(ClientKeys), app.get(CredentialSource), admission),
  });
  const port = await listen(server, environment.PORT, environment.HOST, 'PORT');
  logger.info({ port, managementPort: management.port }, 'gateway is listening');
  return {
    logger,
    config,
    port,
    managementPort: management.port,
    stop: [
      ...drainSteps(environment, server, admission, proxy),
      { name: 'application', run: () => app.close() },
      ...(tracing === undefined ? [] : [tracing.stop]),
      { name: 'management', run: () => management.close() },
    ],
  };
}
