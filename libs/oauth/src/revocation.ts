import { allowInsecureRequests, customFetch, revocationRequest } from 'oauth4webapi';
import { clientAuthenticationOf } from './client-authentication.js';
import type { OAuthClientDescriptor } from './descriptor.js';
import { clientOf, fetchThrough, type OAuthHttp, serverOf } from './http.js';
import { errorFromAnswer } from './token-error.js';

export type RevocationOutcome = 'revoked' | 'unsupported' | 'failed';

/**
 * RFC 7009. Never throws, since forgetting a credential must not depend on provider, network or configuration;
 * `failed` may be tried again.
 */
export async function revokeToken(
  descriptor: OAuthClientDescriptor,
  {
    token,
    hint,
    signal,
  }: { token: string; hint: 'refresh_token' | 'access_token'; signal?: AbortSignal | undefined },
  http: OAuthHttp,
): Promise<RevocationOutcome> {
  if (descriptor.revocationUrl === undefined) return 'unsupported';
  try {
    const authentication = clientAuthenticationOf(descriptor);
    const response = await revocationRequest(
      serverOf(descriptor),
      clientOf(descriptor),
      authentication,
      token,
      {
        additionalParameters: { token_type_hint: hint },
        [customFetch]: fetchThrough(http, descriptor.tokenRequestFormat, signal),
        [allowInsecureRequests]: true, // schemes and addresses are the edge's to judge
      },
    );
    return await outcomeOf(response);
  } catch {
    return 'failed';
  }
}

async function outcomeOf(response: Response): Promise<RevocationOutcome> {
  if (response.ok) return 'revoked'; // section 2.2: also for tokens that the server does not know
  const { oauthError } = errorFromAnswer(
    response.status,
    response.headers,
    await response.text(),
    Date.now(),
  );
  if (oauthError === 'unsupported_token_type') return 'unsupported';
  // Google answers 400 `invalid_token` where the RFC wants 200: there is nothing left to revoke
  return response.status < 500 && oauthError === 'invalid_token' ? 'revoked' : 'failed';
}
