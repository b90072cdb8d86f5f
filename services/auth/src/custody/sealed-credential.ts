import type { StoredTokenSet } from '@muxgate/vault';

/** What an export seals: all that another cluster needs to go on. */
export type CredentialContent =
  | {
      readonly version: 1;
      readonly kind: 'oauth';
      readonly credential: string;
      readonly provider: string;
      readonly clientId: string;
      readonly scopes: readonly string[];
      readonly connectedAt?: number;
      readonly tokenSet: StoredTokenSet;
    }
  | { readonly version: 1; readonly kind: 'api-key'; readonly credential: string; readonly value: string };

/** The parts of what was opened that are relied on; it was sealed by an export, but by whom nobody can say. */
export function isCredentialContent(value: unknown): value is CredentialContent {
  if (typeof value !== 'object' || value === null) return false;
  const content = value as Record<string, unknown>;
  if (content['version'] !== 1 || typeof content['credential'] !== 'string') return false;
  if (content['kind'] === 'api-key') return typeof content['value'] === 'string';
  return (
    content['kind'] === 'oauth' &&
    typeof content['provider'] === 'string' &&
    typeof content['clientId'] === 'string' &&
    isTexts(content['scopes']) &&
    isTokenSet(content['tokenSet'])
  );
}

function isTokenSet(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const set = value as Record<string, unknown>;
  return (
    typeof set['accessToken'] === 'string' &&
    typeof set['tokenType'] === 'string' &&
    Number.isFinite(set['expiresAt']) &&
    ['string', 'undefined'].includes(typeof set['refreshToken'])
  );
}

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
