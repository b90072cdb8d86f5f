const DAY_MS = 24 * 3_600_000;

/** When a provider's tokens are refreshed, and for how long; the fields of the configuration. */
export interface RefreshPolicy {
  readonly refreshAheadSeconds: number;
  readonly refreshJitterSeconds?: number;
  /** A refresh token that lies unused for longer may lapse. */
  readonly keepAliveDays?: number;
  /** An authorization older than this has to be given again. */
  readonly reauthorizeAfterDays?: number;
}

/** Epoch milliseconds. */
export interface TokenLifetime {
  readonly expiresAt: number;
  /** The provider refuses earlier refreshes. */
  readonly earliestRefreshAt?: number | undefined;
  /** When the refresh token lapses, where that is known. */
  readonly refreshExpiresAt?: number | undefined;
  /** When a person gave the authorization; now, where it is new. */
  readonly connectedAt?: number | undefined;
}

const LARGEST_SHARE_AHEAD = 0.2;
const LARGEST_SHARE_JITTER = 0.1;
const DEFAULT_JITTER_SECONDS = 60;
/** Of the refresh token's life: late enough to be rare, early enough for a few attempts. */
const KEEP_ALIVE_SHARE = 0.8;
/** No credential is refreshed again sooner than this after its last refresh. */
export const SHORTEST_INTERVAL_MS = 5_000;
/** A refresh ahead of time, for a token that was refused, is granted a credential no more often than this. */
export const SHORTEST_FORCED_INTERVAL_MS = 60_000;

/**
 * When a token set obtained at `now` is due (contract, section 7): before its end by the policy but at most 20 %
 * of its life, spread by a jitter so that tokens of one hour do not meet, before its refresh token lapses, never
 * before the provider allows it.
 *
 * @param random a number in [0, 1)
 */
export function refreshDueAt(
  policy: RefreshPolicy,
  token: TokenLifetime,
  now: number,
  random: number,
): number {
  const life = Math.max(token.expiresAt - now, 0);
  const ahead = Math.min(policy.refreshAheadSeconds * 1_000, life * LARGEST_SHARE_AHEAD);
  const mostJitter = (policy.refreshJitterSeconds ?? DEFAULT_JITTER_SECONDS) * 1_000;
  const jitter = random * Math.min(mostJitter, life * LARGEST_SHARE_JITTER);
  const wanted = Math.min(token.expiresAt - ahead - jitter, exerciseAt(policy, token, now));
  return Math.max(Math.floor(wanted), token.earliestRefreshAt ?? 0, now + SHORTEST_INTERVAL_MS);
}

/** When the worker has to look at a token set even though its access token lives on. */
function exerciseAt(policy: RefreshPolicy, token: TokenLifetime, now: number): number {
  const lapses = token.refreshExpiresAt ?? Infinity;
  return Math.min(
    now + (policy.keepAliveDays ?? Infinity) * DAY_MS,
    now + Math.max(lapses - now, 0) * KEEP_ALIVE_SHARE,
    authorizationEndsAt(policy, token.connectedAt ?? now),
  );
}

/** When an authorization given at `connectedAt` is too old for the policy. */
export function authorizationEndsAt(policy: RefreshPolicy, connectedAt: number): number {
  return connectedAt + (policy.reauthorizeAfterDays ?? Infinity) * DAY_MS;
}

const FIRST_INEFFECTIVE_MS = 30_000;
const LONGEST_INEFFECTIVE_MS = 5 * 60_000;

/**
 * The pause after a refresh that brought a token no longer-lived than the last: the provider hands out what it has,
 * and asking every few seconds helps nobody. Never beyond the token's own end.
 *
 * @param times how often in a row, this one included
 */
export function ineffectiveUntil(times: number, expiresAt: number, now: number): number {
  const pause = Math.min(FIRST_INEFFECTIVE_MS * 2 ** Math.min(times - 1, 10), LONGEST_INEFFECTIVE_MS);
  return Math.min(now + pause, Math.max(expiresAt, now + SHORTEST_INTERVAL_MS));
}

const LONGEST_BACKOFF_MS = 60_000;
const LONGEST_RETRY_AFTER_MS = 15 * 60_000;

/**
 * Full jitter: anywhere between nothing and a ceiling that doubles from 2 s to 60 s, so that credentials which
 * failed together do not return together. A `Retry-After` is a floor.
 *
 * @param failures how many attempts failed in a row, this one included
 * @param random a number in [0, 1)
 */
export function backoffMs(failures: number, retryAfterMs: number | undefined, random: number): number {
  const ceiling = Math.min(LONGEST_BACKOFF_MS, 1_000 * 2 ** Math.min(failures, 10));
  const spread = Math.round(random * ceiling);
  return retryAfterMs === undefined ? spread : Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS) + spread;
}
