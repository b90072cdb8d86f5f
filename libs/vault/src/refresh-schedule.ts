/** How far ahead of the access token's end a provider's tokens are refreshed. */
export interface RefreshPolicy {
  readonly refreshAheadSeconds: number;
}

/** Epoch milliseconds. */
export interface TokenLifetime {
  readonly expiresAt: number;
  /** The provider refuses earlier refreshes. */
  readonly earliestRefreshAt?: number | undefined;
}

const LARGEST_SHARE_AHEAD = 0.2;
const LARGEST_SHARE_JITTER = 0.1;
const LONGEST_JITTER_MS = 60_000;
/** No credential is refreshed again sooner than this after its last refresh. */
export const SHORTEST_INTERVAL_MS = 5_000;
/** A refresh ahead of time, for a token that was refused, is granted a credential no more often than this. */
export const SHORTEST_FORCED_INTERVAL_MS = 60_000;

/**
 * When a token set obtained at `now` is due (contract, section 7): before its end by the policy but at most 20 %
 * of its life, spread by a jitter so that tokens of one hour do not meet, never before the provider allows it.
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
  const jitter = random * Math.min(LONGEST_JITTER_MS, life * LARGEST_SHARE_JITTER);
  const wanted = Math.floor(token.expiresAt - ahead - jitter);
  return Math.max(wanted, token.earliestRefreshAt ?? 0, now + SHORTEST_INTERVAL_MS);
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
