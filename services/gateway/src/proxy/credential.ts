import { keyHeader } from '@muxgate/config';
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

/** @param name of the header that takes it */
export function keyCredential(name: string, value: string): Credential {
  return { headers: keyHeader(name, value), grant: undefined };
}
