import type { ConfigSource, OAuthProviderConfig } from '@muxgate/config';
import { messageOf, type Logger } from '@muxgate/runtime';
import type { CredentialVault } from '@muxgate/vault';
import type { TokenEndpoints } from './token-endpoints.js';

const LOOK_EVERY_MS = 5_000;
const RETRY_AFTER_FAILURE_MS = 30_000;

/**
 * A provider with the client credentials grant needs no person: its credential, named as the provider, is connected
 * as soon as it is configured. From then on it is renewed as any other. Two workers may do it at the same time; the
 * grant is not spent by that, and the later token set wins.
 */
export class ConnectClientCredentials {
  private readonly nextLook = new Map<string, number>();

  constructor(
    private readonly config: ConfigSource,
    private readonly vault: CredentialVault,
    private readonly endpoints: TokenEndpoints,
    private readonly logger: Logger,
  ) {}

  async connectMissing(): Promise<void> {
    const { oauthProviders } = this.config.current();
    for (const name of this.nextLook.keys()) if (!oauthProviders.has(name)) this.nextLook.delete(name);
    const providers = [...oauthProviders.values()];
    const mine = providers.filter(({ grant, name }) => {
      return grant === 'client_credentials' && Date.now() >= (this.nextLook.get(name) ?? 0);
    });
    await Promise.all(mine.map((provider) => this.connect(provider)));
  }

  private async connect(provider: OAuthProviderConfig): Promise<void> {
    const { name, clientId, scopes } = provider;
    this.nextLook.set(name, Date.now() + LOOK_EVERY_MS);
    if ((await this.vault.readState(name)) !== undefined) return;
    try {
      const mint = await this.endpoints.prepare(provider, undefined);
      const tokenSet = await mint();
      await this.vault.connect({
        credential: name,
        provider: name,
        tokenSet,
        clientId,
        scopes,
        schedule: provider,
      });
      this.logger.info({ credential: name }, 'client credentials connected');
    } catch (error) {
      this.nextLook.set(name, Date.now() + RETRY_AFTER_FAILURE_MS);
      this.logger.warn({ provider: name, reason: messageOf(error) }, 'client credentials did not connect');
    }
  }
}
