import { keyHeaderOf, type ProviderAuth, type ProviderConfig } from '@muxgate/config';
import { isOwned } from '@muxgate/routing';
import type { AccessGrant } from '@muxgate/vault';
import type { AccessTokens } from './access-tokens.js';
import { callersCredential } from './callers-credential.js';
import type { CloudCredentials } from './cloud-credentials.js';
import type { CredentialNeeds } from './credential-needs.js';
import { keyCredential, type Credential, type Standing } from './credential.js';
import { CredentialMissing, CredentialRevoked } from './errors.js';
import type { Exchange } from './exchange.js';
import type { StoredKeySource } from './stored-key-source.js';
import type { MaybePromise } from './when-ready.js';

/** Whose request it is. */
type Caller = Pick<Exchange, 'req' | 'snapshot'>;

const NONE: Credential = { headers: [], grant: undefined };

/** What goes on upstream requests, by the provider's `auth`. */
export class CredentialSource {
  private readonly fixed = new WeakMap<ProviderConfig, Credential>();

  constructor(
    private readonly tokens: AccessTokens,
    private readonly storedKeys: StoredKeySource,
    private readonly cloud: Pick<CloudCredentials, 'of'>,
    private readonly needs: CredentialNeeds,
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
   * @param credential the id of the stored one, where the provider's `auth` names one
   * @throws CredentialMissing, CredentialRevoked, CredentialEnded, CredentialUnavailable, CredentialMisdirected,
   *   CallerCredentialMissing
   */
  of(provider: ProviderConfig, credential: string, caller: Caller): MaybePromise<Credential> {
    const { auth } = provider;
    switch (auth.type) {
      case 'none':
        return this.cloud.of(provider) ?? NONE;
      case 'apiKey':
        return this.fixed.get(provider) ?? this.cloud.of(provider) ?? this.fix(provider, auth.value);
      case 'storedKey':
        return told(auth, credential, (id) => this.storedKeys.of(id, keyHeaderOf(provider)));
      case 'oauth':
        return this.dressed(
          provider,
          told(auth, credential, (id) => this.tokens.of(id)),
        );
      case 'passthrough': {
        const { req, snapshot } = caller;
        return callersCredential(req.headers, snapshot.clients.authentication === 'required');
      }
    }
  }

  /** After a 401 on `refused`: a newer credential, from memory, the store or the worker, in this order. */
  async replace(provider: ProviderConfig, refused: AccessGrant): Promise<Credential | undefined> {
    const newer = await this.tokens.replace(refused);
    return newer && this.needs.meet(provider, newer);
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

  private dressed(provider: ProviderConfig, token: MaybePromise<Credential>): MaybePromise<Credential> {
    return token instanceof Promise
      ? token.then((credential) => this.needs.meet(provider, credential))
      : this.needs.meet(provider, token);
  }

  private fix(provider: ProviderConfig, value: string): Credential {
    const credential = keyCredential(keyHeaderOf(provider), value);
    this.fixed.set(provider, credential);
    return credential;
  }
}

/** A client that lacks a credential of its own is told how it comes by one. */
function told(
  auth: ProviderAuth & { readonly credential: string },
  credential: string,
  read: (credential: string) => MaybePromise<Credential>,
): MaybePromise<Credential> {
  if (!isOwned(auth)) return read(credential);
  if (credential === '')
    throw new CredentialMissing(
      `this model uses a credential of each caller's own, ${auth.credential}, and this client key has none: ` +
        'its team is not given, or cannot be part of an id',
    );
  const found = read(credential);
  return found instanceof Promise ? found.catch((error: unknown) => explain(error, auth, credential)) : found;
}

function explain(error: unknown, { type }: ProviderAuth, credential: string): never {
  if (!(error instanceof CredentialMissing || error instanceof CredentialRevoked)) throw error;
  const how =
    type === 'oauth'
      ? 'ask an operator of this gateway for an invitation to connect it'
      : 'ask an operator of this gateway to store it';
  const Kind = error instanceof CredentialMissing ? CredentialMissing : CredentialRevoked;
  throw new Kind(`${error.message}; it is this client's own (${credential}): ${how}`);
}
