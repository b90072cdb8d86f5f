import { defineError } from '@muxgate/runtime';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { readFields, textOf } from './answer-body.js';
import { type OAuthClientDescriptor, OAuthMisconfigured } from './descriptor.js';
import { DiscoveryFailed } from './discovery.js';
import { isTransportFailure, type OAuthHttp } from './http.js';

/** The id_token does not prove what it says; nothing of it is in the message. */
export const IdTokenInvalid = defineError('IdTokenInvalid', 'id_token_invalid', 502);

/** Clocks differ. */
const TOLERANCE_S = 60;
/** Asymmetric only: with a shared secret the client could sign for the server. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

export type VerifyIdToken = (
  idToken: string | undefined,
  expected: { clientId: string; nonce?: string | undefined },
) => Promise<{ subject: string; email?: string; claims: JWTPayload }>;

/**
 * OpenID Connect Core 3.1.3.7: signature, `iss`, `aud`, `azp`, `exp`, `iat` and `nonce`. The issuer's keys are fetched
 * first, so that nothing has to be asked between an exchange and the storing of what it brought.
 *
 * @throws OAuthMisconfigured, DiscoveryFailed; the verification IdTokenInvalid
 */
export async function idTokenVerifier(
  { name, issuer, jwksUrl }: OAuthClientDescriptor,
  http: OAuthHttp,
  now: () => number = Date.now,
): Promise<VerifyIdToken> {
  if (issuer === undefined || jwksUrl === undefined) {
    throw new OAuthMisconfigured(`OAuth provider ${name} has no issuer with keys to verify id_tokens by`);
  }
  const keys = await fetchKeys(name, jwksUrl, http);
  return async (idToken, { clientId, nonce }) => {
    if (idToken === undefined) throw new IdTokenInvalid('the provider sent no id_token');
    try {
      const { payload } = await jwtVerify(idToken, createLocalJWKSet(keys), {
        issuer,
        audience: clientId,
        algorithms: ALGORITHMS,
        clockTolerance: TOLERANCE_S,
        currentDate: new Date(now()),
        requiredClaims: ['sub', 'exp', 'iat'],
      });
      const { azp, aud, iat = 0, sub = '' } = payload;
      const manyAudiences = Array.isArray(aud) && aud.length > 1;
      const otherParty = azp === undefined ? manyAudiences : azp !== clientId;
      const future = iat > now() / 1_000 + TOLERANCE_S;
      if (otherParty || future || (nonce !== undefined && payload['nonce'] !== nonce)) throw invalid();
      const email = textOf(payload['email']);
      return { subject: sub, ...(email === undefined ? {} : { email }), claims: payload };
    } catch (error) {
      if (error instanceof errors.JOSEError) throw invalid();
      throw error;
    }
  };
}

function invalid(): Error {
  return new IdTokenInvalid('the id_token of the provider does not verify');
}

async function fetchKeys(name: string, url: string, http: OAuthHttp): Promise<JSONWebKeySet> {
  try {
    const { status, body } = await http({ url, method: 'GET', headers: { accept: 'application/json' } });
    const fields = status === 200 ? readFields(new TextDecoder().decode(body)) : undefined;
    if (Array.isArray(fields?.['keys'])) return fields as unknown as JSONWebKeySet;
  } catch (error) {
    if (!isTransportFailure(error)) throw error;
  }
  throw new DiscoveryFailed(`the signing keys of OAuth provider ${name} cannot be had`);
}
