import { HttpModule, HttpService } from '@nestjs/axios';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { AuditLog, AuditTrail } from '@muxgate/audit';
import { TeamStore, type ClientKeyStore } from '@muxgate/clients';
import { ConfigSource, type ConfigSnapshot } from '@muxgate/config';
import {
  ConnectMetrics,
  DevicePolls,
  InvitationStore,
  ProgressStore,
  TransactionStore,
} from '@muxgate/connect';
import { createOAuthHttp } from '@muxgate/egress';
import { WebhookQueue } from '@muxgate/events';
import type { RedisClient } from '@muxgate/redis';
import { MaintenanceQueue, RefreshQueue } from '@muxgate/refresh-queue';
import type { ConfigFollower, RevisionStore } from '@muxgate/revisions';
import type { Logger } from '@muxgate/runtime';
import { CoolDownStore } from '@muxgate/target-health';
import { OverviewReader, RequestLog, UsageReader } from '@muxgate/usage';
import { RefreshHistory, CredentialVault, RewrapProgress, StoredKeys, type KeyRing } from '@muxgate/vault';
import type { Registry } from 'prom-client';
import { ImportCredentials } from './custody/import-credentials.js';
import { ImportKeyStore } from './custody/import-key.store.js';
import { KeyUseReader } from './custody/key-use.js';
import { ReapController } from './custody/reap.controller.js';
import { TransferController } from './custody/transfer.controller.js';
import { VaultController } from './custody/vault.controller.js';
import { AdminGuard } from './admin/admin.guard.js';
import { AdminTokens } from './admin/admin-tokens.js';
import { AuditController } from './admin/audit.controller.js';
import { CheckChain } from './admin/check-chain.js';
import { BudgetStates } from './admin/budget-states.js';
import { ClientDirectory } from './admin/client-directory.js';
import { KeysController } from './admin/keys.controller.js';
import { OAuthProvidersController } from './admin/oauth-providers.controller.js';
import { ProvidersController } from './admin/providers.controller.js';
import { Refusals } from './admin/refusals.js';
import { RequestsController } from './admin/requests.controller.js';
import { RouteController } from './admin/route.controller.js';
import { StoredKeysController } from './admin/stored-keys.controller.js';
import { TeamsController } from './admin/teams.controller.js';
import { TokensController } from './admin/tokens.controller.js';
import { ConfigController } from './config/config.controller.js';
import type { ConfigFile } from './config/config-file.js';
import type { ConfigMetrics } from './config/config.metrics.js';
import { ConfigService } from './config/config.service.js';
import { UsageController } from './admin/usage.controller.js';
import { BrowserBinding } from './connect/browser-binding.js';
import { TestProvider } from './providers/test-provider.js';
import { WebhooksController } from './webhooks/webhooks.controller.js';
import { CallbackController } from './connect/callback.controller.js';
import { ConnectController } from './connect/connect.controller.js';
import { ConnectParts } from './connect/connect-parts.js';
import { HostId } from './connect/host-id.js';
import { OAuthProviders } from './connect/oauth-providers.js';
import { PublicUrl } from './connect/public-url.js';
import { InvitationsController } from './invite/invitations.controller.js';
import { InviteController } from './invite/invite.controller.js';
import { InviteRate } from './invite/invite-rate.js';
import { ConsoleEvents } from './console/console-events.js';
import { EventsController } from './console/events.controller.js';
import { GatewayDirectory, type GatewayAddresses } from './console/gateway-directory.js';
import { TryController } from './console/try.controller.js';
import { TryRequests } from './console/try-requests.js';
import { HostCookie } from './http/host-cookie.js';
import { PeopleController } from './session/people.controller.js';
import { PeopleStore } from './session/people.store.js';
import { SessionController } from './session/session.controller.js';
import { SessionStore } from './session/session.store.js';
import { SignIn } from './session/sign-in.js';
import { SignInLimit } from './session/sign-in-limit.js';
import { IdentityProviders } from './sso/identity-provider.js';
import { SsoController } from './sso/sso.controller.js';
import { SsoStateStore } from './sso/sso-state.store.js';

