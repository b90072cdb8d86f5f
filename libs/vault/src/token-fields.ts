import { open, seal, type EnvelopeContext } from './envelope.js';
import type { KeyRing } from './key-ring.js';
import type { StoredTokenSet } from './record.js';

/** Access and refresh tokens are sealed under different rings: a gateway that is broken into yields no refresh token. */
export interface KeyRings {
  readonly accessRing: KeyRing;
  readonly refreshRing: KeyRing;
}

export interface TokenSetPlace {
  readonly credential: string;
  readonly provider: string;
  /** The generation that this token set becomes. */
  readonly generation: number;
}

/** Field-value pairs of both halves of a record for one token set, flat, as HSET takes them. */
export function tokenFields(
  rings: KeyRings,
  place: TokenSetPlace,
  tokens: StoredTokenSet,
  times: { now: number; refreshAt: number },
): { access: string[]; refresh: string[] } {
  const context = (purpose: EnvelopeContext['purpose']): EnvelopeContext => ({ purpose, ...place });
  const access: Record<string, string> = {
    access: seal(rings.accessRing, tokens.accessToken, context('access')),
    tokenType: tokens.tokenType,
    obtainedAt: String(times.now),
    expiresAt: String(Math.floor(tokens.expiresAt)),
    refreshAt: String(Math.floor(times.refreshAt)),
    earliestRefreshAt: String(tokens.earliestRefreshAt ?? 0),
    refreshExpiresAt: String(tokens.refreshExpiresAt ?? 0),
    // A refresh that does not name them keeps them (RFC 6749, section 5.1).
    ...(tokens.scopes === undefined ? {} : { scopes: tokens.scopes.join(' ') }),
    ...(tokens.account === undefined ? {} : { account: tokens.account }),
    ...(tokens.facts === undefined ? {} : { facts: JSON.stringify(tokens.facts) }),
  };
  const refresh: Record<string, string> = {
    updatedAt: String(times.now),
    ...(tokens.refreshToken === undefined
      ? {}
      : { refresh: seal(rings.refreshRing, tokens.refreshToken, context('refresh')) }),
  };
  return { access: Object.entries(access).flat(), refresh: Object.entries(refresh).flat() };
}

/** A whole token set in one envelope, for one that could not be stored in its place. */
export function sealTokenSet(rings: KeyRings, tokens: StoredTokenSet, context: EnvelopeContext): string {
  return seal(rings.refreshRing, JSON.stringify(tokens), context);
}

export function openTokenSet(rings: KeyRings, envelope: string, context: EnvelopeContext): StoredTokenSet {
  return JSON.parse(open(rings.refreshRing, envelope, context)) as StoredTokenSet;
}
