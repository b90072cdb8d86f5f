import { createHash } from 'node:crypto';

export type TokenErrorKind =
  | 'invalid_grant'
  | 'invalid_client'
  | 'blocked'
  | 'rate_limited'
  | 'unavailable'
  | 'ambiguous'
  | 'not_sent'
  | 'malformed'
  | 'other';

/**
 * Every error code that we repeat in messages and logs, with what it means for the grant. Sources: RFC 6749 4.1.2.1
 * and 5.2, RFC 7009, RFC 8628 3.5, RFC 8707, OpenID Connect Core 3.1.2.6, and codes met at GitHub, OpenAI, Anthropic.
 */
const KNOWN_CODES: ReadonlyMap<string, TokenErrorKind> = new Map([
  ...codes('invalid_grant', [
    'invalid_grant',
    'refresh_token_reused',
    'refresh_token_expired',
    'refresh_token_invalidated',
    'token_expired',
    'invalid_refresh_token',
    'bad_refresh_token',
    'bad_verification_code',
    // the user must come back, which is all that `invalid_grant` says too
    'interaction_required',
    'login_required',
    'consent_required',
  ]),
  ...codes('invalid_client', ['invalid_client', 'unauthorized_client', 'incorrect_client_credentials']),
  ...codes('blocked', ['TOS_VIOLATION']),
  ...codes('rate_limited', ['slow_down', 'rate_limit_exceeded', 'rate_limit_error', 'too_many_requests']),
  ...codes('unavailable', ['temporarily_unavailable', 'overloaded_error']),
  ...codes('ambiguous', ['server_error']),
  ...codes('other', [
    'invalid_request',
    'invalid_scope',
    'invalid_target',
    'invalid_token',
    'unsupported_grant_type',
    'unsupported_response_type',
    'unsupported_token_type',
    'access_denied',
    'account_selection_required',
    'authorization_pending',
    'expired_token',
    'redirect_uri_mismatch',
    'invalid_request_error',
    'authentication_error',
    'permission_error',
    'not_found_error',
    'api_error',
  ]),
]);

function codes(kind: TokenErrorKind, names: readonly string[]): [string, TokenErrorKind][] {
  return names.map((name) => [name, kind]);
}

/** What a known code means for the grant; `undefined` for any other text. */
export function kindOfCode(code: string | undefined): TokenErrorKind | undefined {
  return code === undefined ? undefined : KNOWN_CODES.get(code);
}

/** The code itself if it is known; else `other:` and a hash to tell cases apart, since the text could hold anything. */
export function safeErrorCode(code: string): string {
  return KNOWN_CODES.has(code)
    ? code
    : `other:${createHash('sha256').update(code).digest('hex').slice(0, 8)}`;
}
