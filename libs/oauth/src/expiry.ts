import type { Fields } from './answer-body.js';
import { unverifiedClaims } from './id-token.js';

/** RFC 6749 section 5.1 leaves the lifetime open when `expires_in` is absent: one hour. */
export const DEFAULT_LIFETIME_S = 3600;
/** No token is believed to live longer: 10 years. */
export const MAX_LIFETIME_S = 315_360_000;

export interface Expiry {
  /** Epoch ms, in [requestedAt, requestedAt + 10 years]. */
  expiresAt: number;
  expirySource: 'provider' | 'default' | 'jwt';
}

/**
 * When the access token ends, from the first of: `expires_in` in any shape, `expires_at` in seconds, milliseconds or
 * ISO 8601, the `exp` of a JWT access token, the default. Counted from the start of the request, so never too late.
 * oauth4webapi refuses the whole answer where this falls back, and the rotated token with it.
 */
export function readExpiry(
  fields: Fields,
  accessToken: string,
  requestedAt: number,
  defaultLifetimeS = DEFAULT_LIFETIME_S,
): Expiry {
  const lifetime = readNumber(fields['expires_in']);
  const provided = lifetime === undefined ? readInstant(fields['expires_at']) : requestedAt + lifetime * 1000;
  if (provided !== undefined) {
    return { expiresAt: bounded(provided, requestedAt), expirySource: 'provider' };
  }
  const exp = readInstant(unverifiedClaims(accessToken)?.['exp']);
  if (exp !== undefined && exp > requestedAt) {
    return { expiresAt: bounded(exp, requestedAt), expirySource: 'jwt' };
  }
  return { expiresAt: requestedAt + defaultLifetimeS * 1000, expirySource: 'default' };
}

/** When the refresh token ends (GitHub, Microsoft, Keycloak, where 0 means never); `undefined` if not said. */
export function readRefreshExpiry(fields: Fields, requestedAt: number): number | undefined {
  const lifetime = readNumber(fields['refresh_token_expires_in'] ?? fields['refresh_expires_in']);
  return lifetime !== undefined && lifetime > 0
    ? bounded(requestedAt + lifetime * 1000, requestedAt)
    : undefined;
}

/** OpenAI's `earliest_refresh_at`; `undefined` if not said. */
export function readEarliestRefresh(fields: Fields, requestedAt: number): number | undefined {
  const instant = readInstant(fields['earliest_refresh_at']);
  return instant === undefined ? undefined : bounded(instant, requestedAt);
}

function bounded(instant: number, requestedAt: number): number {
  return Math.floor(Math.min(Math.max(instant, requestedAt), requestedAt + MAX_LIFETIME_S * 1000));
}

/** A finite number, as such or in decimal text ("3600", "3600.0", "3.6e3"). */
export function readNumber(value: unknown): number | undefined {
  const decimal = typeof value === 'string' && /^\s*[+-]?\d+(\.\d*)?(e[+-]?\d+)?\s*$/i.test(value);
  const number = decimal ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/**
 * Epoch ms from epoch seconds, epoch milliseconds or ISO 8601 (UTC where it names no offset). Smaller numbers, being
 * 0 for "not said" or a lifetime in the wrong field, are no instants.
 */
function readInstant(value: unknown): number | undefined {
  const number = readNumber(value);
  if (number !== undefined) return fromEpoch(number);
  if (typeof value !== 'string' || !/^\s*\d{4}-\d\d-\d\dT/.test(value)) return undefined;
  const text = value.trim();
  const parsed = Date.parse(/(z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** 1e9 is 2001 in seconds; 1e11 is the year 5138 in seconds and 1973 in milliseconds, so units cannot be confused. */
function fromEpoch(number: number): number | undefined {
  if (number < 1e9) return undefined;
  return number < 1e11 ? number * 1000 : number;
}
