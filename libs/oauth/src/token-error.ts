import { AppError } from '@muxgate/runtime';
import { type Fields, isFields, readFields, textOf } from './answer-body.js';
import type { DescriptorQuirks } from './descriptor.js';
import { isBlockPage, isTermsViolation } from './block-page.js';
import { kindOfCode, safeErrorCode, type TokenErrorKind } from './error-codes.js';
import { isTransportFailure } from './http.js';
import { readRetryAfter } from './retry-after.js';

interface Details {
  /** The provider's `error` if allow-listed, else `other:<hash>`. */
  oauthError?: string | undefined;
  /** In [0, 1 h]. */
  retryAfterMs?: number | undefined;
  /** The HTTP status of the provider's answer; `status` is the one that we answer with. */
  providerStatus?: number | undefined;
  cause?: unknown;
}

/**
 * A token request that brought no tokens. `kind` says what to do next:
 * `invalid_grant` the grant is dead, `invalid_client` the configuration is wrong, `blocked` the provider does not want
 * us, `rate_limited` and `unavailable` not processed, come again, `ambiguous` the grant may have been spent,
 * `not_sent` certainly not spent, `malformed` a readable 2xx without usable tokens, `other` refused for another reason.
 * Holds no text of the answer but the allow-listed code.
 */
export class TokenEndpointError extends AppError {
  readonly oauthError?: string;
  readonly retryAfterMs?: number;
  readonly providerStatus?: number;

  constructor(
    readonly kind: TokenErrorKind,
    { oauthError, retryAfterMs, providerStatus, cause }: Details = {},
  ) {
    const what = [kind, providerStatus, oauthError === kind ? undefined : oauthError];
    super(
      `OAuth provider: ${what.filter((part) => part !== undefined).join(' ')}`,
      `token_endpoint_${kind}`,
      statusFor(kind, cause),
      true,
      { cause },
    );
    if (oauthError !== undefined) this.oauthError = oauthError;
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
    if (providerStatus !== undefined) this.providerStatus = providerStatus;
  }
}

/** Contract section 8: 422 the provider refused, 502 nonsense or not reached, 504 silent. */
function statusFor(kind: TokenErrorKind, cause: unknown): number {
  if (isTransportFailure(cause) && cause.code === 'deadline') return 504;
  return ['invalid_grant', 'invalid_client', 'blocked', 'other'].includes(kind) ? 422 : 502;
}

/** What became of a request whose answer never came whole; a failure of unknown make counts as sent. */
export function errorFromTransport(failure: unknown): TokenEndpointError {
  const notSent = isTransportFailure(failure) && !failure.sent;
  return new TokenEndpointError(notSent ? 'not_sent' : 'ambiguous', { cause: failure });
}

/**
 * Reads an error in any shape met: RFC 6749 section 5.2, nested `{error: {code}}`, a form, HTML, nothing, and errors
 * under status 200. Not oauth4webapi's, which accepts only the first and keeps the body in the error's cause.
 */
export function errorFromAnswer(
  status: number,
  headers: Headers,
  text: string,
  now: number,
  { refusalStatuses = [] }: DescriptorQuirks = {},
): TokenEndpointError {
  const fields = readFields(text);
  const code = fields && errorCode(fields);
  const kind = kindOf(status, headers, text, fields, code);
  // where the vendor turns other people's apps away by status: a limit says for how long, a grant's end its code
  const refused =
    refusalStatuses.includes(status) &&
    ['other', 'rate_limited'].includes(kind) &&
    !headers.has('retry-after');
  return new TokenEndpointError(refused ? 'blocked' : kind, {
    oauthError: code === undefined ? undefined : safeErrorCode(code),
    retryAfterMs: readRetryAfter(headers.get('retry-after'), now),
    providerStatus: status,
  });
}

/** Statuses of the edge in front of a vendor that never reached it (Cloudflare 521–530), and of plain refusals to work. */
const NOT_PROCESSED = new Set([408, 425, 503, 521, 523, 525, 526, 529, 530]);

function kindOf(
  status: number,
  headers: Headers,
  text: string,
  fields: Fields | undefined,
  code: string | undefined,
): TokenErrorKind {
  if (NOT_PROCESSED.has(status)) return 'unavailable';
  if (status >= 500) return 'ambiguous';
  if (isTermsViolation(fields) || isBlockPage(status, headers, text)) return 'blocked';
  const known = kindOfCode(code);
  if (known !== undefined && known !== 'other') return known;
  if (status === 429) return 'rate_limited';
  if (status >= 300 || known !== undefined) return 'other';
  if (fields === undefined) return 'ambiguous';
  return code === undefined ? 'malformed' : 'other';
}

/** The first allow-listed code among the places where vendors put one, else the first text there. */
function errorCode(fields: Fields): string | undefined {
  const error = fields['error'];
  const nested = isFields(error) ? error : {};
  const candidates = [
    error,
    nested['code'],
    nested['type'],
    nested['error'],
    nested['status'],
    fields['code'],
    fields['error_code'],
    fields['errorCode'],
  ]
    .map(textOf)
    .filter((candidate) => candidate !== undefined);
  return candidates.find((candidate) => kindOfCode(candidate) !== undefined) ?? candidates[0];
}
