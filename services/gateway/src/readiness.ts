import type { ConfigSource } from '@muxgate/config';
import { isOwned } from '@muxgate/routing';
import type { Readiness } from '@muxgate/runtime';
import type { Admission } from './proxy/admission.js';
import type { ClientKeys } from './proxy/client-keys.js';
import type { CredentialSource } from './proxy/credential-source.js';

/** Ids of the stored credentials of one kind that enabled providers need; one of each caller's own names none. */
export function wantedCredentials(config: ConfigSource, type: 'oauth' | 'storedKey'): string[] {
  const ids = new Set<string>();
  for (const { enabled, auth } of config.current().providers.values())
    if (enabled && auth.type === type && !isOwned(auth)) ids.add(auth.credential);
  return [...ids];
}

/**
 * Can this gateway do its job? Redis may be away while memory serves; when every token in memory has ended and
 * no provider works without one, nothing can be served. A credential that nobody has connected yet does not count:
 * connecting it needs no restart.
 */
export function gatewayReadiness(
  config: ConfigSource,
  clientKeys: ClientKeys,
  credentials: CredentialSource,
  admission: Admission,
): Readiness {
  const redisAway = !credentials.storeReachable;
  const checks = {
    config: { ok: true, detail: `revision ${config.current().revision}` },
    redis: { ok: true, ...(redisAway ? { detail: 'away, serving from memory' } : {}) },
    clientKeys: keysCheck(config, clientKeys, redisAway),
    credentials: credentialsCheck(config, credentials),
    admission: admission.isDraining ? { ok: false, detail: 'draining' } : { ok: !admission.isOverloaded },
  };
  return { ok: Object.values(checks).every(({ ok }) => ok), checks };
}

function keysCheck(
  config: ConfigSource,
  clientKeys: ClientKeys,
  redisAway: boolean,
): Readiness['checks'][string] {
  if (config.current().clients.authentication === 'disabled')
    return { ok: true, detail: 'authentication disabled' };
  const known = clientKeys.size + config.current().clients.keys.size;
  return { ok: known > 0 || !redisAway, detail: `${known} in memory` };
}

function credentialsCheck(config: ConfigSource, credentials: CredentialSource): Readiness['checks'][string] {
  const { alive, ended, missing } = credentials.standing();
  const others = [...config.current().providers.values()].some(
    ({ enabled, auth }) => enabled && (auth.type === 'apiKey' || auth.type === 'none' || isOwned(auth)),
  );
  const parts = [
    ended.length > 0 ? `ended: ${ended.join(', ')}` : '',
    missing.length > 0 ? `not connected: ${missing.join(', ')}` : '',
  ].filter((part) => part !== '');
  const ok = others || alive.length > 0 || ended.length === 0;
  return parts.length === 0 ? { ok } : { ok, detail: parts.join('; ') };
}
