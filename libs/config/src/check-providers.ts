import { presetNamed, protocolsOf, type ProviderPreset } from '@muxgate/providers';
import { checkUrlSafety } from './check-url.js';
import type { ConfigDocument } from './document.js';
import { isPlainReference } from './interpolate.js';
import { allowsPrivateNetwork } from './local-preset.js';
import { join, type Mistakes } from './mistakes.js';
import type { AuthSection, ProviderEntry } from './provider.document.js';
import { PROTOCOLS } from './snapshot.types.js';
import { didYouMean } from './suggest.js';

/** The rules between the fields of a provider. */
export function checkProviders(
  document: ConfigDocument,
  presets: readonly ProviderPreset[],
  mistakes: Mistakes,
): void {
  for (const [index, entry] of document.providers.entries()) {
    const path = `providers[${index}]`;
    checkPreset(entry, presets, path, mistakes);
    checkUrlSafety(entry.baseUrl, allowsPrivateNetwork(entry, presets), join(path, 'baseUrl'), mistakes);
    if (entry.baseUrl?.includes('?')) mistakes.add(join(path, 'baseUrl'), 'must not hold a query ("?…")');
    if (entry.auth?.type !== undefined) checkAuth(entry.auth, join(path, 'auth'), mistakes);
    checkGoogleCredentials(entry, presets, join(path, 'auth.value'), mistakes);
  }
}

function checkPreset(
  entry: ProviderEntry,
  presets: readonly ProviderPreset[],
  path: string,
  mistakes: Mistakes,
): void {
  if (entry.preset === undefined) {
    for (const field of ['protocol', 'baseUrl'] as const) {
      if (entry[field] === undefined)
        mistakes.add(join(path, field), 'is missing: without preset, it is needed');
    }
    return;
  }
  const preset = presetNamed(presets, entry.preset);
  if (preset !== undefined) {
    checkBesidePreset(entry, preset, path, mistakes);
  } else {
    const names = presets.map(({ name }) => name);
    mistakes.add(
      join(path, 'preset'),
      `no preset is named "${entry.preset}"${didYouMean(entry.preset, names)}`,
    );
  }
}

/** A preset's URL serves the preset's protocols only; another protocol needs a URL of its own. */
function checkBesidePreset(
  entry: ProviderEntry,
  preset: ProviderPreset,
  path: string,
  mistakes: Mistakes,
): void {
  if (entry.baseUrl !== undefined) return;
  const { protocol } = entry;
  const spoken: readonly string[] = protocolsOf(preset);
  if (preset.baseUrl === undefined) {
    mistakes.add(join(path, 'baseUrl'), `is missing: the preset "${preset.name}" needs your own`);
  } else if (protocol !== undefined && PROTOCOLS.includes(protocol) && !spoken.includes(protocol)) {
    mistakes.add(
      join(path, 'protocol'),
      `the preset "${preset.name}" speaks ${spoken.join(', ')} at its URL; another protocol needs a baseUrl`,
    );
  }
}

function checkAuth(auth: AuthSection, path: string, mistakes: Mistakes): void {
  const wanted = { apiKey: 'value', storedKey: 'credential', oauth: 'credential', passthrough: '', none: '' }[
    auth.type
  ];
  for (const field of ['value', 'credential'] as const) {
    if (field === wanted && auth[field] === undefined) {
      mistakes.add(join(path, field), `is missing: the type ${auth.type} needs it`);
    } else if (field !== wanted && auth[field] !== undefined) {
      mistakes.add(join(path, field), `has no meaning with the type ${auth.type}`);
    }
  }
}

/** A key of Vertex AI may be a document of Google's; what it holds is not repeated here. */
function checkGoogleCredentials(
  { auth, protocol, preset }: ProviderEntry,
  presets: readonly ProviderPreset[],
  path: string,
  mistakes: Mistakes,
): void {
  const spoken = protocol ?? presetNamed(presets, preset)?.protocol;
  if (!spoken?.startsWith('vertex') || !auth?.value?.trimStart().startsWith('{')) return;
  const { type, credential_source: source } = parsed(auth.value);
  if (type !== 'service_account' && (type !== 'external_account' || typeof source !== 'object'))
    mistakes.add(
      path,
      'must be the JSON of a service account or of workload identity federation, or an API key',
    );
  else if (source !== null && typeof source === 'object' && 'executable' in source)
    mistakes.add(path, 'must not name an executable as its source');
}

function parsed(text: string): { type?: unknown; credential_source?: unknown } {
  try {
    return JSON.parse(text) as object;
  } catch {
    return {};
  }
}

/** By the last word of their names: `authorization`, `x-api-key`, `cookie`, `x-auth-token`, `cf-access-client-secret`, … */
const CREDENTIAL_HEADER = /(^|-)(auth|authorization|cookie|key|password|secret|token)$/i;

export function isCredentialHeader(name: string): boolean {
  return CREDENTIAL_HEADER.test(name);
}

/** Secrets may only be references, in headers as elsewhere; this reads the raw data, before references are replaced. */
export function checkCredentialHeaders(raw: unknown, mistakes: Mistakes): void {
  const providers = (raw as { providers?: unknown } | null)?.providers;
  for (const [index, entry] of Array.isArray(providers) ? providers.entries() : []) {
    const headers: unknown = (entry as { headers?: unknown } | null)?.headers;
    if (typeof headers !== 'object' || headers === null) continue;
    for (const [name, value] of Object.entries(headers)) {
      if (!isCredentialHeader(name) || typeof value !== 'string') continue;
      if (isPlainReference(value.replace(/^(Bearer|Basic) /i, ''))) continue;
      mistakes.reject(
        `providers[${index}].headers.${name}`,
        'secrets must be a reference such as "${ACME_CLIENT_SECRET}"',
      );
    }
  }
}
