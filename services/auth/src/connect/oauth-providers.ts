import type { ConfigSource, OAuthProviderConfig } from '@muxgate/config';
import {
  asIssued,
  resolveEndpoints,
  revokeToken,
  type OAuthHttp,
  type ResolvedDescriptor,
  type RevocationOutcome,
} from '@muxgate/oauth';
import { ProviderUnknown } from './connect.errors.js';

/** A provider with its endpoints discovered, and the only way out to it. */
export interface ReachableProvider {
  readonly provider: ResolvedDescriptor<OAuthProviderConfig>;
  readonly http: OAuthHttp;
}

const METADATA_LIFETIME_MS = 10 * 60_000;

/** The configured OAuth providers, with what discovery says about them, remembered for ten minutes. */
export class OAuthProviders {
  private readonly discovered = new WeakMap<
    OAuthProviderConfig,
    { until: number; found: Promise<ReachableProvider> }
  >();

  constructor(
    private readonly config: ConfigSource,
    private readonly httpFor: (allowPrivateNetwork: boolean) => OAuthHttp,
    private readonly now: () => number = Date.now,
  ) {}

  list(): OAuthProviderConfig[] {
    return [...this.config.current().oauthProviders.values()];
  }

  /** Throws 404 `oauth_provider_unknown` with the names there are. */
  find(name: string): OAuthProviderConfig {
    const known = this.config.current().oauthProviders;
    const provider = known.get(name);
    if (provider) return provider;
    const names = [...known.keys()];
    throw new ProviderUnknown(
      names.length > 0
        ? `No OAuth provider has this name. Configured: ${names.join(', ')}.`
        : 'No OAuth provider is configured.',
      { members: { providers: names } },
    );
  }

  /** Throws as `find`, and as `resolveEndpoints` does when the provider's metadata cannot be had. */
  reach(name: string): Promise<ReachableProvider> {
    const config = this.find(name);
    const known = this.discovered.get(config);
    if (known && known.until > this.now()) return known.found;
    const found = this.discover(config);
    this.discovered.set(config, { until: this.now() + METADATA_LIFETIME_MS, found });
    found.catch(() => this.discovered.delete(config));
    return found;
  }

  /** Throws as `reach`; what the provider does with it is an outcome. */
  async revoke(name: string, refreshToken: string, issuedTo?: string): Promise<RevocationOutcome> {
    const { provider, http } = await this.reach(name);
    return revokeToken(asIssued(provider, issuedTo), { token: refreshToken, hint: 'refresh_token' }, http);
  }

  private async discover(config: OAuthProviderConfig): Promise<ReachableProvider> {
    const http = this.httpFor(config.allowPrivateNetwork);
    return { provider: await resolveEndpoints(config, http), http };
  }
}
