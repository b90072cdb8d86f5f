import { type Fields, isFields, textOf } from './answer-body.js';

/**
 * The payload of a JWT WITHOUT any check of its signature: good enough to label a credential or to guess an expiry of
 * a token that came over TLS from its issuer, never to decide who someone is.
 */
export function unverifiedClaims(jwt: string | undefined): Fields | undefined {
  const parts = jwt?.split('.');
  if (parts?.length !== 3 || !parts[1]) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1], 'base64url').toString('utf8'));
    return isFields(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

const MAX_LABEL = 320; // the longest e-mail address

/** A label for the account behind an id_token: its e-mail address, else its subject. */
export function accountOf(idToken: string | undefined): string | undefined {
  const claims = [unverifiedClaims(idToken)];
  return labelAt(claims, ['email']) ?? labelAt(claims, ['sub']);
}

/** The first text at a path of names that can be shown and sent in a header: of sane length and printable. */
export function labelAt(
  sources: readonly (Fields | undefined)[],
  path: readonly string[] | undefined,
): string | undefined {
  if (path === undefined) return undefined;
  for (const source of sources) {
    let value: unknown = source;
    for (const name of path) value = isFields(value) ? value[name] : undefined;
    const label = textOf(value);
    if (label !== undefined && label.length <= MAX_LABEL && !/\p{Cc}/u.test(label)) return label;
  }
  return undefined;
}
