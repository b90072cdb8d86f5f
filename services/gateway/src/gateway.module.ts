import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import { ClientKeyStore, TeamStore } from '@muxgate/clients';
import type { Tracer } from '@opentelemetry/api';
import { ConfigSource, type ConfigSnapshot, type Plugins } from '@muxgate/config';
import { ConfigFollower, dropRetiredSeries, registerConfigRevision, RevisionStore } from '@muxgate/revisions';
import { EventPublisher } from '@muxgate/events';
import { PriceBook } from '@muxgate/pricing';
import { connectRedis, createRedisMetrics, redisSettings, type RedisClient } from '@muxgate/redis';
import { RefreshQueue, waitForNewer } from '@muxgate/refresh-queue';
import type { Logger } from '@muxgate/runtime';
import { CoolDownStore } from '@muxgate/target-health';
import { AccessVault, KeyRing, StoredKeys, VaultEvents } from '@muxgate/vault';
import type { Registry } from 'prom-client';
import { HelloController } from './catalogue/hello.controller.js';
import { ModelsController } from './catalogue/models.controller.js';
import type { GatewayEnvironment } from './environment.js';
import { GatewayLifecycle } from './gateway.lifecycle.js';
import { AccessTokens } from './proxy/access-tokens.js';
import { createLimits } from './limits/create-limits.js';
import { Limits } from './limits/limits.js';
import { Accounting } from './proxy/accounting.js';
import { Admission } from './proxy/admission.js';
import { ClientKeys } from './proxy/client-keys.js';
import { CloudCredentials } from './proxy/cloud-credentials.js';
import { CredentialNeeds } from './proxy/credential-needs.js';
import { CredentialSource } from './proxy/credential-source.js';
import { createGatewayMetrics } from './proxy/gateway.metrics.js';
import { headerHooks } from './proxy/header-hooks.js';
import { LastUsed } from './proxy/last-used.js';
import { NewerTokens } from './proxy/newer-token.js';
import { ProxyPipeline } from './proxy/proxy.pipeline.js';
import { Router } from './proxy/router.js';
import { StoredKeySource } from './proxy/stored-key-source.js';
import { Upstreams } from './proxy/upstream.js';
import { wantedCredentials } from './readiness.js';
import { configuredTargets } from './targets/configured-targets.js';
import { SharedHealth } from './targets/shared-health.js';
import { TargetHealth } from './targets/target-health.js';
import { TokenCounter } from './translate/count-tokens.js';
import { UsageAccounts } from './usage/usage-accounts.js';
import type { GatewayTuning } from './tuning.js';

export interface GatewayParts {
  readonly environment: GatewayEnvironment;
  readonly config: ConfigSource;
  readonly plugins: Plugins;
  /** a revision's text → what this gateway can run */
  readonly build: (text: string, revision: number) => ConfigSnapshot;
  readonly tuning: GatewayTuning;
  readonly logger: Logger;
  readonly registry: Registry;
  /** absent while traces are off */
  readonly tracer: Tracer | undefined;
}

const COMMANDS = Symbol('redis: commands');
const SUBSCRIBER = Symbol('redis: subscriber');

