import { TokenEndpointError } from '@muxgate/oauth';
import { AppError, messageOf } from '@muxgate/runtime';
import { backoffMs, type RefreshFailure } from '@muxgate/vault';

/** Our client id or secret is wrong: a person has to act, and every credential of the provider meets the same. */
const MISCONFIGURED_CLIENT_PAUSE_MS = 30_000;

/** What a failed attempt means: for the record, for the metrics, and for the provider's other credentials. */
export interface SettledFailure {
  readonly failure: RefreshFailure;
  readonly outcome: string;
  readonly providerPauseMs?: number;
}

/** Within a vendor's window for repetitions, these come at most so far apart. */
const LONGEST_REPLAY_PAUSE_MS = 2_000;

export interface FailedAttempt {
  /** Failures in a row before this one. */
  readonly failures: number;
  /** An answer was lost, in this attempt or in an earlier one: the provider may have rotated. */
  readonly unknownRotation: boolean;
  /** The vendor documents that the lost answer may still be asked for again. */
  readonly inReplayWindow?: boolean;
  /** The refresh token had lapsed by what the provider said of its life. */
  readonly refreshLapsed?: boolean;
}

/**
 * The taxonomy of contract section 7: only `invalid_grant` and its relatives end a credential, only the provider's
 * plain refusal blocks it; everything else is tried again.
 *
 * @param random a number in [0, 1)
 */
export function settleFailure(error: unknown, attempt: FailedAttempt, random: number): SettledFailure {
  if (!(error instanceof TokenEndpointError)) return retry(error, attempt, random, codeOf(error));
  switch (error.kind) {
    case 'invalid_grant': {
      const known = attempt.refreshLapsed ? 'refresh_token_expired' : (error.oauthError ?? error.kind);
      const code = attempt.unknownRotation ? 'rotation_lost' : known;
      return ended('reauthorization_required', code, error, error.kind);
    }
    case 'blocked':
      return ended('blocked_by_provider', error.oauthError ?? error.kind, error, error.kind);
    case 'invalid_client': {
      const settled = retry(error, attempt, random, error.kind, MISCONFIGURED_CLIENT_PAUSE_MS);
      return { ...settled, providerPauseMs: MISCONFIGURED_CLIENT_PAUSE_MS };
    }
    case 'rate_limited':
    case 'unavailable': {
      const settled = retry(error, attempt, random, error.kind, error.retryAfterMs);
      return error.retryAfterMs === undefined ? settled : { ...settled, providerPauseMs: error.retryAfterMs };
    }
    case 'ambiguous':
    case 'malformed':
      return retry(error, { ...attempt, unknownRotation: true }, random, error.kind, error.retryAfterMs);
    case 'not_sent':
    case 'other':
      return retry(error, attempt, random, error.oauthError ?? error.kind, error.retryAfterMs, error.kind);
  }
}

function retry(
  error: unknown,
  attempt: FailedAttempt,
  random: number,
  code: string,
  notBeforeMs?: number,
  outcome = code,
): SettledFailure {
  const pause = backoffMs(attempt.failures + 1, notBeforeMs, random);
  const quick = attempt.unknownRotation && attempt.inReplayWindow && notBeforeMs === undefined;
  return {
    outcome,
    failure: {
      status: 'refresh_failing',
      code,
      message: publicMessage(error),
      backoffMs: quick ? Math.min(pause, LONGEST_REPLAY_PAUSE_MS) : pause,
      unknownRotation: attempt.unknownRotation,
    },
  };
}

function ended(
  status: 'reauthorization_required' | 'blocked_by_provider',
  code: string,
  error: TokenEndpointError,
  outcome: string,
): SettledFailure {
  const message = publicMessage(error);
  return { outcome, failure: { status, code, message, backoffMs: 0, unknownRotation: false } };
}

function codeOf(error: unknown): string {
  return error instanceof AppError ? error.code : 'internal';
}

/** What we raise on purpose holds no secret; anything else might. */
function publicMessage(error: unknown): string {
  return error instanceof AppError ? messageOf(error) : 'an unexpected error, see the log of the worker';
}
