import { type Fields, readFields, textOf } from './answer-body.js';
import { errorFromAnswer, TokenEndpointError } from './token-error.js';
import { type Expiry, readEarliestRefresh, readExpiry, readRefreshExpiry } from './expiry.js';
import type { DescriptorQuirks } from './descriptor.js';
import { accountOf, labelAt, unverifiedClaims } from './id-token.js';

export interface TokenSet extends Expiry {
  accessToken: string;
  /** Absent where the provider sent none or an empty one: a refresh then keeps the old one. */
  refreshToken?: string;
  tokenType: 'Bearer';
  /** As granted, which may be less than asked; absent means as asked (RFC 6749 section 5.1). */
  scopes?: string[];
  idToken?: string;
  /** Label of the account; unverified but where the caller verified the id_token. */
  account?: string;
  /** What else the provider's quirks ask to keep of the answer. Never secret. */
  facts?: Record<string, string>;
  /** Epoch ms. */
  earliestRefreshAt?: number;
  /** Epoch ms. */
  refreshExpiresAt?: number;
}

/**
 * The token set of an answer, or the `TokenEndpointError` that it is. By the time it is read the provider has already
 * rotated, so whatever is odd beside the tokens is worked around. oauth4webapi's `process…Response` would refuse a
 * string, negative or absurd `expires_in`, an empty `refresh_token`, a missing `token_type`, a `scope` array, any 2xx
 * but 200, a wrong `content-type`, and an id_token that does not validate, and so lose the tokens.
 */
export async function readTokenResponse(
  response: Response,
  requestedAt: number,
  now: number,
  quirks: DescriptorQuirks = {},
): Promise<TokenSet> {
  const text = new TextDecoder().decode(await response.arrayBuffer());
  const fields = response.ok ? readFields(text) : undefined;
  const accessToken = textOf(fields?.['access_token']);
  if (!fields || accessToken === undefined)
    throw errorFromAnswer(response.status, response.headers, text, now, quirks);
  assertBearer(fields, response.status);
  return tokenSetOf(fields, accessToken, requestedAt, quirks);
}

function tokenSetOf(
  fields: Fields,
  accessToken: string,
  requestedAt: number,
  quirks: DescriptorQuirks,
): TokenSet {
  const set: TokenSet = {
    accessToken,
    tokenType: 'Bearer',
    ...readExpiry(fields, accessToken, requestedAt, quirks.unnamedLifetimeSeconds),
  };
  const refreshToken = textOf(fields['refresh_token']);
  if (refreshToken !== undefined) set.refreshToken = refreshToken;
  const scopes = readScopes(fields['scope']);
  if (scopes.length > 0) set.scopes = scopes;
  const idToken = textOf(fields['id_token']);
  if (idToken !== undefined) set.idToken = idToken;
  const sources = [fields, unverifiedClaims(idToken), unverifiedClaims(accessToken)];
  const account = labelAt(sources, quirks.account) ?? accountOf(idToken);
  if (account !== undefined) set.account = account;
  const facts = Object.entries(quirks.facts ?? {}).flatMap(([name, path]) => {
    const fact = labelAt(sources, path);
    return fact === undefined ? [] : [[name, fact] as const];
  });
  if (facts.length > 0) set.facts = Object.fromEntries(facts);
  const earliestRefreshAt = readEarliestRefresh(fields, requestedAt);
  if (earliestRefreshAt !== undefined) set.earliestRefreshAt = earliestRefreshAt;
  const refreshExpiresAt = readRefreshExpiry(fields, requestedAt);
  if (refreshExpiresAt !== undefined) set.refreshExpiresAt = refreshExpiresAt;
  return set;
}

/** RFC 6749 section 7.1: a token of a type that we do not know must not be used; a missing type is taken as bearer. */
function assertBearer(fields: Fields, status: number): void {
  const type = textOf(fields['token_type'])?.trim() ?? '';
  if (type !== '' && type.toLowerCase() !== 'bearer') {
    throw new TokenEndpointError('malformed', {
      oauthError: 'unsupported_token_type',
      providerStatus: status,
    });
  }
}

/** Space-separated by the RFC, with commas at GitHub, an array at others. */
function readScopes(value: unknown): string[] {
  const parts = Array.isArray(value)
    ? value.filter((item) => typeof item === 'string')
    : [textOf(value) ?? ''];
  return parts.flatMap((part) => part.split(/[\s,]+/)).filter((scope) => scope !== '');
}
