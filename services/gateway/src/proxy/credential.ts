import type { Protocol, ProviderConfig } from '@muxgate/config';
import type { AccessGrant } from '@muxgate/vault';
import type { AwsKeys } from './cloud-credentials.js';

/** How a request proves itself to a provider. */
export interface Credential {
  /** names and values in turn */
  readonly headers: readonly string[];
  /** the stored token behind it, where there is one that can be refreshed */
  readonly grant: AccessGrant | undefined;
  /** the provider's headers with those that the credential needs, where it needs any */
  readonly beside?: Readonly<Record<string, string>>;
  /** that sign each request in place of a header */
  readonly aws?: AwsKeys;
}

/** Ids of stored credentials by how they stand. */
export interface Standing {
  readonly alive: string[];
  readonly ended: string[];
  readonly missing: string[];
}

/** Where a vendor wants an API key, if not as a bearer token. */
const KEY_HEADERS: Partial<Record<Protocol, string>> = {
  'anthropic-messages': 'x-api-key',
  gemini: 'x-goog-api-key',
  vertex: 'x-goog-api-key',
  'vertex-anthropic': 'x-goog-api-key',
};

/** The header that takes an API key at a provider, in lower case. */
export function keyHeaderOf({ keyHeader, protocol }: ProviderConfig): string {
  return keyHeader ?? KEY_HEADERS[protocol] ?? 'authorization';
}

export function keyCredential(header: string, value: string): Credential {
  return {
    headers: [header, header === 'authorization' ? `Bearer ${value}` : value],
    grant: undefined,
  };
}
