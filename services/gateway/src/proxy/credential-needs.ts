import { mayGoTo, type ConfigSource, type OAuthProviderConfig, type ProviderConfig } from '@muxgate/config';
import type { AccessGrant } from '@muxgate/vault';
import type { Credential } from './credential.js';
import { CredentialMisdirected } from './errors.js';
import { joinFlags, type AddedHeaders } from './headers.js';

/** What the OAuth provider behind a token demands beside it: where it may go, and with which headers. */
export class CredentialNeeds {
  /** By the credential in memory, which is another one after every refresh. */
  private readonly dressed = new WeakMap<Credential, { provider: ProviderConfig; credential: Credential }>();

  constructor(private readonly config: Pick<ConfigSource, 'current'>) {}

  /** @throws CredentialMisdirected before anything is sent */
  meet(provider: ProviderConfig, credential: Credential): Credential {
    const known = this.dressed.get(credential);
    if (known?.provider === provider) return known.credential;
    const source = this.config.current().oauthProviders.get(credential.grant?.provider ?? '');
    if (source?.hosts !== undefined && !mayGoTo(source.hosts, provider.baseUrl)) {
      throw new CredentialMisdirected(
        `the credential ${credential.grant?.credential} may not be sent to provider ${provider.name}`,
      );
    }
    const added = headersOf(source, credential.grant);
    const met = added === undefined ? credential : { ...credential, beside: merged(provider, added) };
    this.dressed.set(credential, { provider, credential: met });
    return met;
  }
}

/** A header whose fact the provider did not tell is left out. */
function headersOf(
  source: OAuthProviderConfig | undefined,
  grant: AccessGrant | undefined,
): AddedHeaders | undefined {
  const templates = source?.quirks?.upstreamHeaders;
  if (templates === undefined) return undefined;
  const filled = Object.entries(templates).map(
    ([name, template]) =>
      [name, template.replace(/\{(\w+)\}/g, (_, fact: string) => grant?.facts?.[fact] ?? '')] as const,
  );
  return Object.fromEntries(filled.filter(([, value]) => value !== ''));
}

/** What the operator configured stands; beta flags are joined. */
function merged({ headers }: ProviderConfig, added: AddedHeaders): AddedHeaders {
  const beta = joinFlags(headers['anthropic-beta'] ?? '', added['anthropic-beta'] ?? '');
  return { ...added, ...headers, ...(beta === '' ? {} : { 'anthropic-beta': beta }) };
}
