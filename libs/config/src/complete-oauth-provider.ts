import { presetNamed, type OAuthPreset } from '@muxgate/providers';
import type { OAuthProviderEntry } from './oauth-provider.document.js';

/** An entry with what its preset fills in and the defaults; the entry's own fields win. */
export type CompleteOAuthProvider = OAuthProviderEntry &
  Required<Pick<OAuthProviderEntry, 'grant' | 'tokenRequestFormat' | 'scopes' | 'authorizeParams'>>;

const DEFAULTS = {
  grant: 'authorization_code',
  tokenRequestFormat: 'form',
  scopes: [],
  authorizeParams: {},
} as const;

const URLS = [
  'authorizationUrl',
  'tokenUrl',
  'deviceAuthorizationUrl',
  'revocationUrl',
  'issuer',
  'apiUrl',
] as const;

export function completeOAuthProvider(
  entry: OAuthProviderEntry,
  presets: readonly OAuthPreset[],
): CompleteOAuthProvider {
  const given = Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
  const preset = presetNamed(presets, entry.preset);
  const complete = { ...DEFAULTS, ...preset?.fields, ...given } as CompleteOAuthProvider;
  complete.authorizeParams = { ...preset?.fields.authorizeParams, ...entry.authorizeParams };
  for (const field of URLS) {
    const url = complete[field];
    if (url !== undefined && complete.tenant !== undefined)
      complete[field] = url.replace('{tenant}', complete.tenant);
  }
  return complete;
}
