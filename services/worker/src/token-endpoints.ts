import type { OAuthProviderConfig } from '@muxgate/config';
import {
  asIssued,
  clientCredentials,
  pollDeviceToken,
  refreshTokenSet,
  resolveEndpoints,
  revokeToken,
  type DevicePoll,
  type OAuthHttp,
  type ResolvedDescriptor,
  type RevocationOutcome,
  type TokenSet,
} from '@muxgate/oauth';

type Resolved = ResolvedDescriptor<OAuthProviderConfig>;

/** A token request with everything looked up: calling it is the one thing that spends. */
export type Spend = () => Promise<TokenSet>;

const METADATA_LIFE_MS = 3_600_000;

/** Speaks with the providers' token endpoints. Metadata is looked up ahead of a request, and kept for an hour. */
export class TokenEndpoints {
  private readonly resolved = new WeakMap<OAuthProviderConfig, { at: number; descriptor: Resolved }>();

  constructor(
    private readonly httpFor: (allowPrivateNetwork: boolean) => OAuthHttp,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws DiscoveryFailed, OAuthMisconfigured: nothing was sent to the token endpoint */
  async prepare(
    provider: OAuthProviderConfig,
    refreshToken: string | undefined,
    issuedTo?: string,
  ): Promise<Spend> {
    const descriptor = asIssued(await this.resolve(provider), issuedTo);
    const http = this.httpFor(provider.allowPrivateNetwork);
    return refreshToken === undefined
      ? () => clientCredentials(descriptor, { now: this.now }, http)
      : () => refreshTokenSet(descriptor, { refreshToken, now: this.now }, http);
  }

  /** One question (RFC 8628, section 3.4). @throws as `prepare`, and TokenEndpointError for a final refusal */
  async pollDevice(
    provider: OAuthProviderConfig,
    deviceCode: string,
    intervalMs: number,
  ): Promise<DevicePoll> {
    const http = this.httpFor(provider.allowPrivateNetwork);
    const descriptor = await this.resolve(provider);
    return pollDeviceToken(descriptor, { deviceCode, intervalMs, now: this.now }, http);
  }

  /** Best effort, for tokens that nobody will hold. */
  async revoke(
    provider: OAuthProviderConfig,
    refreshToken: string,
    issuedTo?: string,
  ): Promise<RevocationOutcome> {
    const http = this.httpFor(provider.allowPrivateNetwork);
    const descriptor = asIssued(await this.resolve(provider), issuedTo);
    return revokeToken(descriptor, { token: refreshToken, hint: 'refresh_token' }, http);
  }

  httpOf(provider: OAuthProviderConfig): OAuthHttp {
    return this.httpFor(provider.allowPrivateNetwork);
  }

  private async resolve(provider: OAuthProviderConfig): Promise<Resolved> {
    const known = this.resolved.get(provider);
    if (known !== undefined && this.now() - known.at < METADATA_LIFE_MS) return known.descriptor;
    const descriptor = await resolveEndpoints(provider, this.httpFor(provider.allowPrivateNetwork));
    this.resolved.set(provider, { at: this.now(), descriptor });
    return descriptor;
  }
}
