import type { ProviderConfig } from '@muxgate/config';
import type { AccessGrant } from '@muxgate/vault';
import type { AccessTokens } from './access-tokens.js';
import type { CloudCredentials } from './cloud-credentials.js';
import { keyCredential, keyHeaderOf, type Credential, type Standing } from './credential.js';
import { AuthTypeUnsupported } from './errors.js';
import type { StoredKeySource } from './stored-key-source.js';
import type { MaybePromise } from './when-ready.js';

const NONE: Credential = { header: undefined, grant: undefined };

/** What goes on upstream requests, by the provider's `auth`. */
export class CredentialSource {
  private readonly fixed = new WeakMap<ProviderConfig, Credential>();

  constructor(
    private readonly tokens: AccessTokens,
    private readonly storedKeys: StoredKeySource,
    private readonly cloud: Pick<CloudCredentials, 'of'>,
  ) {}

  async start(): Promise<void> {
    await Promise.all([this.tokens.start(), this.storedKeys.start()]);
  }

  stop(): void {
    this.tokens.stop();
    this.storedKeys.stop();
  }

  /**
   * What this provider wants to see: at once where it is in memory.
   *
   * @throws CredentialMissing, CredentialRevoked, CredentialEnded, CredentialUnavailable, AuthTypeUnsupported
   */
  of(provider: ProviderConfig): MaybePromise<Credential> {
    const { auth } = provider;
    switch (auth.type) {
      case 'none':
        return this.cloud.of(provider) ?? NONE;
      case 'apiKey':
        return this.fixed.get(provider) ?? this.cloud.of(provider) ?? this.fix(provider, auth.value);
      case 'storedKey':
        return this.storedKeys.of(auth.credential, keyHeaderOf(provider));
      case 'oauth':
        return this.tokens.of(auth.credential);
      default:
        throw new AuthTypeUnsupported(
          `provider ${provider.name}: auth type ${auth.type} is not supported yet`,
        );
    }
  }

  /** After a 401 on `refused`: a newer credential, from memory, the store or the worker, in this order. */
  replace(refused: AccessGrant): Promise<Credential | undefined> {
    return this.tokens.replace(refused);
  }

  /** How the stored credentials that the configuration needs stand, by what is in memory. */
  standing(): Standing {
    const tokens = this.tokens.standing();
    const keys = this.storedKeys.standing();
    return {
      alive: [...tokens.alive, ...keys.alive],
      ended: tokens.ended,
      missing: [...tokens.missing, ...keys.missing],
    };
  }

  /** Whether the last reading of the store succeeded. */
  get storeReachable(): boolean {
    return this.tokens.storeReachable;
  }

  private fix(provider: ProviderConfig, value: string): Credential {
    const credential = keyCredential(keyHeaderOf(provider), value);
    this.fixed.set(provider, credential);
    return credential;
  }
}
