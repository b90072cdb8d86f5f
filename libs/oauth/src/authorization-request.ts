import { type OAuthClientDescriptor, requireEndpoint } from './descriptor.js';

export interface AuthorizationRequest {
  redirectUri: string;
  state: string;
  /** S256 challenge; there is no way to ask for `plain`. */
  challenge: string;
  /** OpenID Connect Core 3.1.2.1: comes back in the id_token. */
  nonce?: string | undefined;
  /** Beside the descriptor's extra parameters. */
  more?: Readonly<Record<string, string>> | undefined;
  /** Default: the descriptor's. */
  scopes?: readonly string[] | undefined;
}

/** RFC 6749 section 4.1.1 with RFC 7636; the vendor's extra parameters can add to the protocol's but not replace them. */
export function buildAuthorizationUrl(
  descriptor: OAuthClientDescriptor,
  { redirectUri, state, challenge, nonce, more, scopes = descriptor.scopes }: AuthorizationRequest,
): string {
  const url = requireEndpoint(descriptor, 'authorizationUrl');
  const parameters: Record<string, string> = {
    ...descriptor.authorizeParams,
    ...more,
    response_type: 'code',
    client_id: descriptor.clientId,
    redirect_uri: redirectUri,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    state,
    ...(nonce !== undefined && { nonce }),
    code_challenge: challenge,
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}
