import type { ConfigSource } from '@muxgate/config';
import { CredentialExists, type CredentialVault, type StoredKeys } from '@muxgate/vault';
import { compactDecrypt, type CryptoKey } from 'jose';
import { CONTENT_ENCRYPTION, KEY_MANAGEMENT } from './recipient.js';
import { isCredentialContent, type CredentialContent } from './sealed-credential.js';

export interface ImportItem {
  readonly credential: string;
  readonly jwe: string;
}

export interface ImportOutcome {
  readonly credential: string;
  readonly outcome: 'imported' | 'replaced' | 'skipped' | 'refused';
  readonly reason?: string;
}

export interface ImportOptions {
  readonly dryRun: boolean;
  readonly replace: boolean;
  /** Name of the admin token. */
  readonly actor: string;
}

/** Opens what was sealed to this cluster and puts it into the vault, where it is sealed with the cluster's own keys. */
export class ImportCredentials {
  constructor(
    private readonly vault: CredentialVault,
    private readonly keys: StoredKeys,
    private readonly config: ConfigSource,
  ) {}

  async one(key: CryptoKey, item: ImportItem, options: ImportOptions): Promise<ImportOutcome> {
    const { credential } = item;
    const content = await opened(key, item);
    if (typeof content === 'string') return { credential, outcome: 'refused', reason: content };
    if (content.kind === 'oauth' && !this.config.current().oauthProviders.has(content.provider)) {
      return { credential, outcome: 'refused', reason: 'provider_not_configured' };
    }
    const exists = (await this.stateOf(content)) !== undefined;
    if (exists && !options.replace) return { credential, outcome: 'skipped', reason: 'exists' };
    if (!options.dryRun) {
      try {
        await this.store(content, options);
      } catch (error) {
        if (!(error instanceof CredentialExists)) throw error;
        return { credential, outcome: 'skipped', reason: 'exists' };
      }
    }
    return { credential, outcome: exists ? 'replaced' : 'imported' };
  }

  private async stateOf({ kind, credential }: CredentialContent): Promise<unknown> {
    return kind === 'oauth' ? this.vault.readState(credential) : this.keys.readState(credential);
  }

  private async store(content: CredentialContent, { actor, replace }: ImportOptions): Promise<void> {
    if (content.kind === 'api-key') {
      await this.keys.put(content.credential, content.value, actor);
      return;
    }
    const { credential, provider, tokenSet, clientId, scopes, connectedAt } = content;
    const schedule = this.config.current().oauthProviders.get(provider) ?? { refreshAheadSeconds: 0 };
    await this.vault.connect({
      credential,
      provider,
      tokenSet,
      clientId,
      scopes,
      schedule,
      connectedAt,
      onlyIfNew: !replace,
    });
  }
}

/** Answers the reason of a refusal where there is one. */
async function opened(key: CryptoKey, { credential, jwe }: ImportItem): Promise<CredentialContent | string> {
  let content: unknown;
  try {
    const { plaintext } = await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: [KEY_MANAGEMENT],
      contentEncryptionAlgorithms: [CONTENT_ENCRYPTION],
    });
    content = JSON.parse(new TextDecoder().decode(plaintext));
  } catch {
    return 'not_sealed_to_this_cluster';
  }
  if (!isCredentialContent(content)) return 'content_not_understood';
  return content.credential === credential ? content : 'credential_differs';
}
