import { HttpModule, HttpService } from '@nestjs/axios';
import { BullModule, getQueueToken } from '@nestjs/bullmq';
import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import { AuditLog, AuditTrail } from '@muxgate/audit';
import type { ConfigSource } from '@muxgate/config';
import {
  DevicePolls,
  InvitationStore,
  ProgressStore,
  TransactionStore,
  type ConnectMetrics,
} from '@muxgate/connect';
import {
  EVENT_QUEUE,
  EVENT_QUEUE_PREFIX,
  EventPublisher,
  WEBHOOK_QUEUE,
  WebhookQueue,
} from '@muxgate/events';
import { createOAuthHttp } from '@muxgate/egress';
import type { RedisClient } from '@muxgate/redis';
import { QUEUE_PREFIX, REFRESH_QUEUE, RefreshQueue } from '@muxgate/refresh-queue';
import type { RevisionStore } from '@muxgate/revisions';
import type { Logger } from '@muxgate/runtime';
import { CoolDownStore } from '@muxgate/target-health';
import { RefreshHistory, Lane, RefreshVault, StoredKeys, type KeyRings } from '@muxgate/vault';
import type { Queue } from 'bullmq';
import { CommitTokens } from './commit-tokens.js';
import { ConnectClientCredentials } from './connect-client-credentials.js';
import { DeliverWebhook } from './events/deliver-webhook.js';
import type { EventMetrics } from './events/event.metrics.js';
import { EventProcessor } from './events/event.processor.js';
import { WatchCredentials } from './events/watch-credentials.js';
import { WatchProviders } from './events/watch-providers.js';
import { WatchReplicas } from './events/watch-replicas.js';
import { Watchman } from './events/watchman.js';
import { WebhookProcessor } from './events/webhook.processor.js';
import { Escrow } from './escrow.js';
import { Holder } from './holder.js';
import type { MaintenanceMetrics } from './maintenance/maintenance.metrics.js';
import { MaintenanceModule } from './maintenance/maintenance.module.js';
import { PollDeviceCodes } from './poll-device-codes.js';
import { ProviderCooldown } from './provider-cooldown.js';
import { RefreshCredential } from './refresh-credential.js';
import { RefreshProcessor } from './refresh.processor.js';
import { Sweeper } from './sweeper.js';
import { TokenEndpoints } from './token-endpoints.js';
import type { WorkerMetrics } from './worker.metrics.js';

export interface WorkerParts {
  readonly config: ConfigSource;
  /** For the vault: answers or fails in time. */
  readonly redis: RedisClient;
  /** For BullMQ: waits. */
  readonly queueRedis: RedisClient;
  /** For pub/sub. */
  readonly subscriber: RedisClient;
  readonly revisions: RevisionStore;
  readonly rings: KeyRings;
  readonly metrics: WorkerMetrics;
  readonly eventMetrics: EventMetrics;
  readonly maintenanceMetrics: MaintenanceMetrics;
  readonly connectMetrics: ConnectMetrics;
  readonly logger: Logger;
  readonly escrowDirectory?: string | undefined;
}