/** The composition root: every part of the gateway and what it is made of. */
@Module({})
export class GatewayModule {
  static of(parts: GatewayParts): DynamicModule {
    const { environment, config, plugins, build, tuning, logger, registry, tracer } = parts;
    const settings = redisSettings(environment);
    const accessRing = KeyRing.parse(environment.MUXGATE_ACCESS_KEYS);
    registerConfigRevision(registry, config);
    const providers = [
      { provide: ConfigSource, useValue: config },
      factory(COMMANDS, [], () =>
        connectRedis(settings, {
          name: 'gateway',
          role: 'commands',
          logger,
          metrics: createRedisMetrics(registry),
        }),
      ),
      factory(SUBSCRIBER, [], () =>
        connectRedis(settings, { name: 'gateway-events', role: 'subscriber', logger }),
      ),
      factory(ConfigFollower, [COMMANDS, SUBSCRIBER], (redis: RedisClient, subscriber: RedisClient) => {
        const options = { service: 'gateway', build };
        return new ConfigFollower(config, new RevisionStore(redis), subscriber, options, logger);
      }),
      factory(AccessVault, [COMMANDS], (redis: RedisClient) => {
        return new AccessVault(redis, accessRing);
      }),
      factory(VaultEvents, [SUBSCRIBER], (redis: RedisClient) => new VaultEvents(redis, logger)),
      factory(RefreshQueue, [COMMANDS], (redis: RedisClient) => new RefreshQueue(redis)),
      factory(NewerTokens, [AccessVault, VaultEvents, RefreshQueue], newerTokens(tuning)),
      factory(ClientKeys, [COMMANDS, SUBSCRIBER], (redis: RedisClient, subscriber: RedisClient) => {
        const { clientKeyCheckMs: checkMs, clientKeyWaitMs: waitMs, unknownKeyMs: unknownMs } = tuning;
        const store = new ClientKeyStore(redis, accessRing);
        const lastUsed = new LastUsed(store, tuning.lastUsedMs);
        const options = { checkMs, waitMs, unknownMs };
        return new ClientKeys(store, new TeamStore(redis), subscriber, lastUsed, options, logger);
      }),
      factory(
        AccessTokens,
        [AccessVault, VaultEvents, NewerTokens],
        (vault: AccessVault, events: VaultEvents, newer: NewerTokens) => {
          const options = { rereadMs: tuning.credentialRereadMs, most: tuning.credentialsHeld };
          const wanted = (): string[] => wantedCredentials(config, 'oauth');
          return new AccessTokens(vault, events, newer, wanted, options, logger);
        },
      ),
      factory(StoredKeySource, [COMMANDS, SUBSCRIBER], (redis: RedisClient, subscriber: RedisClient) => {
        const store = new StoredKeys(redis, KeyRing.parse(environment.MUXGATE_ACCESS_KEYS));
        const options = { rereadMs: tuning.credentialRereadMs, most: tuning.credentialsHeld };
        const wanted = (): string[] => wantedCredentials(config, 'storedKey');
        return new StoredKeySource(store, subscriber, wanted, options, logger);
      }),
      factory(
        CredentialSource,
        [AccessTokens, StoredKeySource],
        (tokens: AccessTokens, storedKeys: StoredKeySource) =>
          new CredentialSource(tokens, storedKeys, new CloudCredentials(), new CredentialNeeds(config)),
      ),
      factory(Admission, [], () => {
        return new Admission({
          maxInFlight: environment.MAX_IN_FLIGHT,
          maxLoopDelayMs: tuning.maxLoopDelayMs,
        });
      }),
      factory(Upstreams, [], () => new Upstreams()),
      factory(TokenCounter, [], () => new TokenCounter()),
      factory(SharedHealth, [COMMANDS, SUBSCRIBER], (redis: RedisClient, subscriber: RedisClient) => {
        const options = {
          firstMs: tuning.coolDownMs,
          longestMs: tuning.longestCoolDownMs,
          longestAskedMs: tuning.longestRetryAfterMs,
        };
        const store = new CoolDownStore(redis);
        return new SharedHealth(
          (tell) => new TargetHealth(options, tell),
          store,
          subscriber,
          { rereadMs: tuning.coolDownRereadMs },
          logger,
        );
      }),
      factory(TargetHealth, [SharedHealth], ({ health }: SharedHealth) => health),
      factory(Router, [TargetHealth], (health: TargetHealth) => new Router(health)),
      factory(EventPublisher, [COMMANDS], (redis: RedisClient) => new EventPublisher(redis)),
      factory(PriceBook, [], () => new PriceBook()),
      factory(
        Limits,
        [COMMANDS, PriceBook, EventPublisher],
        (redis: RedisClient, prices: PriceBook, events: EventPublisher) =>
          createLimits({ redis, prices, events, registry, tuning, logger }),
      ),
      factory(UsageAccounts, [COMMANDS, PriceBook], (redis: RedisClient, prices: PriceBook) => {
        const directory = environment.MUXGATE_SPOOL_DIR;
        const accounts = new UsageAccounts({
          redis,
          redisSettings: settings,
          directory,
          config,
          prices,
          registry,
          logger,
        });
        dropRetiredSeries(registry, config, (names) => accounts.tallies.drop(names));
        return accounts;
      }),
      factory(
        Accounting,
        [Admission, TargetHealth, UsageAccounts],
        (admission: Admission, health: TargetHealth, { tallies, ledger, prices }: UsageAccounts) => {
          const metrics = createGatewayMetrics(registry, {
            inFlight: () => admission.count(() => true),
            openStreams: () => admission.count((exchange) => exchange.stream),
            targets: () => targetsOf(config.current(), health),
          });
          return new Accounting(metrics, tallies, ledger, prices, logger);
        },
      ),
      factory(
        ProxyPipeline,
        [
          ConfigSource,
          Admission,
          ClientKeys,
          Router,
          Limits,
          TargetHealth,
          CredentialSource,
          Upstreams,
          Accounting,
          TokenCounter,
        ],
        (...parts: PipelineParts) =>
          new ProxyPipeline(...parts, headerHooks(plugins.hooks, registry, logger), tracer, tuning),
      ),
      factory(
        GatewayLifecycle,
        [
          COMMANDS,
          ConfigSource,
          ConfigFollower,
          VaultEvents,
          RefreshQueue,
          ClientKeys,
          CredentialSource,
          SharedHealth,
          Limits,
          EventPublisher,
          Admission,
          Upstreams,
          TokenCounter,
          UsageAccounts,
          Accounting,
        ],
        (...parts: ConstructorParameters<typeof GatewayLifecycle>) => new GatewayLifecycle(...parts),
      ),
    ];
    return { module: GatewayModule, controllers: [HelloController, ModelsController], providers };
  }
}

type PipelineParts = [
  ConfigSource,
  Admission,
  ClientKeys,
  Router,
  Limits,
  TargetHealth,
  CredentialSource,
  Upstreams,
  Accounting,
  TokenCounter,
];

function* targetsOf(snapshot: ConfigSnapshot, health: TargetHealth) {
  for (const { provider, model } of configuredTargets(snapshot))
    yield { provider, model, resting: health.isResting(provider, model) };
}

function newerTokens(tuning: GatewayTuning) {
  return (vault: AccessVault, events: VaultEvents, queue: RefreshQueue): NewerTokens =>
    new NewerTokens(
      {
        request: (credential, newerThan) => queue.expedite({ credential, newerThan, reason: 'unauthorized' }),
        wait: (credential, newerThan, timeoutMs) =>
          waitForNewer(vault, events, credential, newerThan, timeoutMs),
      },
      { waitMs: tuning.newerTokenMs, throttleMs: tuning.forcedRefreshMs },
    );
}

function factory<T extends unknown[]>(
  provide: FactoryProvider['provide'],
  inject: FactoryProvider['provide'][],
  useFactory: (...parts: T) => unknown,
): FactoryProvider {
  return { provide, inject, useFactory: useFactory as FactoryProvider['useFactory'] };
}