/** What the process opened before Nest starts. */
export interface AuthResources {
  readonly config: ConfigSource;
  /** a text → what this process can run; throws ConfigInvalid */
  readonly build: (text: string, revision: number) => ConfigSnapshot;
  readonly revisions: RevisionStore;
  readonly webhooks: WebhookQueue;
  readonly follower: ConfigFollower;
  readonly file: ConfigFile;
  readonly configMetrics: ConfigMetrics;
  readonly redis: RedisClient;
  readonly audit: AuditLog;
  readonly trail: AuditTrail;
  readonly queue: RefreshQueue;
  readonly clientKeys: ClientKeyStore;
  readonly maintenance: MaintenanceQueue;
  readonly accessRing: KeyRing;
  readonly refreshRing: KeyRing;
  readonly adminTokens: AdminTokens;
  readonly publicUrl: PublicUrl;
  readonly binding: BrowserBinding;
  /** a connection in the role `subscriber`, which others use too */
  readonly subscriber: RedisClient;
  readonly gateway: GatewayAddresses;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** The composition root: who is made of what, on one screen. */
@Module({})
export class AuthModule {
  static with(resources: AuthResources): DynamicModule {
    const {
      config,
      redis,
      audit,
      trail,
      queue,
      clientKeys,
      accessRing,
      refreshRing,
      publicUrl,
      binding,
      logger,
      registry,
      adminTokens,
    } = resources;
    const vault = new CredentialVault(redis, { accessRing, refreshRing });
    const storedKeys = new StoredKeys(redis, accessRing);
    const sessions = new SessionStore(redis, () => config.current().console);
    const people = new PeopleStore(redis);
    const gateway = new GatewayDirectory(resources.gateway, config);
    const cookie = new HostCookie('muxgate_session', publicUrl.isSecure);
    const signIn = new SignIn(sessions, people, cookie, adminTokens, trail);
    return {
      module: AuthModule,
      imports: [HttpModule],
      controllers: [
        OAuthProvidersController,
        ReapController,
        TokensController,
        ConnectController,
        CallbackController,
        InvitationsController,
        InviteController,
        TransferController, // before the one whose ids take any name
        StoredKeysController,
        VaultController,
        KeysController,
        TeamsController,
        AuditController,
        ProvidersController,
        RouteController,
        ConfigController,
        UsageController,
        RequestsController,
        WebhooksController,
        SessionController,
        PeopleController,
        EventsController,
        TryController,
        SsoController,
      ],
      providers: [
        { provide: CredentialVault, useValue: vault },
        { provide: StoredKeys, useValue: storedKeys },
        { provide: ImportKeyStore, useValue: new ImportKeyStore(redis, refreshRing) },
        { provide: ImportCredentials, useValue: new ImportCredentials(vault, storedKeys, config) },
        { provide: KeyUseReader, useValue: new KeyUseReader(redis, { accessRing, refreshRing }) },
        { provide: RewrapProgress, useValue: new RewrapProgress(redis) },
        { provide: MaintenanceQueue, useValue: resources.maintenance },
        { provide: RefreshQueue, useValue: queue },
        { provide: BudgetStates, useValue: new BudgetStates(redis, config) },
        { provide: ClientDirectory, useValue: new ClientDirectory(config, clientKeys, new TeamStore(redis)) },
        { provide: ConfigSource, useValue: config },
        {
          provide: ConfigService,
          useValue: new ConfigService(
            resources.revisions,
            resources.follower,
            resources.file,
            (text) => resources.build(text, 0),
            trail,
            resources.configMetrics,
          ),
        },
        { provide: WebhookQueue, useValue: resources.webhooks },
        { provide: TestProvider, useValue: new TestProvider(vault, new StoredKeys(redis, accessRing)) },
        { provide: CoolDownStore, useValue: new CoolDownStore(redis) },
        { provide: UsageReader, useValue: new UsageReader(redis) },
        { provide: OverviewReader, useValue: new OverviewReader(redis) },
        { provide: RequestLog, useValue: new RequestLog(redis) },
        { provide: AuditLog, useValue: audit },
        { provide: AuditTrail, useValue: trail },
        { provide: CheckChain, useValue: new CheckChain(redis, audit) },
        { provide: Refusals, useValue: new Refusals(trail) },
        { provide: PublicUrl, useValue: publicUrl },
        { provide: InviteRate, useValue: new InviteRate(redis) },
        { provide: AdminTokens, useValue: adminTokens },
        { provide: BrowserBinding, useValue: binding },
        { provide: SessionStore, useValue: sessions },
        { provide: PeopleStore, useValue: people },
        { provide: RefreshHistory, useValue: new RefreshHistory(redis) },
        { provide: ConsoleEvents, useValue: new ConsoleEvents(resources.subscriber) },
        { provide: GatewayDirectory, useValue: gateway },
        {
          provide: TryRequests,
          inject: [HttpService],
          useFactory: (http: HttpService) => new TryRequests(gateway, clientKeys, http),
        },
        { provide: SignIn, useValue: signIn },
        { provide: SignInLimit, useValue: new SignInLimit(redis) },
        { provide: SsoStateStore, useValue: new SsoStateStore(redis, refreshRing) },
        {
          provide: IdentityProviders,
          inject: [HttpService],
          useFactory: (http: HttpService) => new IdentityProviders(createOAuthHttp(http)),
        },
        {
          provide: OAuthProviders,
          inject: [HttpService],
          useFactory: (http: HttpService) => new OAuthProviders(config, createOAuthHttp(http)),
        },
        {
          provide: ConnectParts,
          inject: [OAuthProviders],
          useFactory: (providers: OAuthProviders): ConnectParts => ({
            providers,
            transactions: new TransactionStore(redis, refreshRing),
            progress: new ProgressStore(redis),
            invitations: new InvitationStore(redis, refreshRing),
            devicePolls: new DevicePolls(redis),
            vault,
            publicUrl,
            binding,
            trail,
            metrics: new ConnectMetrics(registry),
            logger,
            hostId: new HostId(redis),
            storedKeys: new StoredKeys(redis, accessRing),
            revoke: (name, token, issuedTo) => providers.revoke(name, token, issuedTo),
          }),
        },
        {
          provide: APP_GUARD,
          inject: [Reflector],
          useFactory: (reflector: Reflector) => new AdminGuard(reflector, adminTokens, signIn, publicUrl),
        },
      ],
    };
  }
}