/** The composition root: who is made of what. */
@Module({})
export class WorkerModule {
  static of(parts: WorkerParts): DynamicModule {
    const { config, metrics, logger } = parts;
    return {
      module: WorkerModule,
      imports: [
        MaintenanceModule.of(parts),
        HttpModule,
        BullModule.registerQueue({
          name: REFRESH_QUEUE,
          connection: parts.queueRedis,
          prefix: QUEUE_PREFIX,
        }),
        ...[EVENT_QUEUE, WEBHOOK_QUEUE].map((name) =>
          BullModule.registerQueue({ name, connection: parts.queueRedis, prefix: EVENT_QUEUE_PREFIX }),
        ),
      ],
      providers: [
        { provide: RefreshVault, useValue: new RefreshVault(parts.redis, parts.rings) },
        provide(RefreshQueue, [getQueueToken(REFRESH_QUEUE)], (queue: Queue) => new RefreshQueue(queue)),
        provide(
          TokenEndpoints,
          [HttpService],
          (http: HttpService) => new TokenEndpoints(createOAuthHttp(http)),
        ),
        provide(CommitTokens, [RefreshVault], (vault: RefreshVault) => {
          const { escrowDirectory } = parts;
          const escrow = escrowDirectory === undefined ? undefined : new Escrow(escrowDirectory, vault);
          return new CommitTokens(vault, logger, escrow);
        }),
        provide(
          RefreshCredential,
          [RefreshVault, TokenEndpoints, CommitTokens],
          (vault: RefreshVault, endpoints: TokenEndpoints, commits: CommitTokens) =>
            new RefreshCredential(
              vault,
              config,
              endpoints,
              commits,
              new ProviderCooldown(),
              new Lane(parts.redis),
              Holder.ofThisProcess(),
              new RefreshHistory(parts.redis),
              metrics,
              logger,
            ),
        ),
        provide(
          ConnectClientCredentials,
          [RefreshVault, TokenEndpoints],
          (vault: RefreshVault, endpoints: TokenEndpoints) =>
            new ConnectClientCredentials(config, vault, endpoints, logger),
        ),
        provide(
          PollDeviceCodes,
          [RefreshVault, TokenEndpoints],
          (vault: RefreshVault, endpoints: TokenEndpoints) =>
            new PollDeviceCodes({
              vault,
              endpoints,
              config,
              logger,
              transactions: new TransactionStore(parts.redis, parts.rings.refreshRing),
              progress: new ProgressStore(parts.redis),
              invitations: new InvitationStore(parts.redis, parts.rings.refreshRing),
              polls: new DevicePolls(parts.redis),
              trail: new AuditTrail(new AuditLog(parts.redis), logger),
              metrics: parts.connectMetrics,
              storedKeys: new StoredKeys(parts.redis, parts.rings.accessRing),
              revoke: (name, token, issuedTo) => revokeAt(config, endpoints, name, token, issuedTo),
            }),
        ),
        provide(
          Sweeper,
          [RefreshVault, RefreshQueue, ConnectClientCredentials, PollDeviceCodes],
          (
            vault: RefreshVault,
            queue: RefreshQueue,
            clientCredentials: ConnectClientCredentials,
            deviceCodes: PollDeviceCodes,
          ) => new Sweeper(vault.dueIndex, queue, clientCredentials, deviceCodes, metrics, logger),
        ),
        { provide: EventPublisher, useValue: new EventPublisher(parts.redis) },
        provide(WebhookQueue, [getQueueToken(WEBHOOK_QUEUE)], (queue: Queue) => new WebhookQueue(queue)),
        { provide: DeliverWebhook, useValue: new DeliverWebhook(config) },
        provide(
          EventProcessor,
          [WebhookQueue],
          (webhooks: WebhookQueue) => new EventProcessor(config, webhooks, logger),
        ),
        provide(
          WebhookProcessor,
          [DeliverWebhook],
          (delivery: DeliverWebhook) => new WebhookProcessor(config, delivery, parts.eventMetrics, logger),
        ),
        provide(Watchman, [EventPublisher, RefreshVault], (events: EventPublisher, vault: RefreshVault) => {
          const coolDowns = new CoolDownStore(parts.redis);
          return new Watchman(
            [
              new WatchProviders(config, coolDowns, parts.redis, events),
              new WatchCredentials(vault, events),
              new WatchReplicas(parts.revisions, events),
            ],
            logger,
          );
        }),
        provide(
          RefreshProcessor,
          [RefreshVault, RefreshCredential, Sweeper],
          (vault: RefreshVault, refresh: RefreshCredential, sweeper: Sweeper) =>
            new RefreshProcessor(vault, refresh, sweeper, logger),
        ),
      ],
    };
  }
}

async function revokeAt(
  config: ConfigSource,
  endpoints: TokenEndpoints,
  name: string,
  refreshToken: string,
  issuedTo: string | undefined,
): Promise<string> {
  const provider = config.current().oauthProviders.get(name);
  return provider === undefined ? 'unsupported' : endpoints.revoke(provider, refreshToken, issuedTo);
}

/** What needs no decorator stays without one: the parts are plain classes, put together here. */
function provide<T, A extends unknown[]>(
  token: abstract new (...args: never[]) => T,
  inject: FactoryProvider['inject'],
  useFactory: (...parts: A) => T,
): FactoryProvider {
  return { provide: token, inject: inject ?? [], useFactory: useFactory as FactoryProvider['useFactory'] };
}
