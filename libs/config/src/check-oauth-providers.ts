import { checkUrlSafety } from './check-url.js';
import type { ConfigDocument } from './document.js';
import { join, type Mistakes } from './mistakes.js';
import type { OAuthProviderEntry } from './oauth-provider.document.js';
import { didYouMean } from './suggest.js';

/** Presets of contract section 10. */
const COMING_PRESETS = [
  'anthropic-max',
  'anthropic-console',
  'openai-codex',
  'gemini-code-assist',
  'github-copilot',
];

const NEEDED = {
  authorization_code: ['authorizationUrl', 'tokenUrl'],
  device_code: ['deviceAuthorizationUrl', 'tokenUrl'],
  client_credentials: ['tokenUrl'],
} as const;

const ENDPOINTS = [
  'issuer',
  'authorizationUrl',
  'tokenUrl',
  'deviceAuthorizationUrl',
  'revocationUrl',
] as const;

/** The rules between the fields of an OAuth provider. */
export function checkOAuthProviders(document: ConfigDocument, mistakes: Mistakes): void {
  for (const [index, entry] of document.oauthProviders.entries()) {
    const path = `oauthProviders[${index}]`;
    checkAge(entry, path, mistakes);
    if (entry.preset === undefined) {
      checkClient(entry, path, mistakes);
      checkEndpoints(entry, path, mistakes);
    } else {
      mistakes.add(join(path, 'preset'), presetMistake(entry.preset));
    }
  }
}

/** No person gives client credentials, so none can give them again. */
function checkAge(entry: OAuthProviderEntry, path: string, mistakes: Mistakes): void {
  if (entry.reauthorizeAfterDays === undefined || entry.grant !== 'client_credentials') return;
  mistakes.add(join(path, 'reauthorizeAfterDays'), 'has no use with the grant client_credentials');
}

function presetMistake(name: string): string {
  if (COMING_PRESETS.includes(name)) return `the preset "${name}" is not available in this version`;
  return `no preset is named "${name}"${didYouMean(name, COMING_PRESETS)}`;
}

function checkEndpoints(entry: OAuthProviderEntry, path: string, mistakes: Mistakes): void {
  for (const field of ENDPOINTS)
    checkUrlSafety(entry[field], entry.allowPrivateNetwork, join(path, field), mistakes);
  if (entry.issuer !== undefined) {
    if (entry.issuer.includes('?')) mistakes.add(join(path, 'issuer'), 'must not hold a query ("?…")');
    return;
  }
  for (const field of NEEDED[entry.grant] ?? []) {
    if (entry[field] === undefined) {
      mistakes.add(join(path, field), `is missing: without issuer, the grant ${entry.grant} needs it`);
    }
  }
}

function checkClient(entry: OAuthProviderEntry, path: string, mistakes: Mistakes): void {
  if (entry.clientId === undefined) mistakes.add(join(path, 'clientId'), 'is missing');
  const { clientAuthentication: method, clientSecret: secret } = entry;
  if (method === 'none' && secret !== undefined) {
    mistakes.add(join(path, 'clientAuthentication'), 'is none, but there is a clientSecret');
  } else if (method !== undefined && method !== 'none' && secret === undefined) {
    mistakes.add(join(path, 'clientSecret'), `is missing: ${method} needs it`);
  } else if (entry.grant === 'client_credentials' && secret === undefined) {
    mistakes.add(join(path, 'clientSecret'), 'is missing: the grant client_credentials needs it');
  }
}
