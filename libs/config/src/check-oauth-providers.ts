import { presetNamed, type OAuthPreset } from '@muxgate/providers';
import { checkUrlSafety } from './check-url.js';
import { completeOAuthProvider, type CompleteOAuthProvider } from './complete-oauth-provider.js';
import type { ConfigDocument } from './document.js';
import { mayGoTo } from './may-go-to.js';
import { join, type Mistakes } from './mistakes.js';
import type { OAuthProviderEntry } from './oauth-provider.document.js';
import { didYouMean } from './suggest.js';

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
  'apiUrl',
  'redirectUri',
] as const;

/** The rules between the fields of an OAuth provider. */
export function checkOAuthProviders(
  document: ConfigDocument,
  presets: readonly OAuthPreset[],
  mistakes: Mistakes,
): void {
  for (const [index, entry] of document.oauthProviders.entries()) {
    const path = `oauthProviders[${index}]`;
    if (checkPreset(entry, presets, path, mistakes)) {
      const complete = completeOAuthProvider(entry, presets);
      checkAge(complete, path, mistakes);
      checkClient(complete, path, mistakes);
      checkEndpoints(complete, presetNamed(presets, entry.preset), path, mistakes);
    }
  }
  checkHosts(document, presets, mistakes);
}

/** Whether there is anything to go on with. */
function checkPreset(
  entry: OAuthProviderEntry,
  presets: readonly OAuthPreset[],
  path: string,
  mistakes: Mistakes,
): boolean {
  if (entry.preset === undefined) return true;
  const preset = presetNamed(presets, entry.preset);
  if (preset === undefined) {
    const names = presets.map(({ name }) => name);
    mistakes.add(
      join(path, 'preset'),
      `no preset is named "${entry.preset}"${didYouMean(entry.preset, names)}`,
    );
    return false;
  }
  if (preset.needsAcknowledgement === true && entry.acknowledgeTerms !== true) {
    mistakes.add(join(path, 'acknowledgeTerms'), `must be true to use this preset: ${preset.termsNotice}`);
  }
  const tenant = completeOAuthProvider(entry, presets).tenant;
  const needsTenant = Object.values(preset.fields).some((value) => String(value).includes('{tenant}'));
  if (needsTenant && tenant === undefined) {
    mistakes.add(join(path, 'tenant'), `is missing: the preset "${preset.name}" needs it`);
  } else if (tenant !== undefined && !/^[A-Za-z0-9.-]+$/.test(tenant)) {
    mistakes.add(join(path, 'tenant'), 'must be an id or a host name');
  }
  return true;
}

/** What can be known before a request: a credential that is named after its OAuth provider. */
function checkHosts(document: ConfigDocument, presets: readonly OAuthPreset[], mistakes: Mistakes): void {
  const hostsOf = new Map(
    document.oauthProviders.map(
      (entry) => [entry.name, completeOAuthProvider(entry, presets).hosts] as const,
    ),
  );
  for (const [index, { auth, baseUrl }] of document.providers.entries()) {
    const hosts = auth?.type === 'oauth' && auth.credential ? hostsOf.get(auth.credential) : undefined;
    if (hosts === undefined || baseUrl === undefined || mayGoTo(hosts, baseUrl)) continue;
    mistakes.add(
      `providers[${index}].baseUrl`,
      `the credential "${auth?.credential}" may only be sent to ${hosts.join(', ')}`,
    );
  }
}

/** No person gives client credentials, so none can give them again. */
function checkAge(entry: CompleteOAuthProvider, path: string, mistakes: Mistakes): void {
  if (entry.reauthorizeAfterDays === undefined || entry.grant !== 'client_credentials') return;
  mistakes.add(join(path, 'reauthorizeAfterDays'), 'has no use with the grant client_credentials');
}

function checkEndpoints(
  entry: CompleteOAuthProvider,
  preset: OAuthPreset | undefined,
  path: string,
  mistakes: Mistakes,
): void {
  for (const field of ENDPOINTS)
    checkUrlSafety(entry[field], entry.allowPrivateNetwork, join(path, field), mistakes);
  if (entry.issuer !== undefined) {
    if (entry.issuer.includes('?')) mistakes.add(join(path, 'issuer'), 'must not hold a query ("?…")');
    return;
  }
  if (preset?.quirks?.verifiesIdToken === true) {
    mistakes.add(join(path, 'issuer'), `is missing: the preset "${preset.name}" needs it`);
    return;
  }
  for (const field of NEEDED[entry.grant] ?? []) {
    if (entry[field] === undefined) {
      mistakes.add(join(path, field), `is missing: without issuer, the grant ${entry.grant} needs it`);
    }
  }
}

function checkClient(entry: CompleteOAuthProvider, path: string, mistakes: Mistakes): void {
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
