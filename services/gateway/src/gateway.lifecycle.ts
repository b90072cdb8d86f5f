import type { ConfigSource } from '@muxgate/config';
import type { EventPublisher } from '@muxgate/events';
import type { RedisClient } from '@muxgate/redis';
import type { RefreshQueue } from '@muxgate/refresh-queue';
import type { ConfigFollower } from '@muxgate/revisions';
import type { VaultEvents } from '@muxgate/vault';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { Limits } from './limits/limits.js';
import type { Accounting } from './proxy/accounting.js';
import type { Admission } from './proxy/admission.js';
import type { ClientKeys } from './proxy/client-keys.js';
import type { CredentialSource } from './proxy/credential-source.js';
import type { Upstreams } from './proxy/upstream.js';
import { configuredTargets } from './targets/configured-targets.js';
import type { SharedHealth } from './targets/shared-health.js';
import type { TokenCounter } from './translate/count-tokens.js';
import type { UsageAccounts } from './usage/usage-accounts.js';

/** Starts what runs in the background before the port opens, and stops it after the last request. */
export class GatewayLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly redis: RedisClient,
    private readonly config: ConfigSource,
    private readonly follower: ConfigFollower,
    private readonly events: VaultEvents,
    private readonly queue: RefreshQueue,
    private readonly clientKeys: ClientKeys,
    private readonly credentials: CredentialSource,
    private readonly health: SharedHealth,
    private readonly limits: Limits,
    private readonly published: EventPublisher,
    private readonly admission: Admission,
    private readonly upstreams: Upstreams,
    private readonly tokenCounter: TokenCounter,
    private readonly usage: UsageAccounts,
    private readonly accounting: Accounting,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    // without Redis this one waits: messages come once it is there, and rereading does not need them
    this.events.start().catch(() => undefined);
    this.config.onChange((next) => {
      this.upstreams.keepOnly(next.providers.values());
      this.health.health.keepOnly(configuredTargets(next));
    });
    await this.follower.start();
    this.health.start();
    await Promise.all([this.clientKeys.start(), this.credentials.start(), this.limits.start()]);
    this.admission.start();
    await this.usage.start(() => {
      for (const exchange of this.admission.all()) this.accounting.checkpoint(exchange);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.admission.stop();
    this.credentials.stop();
    this.health.stop();
    await Promise.all([this.clientKeys.stop(), this.limits.stop(), this.follower.stop()]);
    await this.published.close();
    await this.usage.stop();
    await this.tokenCounter.close();
    await this.upstreams.close();
    await this.queue.close();
    this.events.close();
    this.redis.disconnect();
  }
}
