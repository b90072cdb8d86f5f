import type { Protocol, ProviderConfig } from './snapshot.types.js';

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

export function keyHeader(header: string, key: string): readonly [name: string, value: string] {
  return [header, header === 'authorization' ? `Bearer ${key}` : key];
}
