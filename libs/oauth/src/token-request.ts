import {
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  clientCredentialsGrantRequest,
  customFetch,
  expectNoState,
  refreshTokenGrantRequest,
  type TokenEndpointRequestOptions,
  validateAuthResponse,
} from 'oauth4webapi';
import { attributesOfAddress, inSpan } from '@muxgate/tracing';
import { SpanKind } from '@opentelemetry/api';
import { clientAuthenticationOf } from './client-authentication.js';
import { type OAuthClientDescriptor, requireEndpoint } from './descriptor.js';
import { clientOf, fetchThrough, type OAuthHttp, serverOf } from './http.js';
import { errorFromTransport } from './token-error.js';
import { readTokenResponse, type TokenSet } from './token-response.js';

export interface TokenRequest {
  /** Epoch ms; default `Date.now`. */
  now?: (() => number) | undefined;
  signal?: AbortSignal | undefined;
}

/** RFC 6749 section 4.1.3. Never repeat it with the same code after an `ambiguous` failure. */
export function exchangeCode(
  descriptor: OAuthClientDescriptor,
  request: TokenRequest & { code: string; verifier: string; redirectUri: string; state?: string | undefined },
  http: OAuthHttp,
): Promise<TokenSet> {
  const { code, verifier, redirectUri, state } = request;
  const repeated = state !== undefined && descriptor.quirks?.exchangeSendsState === true ? { state } : {};
  return requestTokens(descriptor, request, http, (options) => {
    const [server, client] = [serverOf(descriptor), clientOf(descriptor)];
    // `state` and `iss` were checked before the code came here; oauth4webapi takes only parameters it has seen
    const answer = validateAuthResponse(server, client, new URLSearchParams({ code }), expectNoState);
    const authentication = clientAuthenticationOf(descriptor);
    return authorizationCodeGrantRequest(server, client, authentication, answer, redirectUri, verifier, {
      ...options,
      additionalParameters: repeated,
    });
  });
}

/** RFC 6749 section 6. `scopes` can only narrow; without it the provider keeps what it granted. */
export function refreshTokenSet(
  descriptor: OAuthClientDescriptor,
  request: TokenRequest & { refreshToken: string; scopes?: readonly string[] | undefined },
  http: OAuthHttp,
): Promise<TokenSet> {
  const { refreshToken, scopes = [] } = request;
  return requestTokens(descriptor, request, http, (options) =>
    refreshTokenGrantRequest(
      serverOf(descriptor),
      clientOf(descriptor),
      clientAuthenticationOf(descriptor),
      refreshToken,
      { ...options, additionalParameters: scopeParameter(scopes) },
    ),
  );
}

/** RFC 6749 section 4.4. */
export function clientCredentials(
  descriptor: OAuthClientDescriptor,
  request: TokenRequest,
  http: OAuthHttp,
): Promise<TokenSet> {
  return requestTokens(descriptor, request, http, (options) =>
    clientCredentialsGrantRequest(
      serverOf(descriptor),
      clientOf(descriptor),
      clientAuthenticationOf(descriptor),
      scopeParameter(descriptor.scopes),
      options,
    ),
  );
}

function scopeParameter(scopes: readonly string[]): Record<string, string> {
  return scopes.length > 0 ? { scope: scopes.join(' ') } : {};
}

/**
 * One POST to the token endpoint, never repeated here. Throws `TokenEndpointError`, or `OAuthMisconfigured` before
 * anything is sent.
 */
export async function requestTokens(
  descriptor: OAuthClientDescriptor,
  { now = Date.now, signal }: TokenRequest,
  http: OAuthHttp,
  send: (options: TokenEndpointRequestOptions) => Promise<Response>,
): Promise<TokenSet> {
  const tokenUrl = requireEndpoint(descriptor, 'tokenUrl');
  const attributes = {
    'http.request.method': 'POST',
    'muxgate.oauth.provider': descriptor.name,
    ...attributesOfAddress(tokenUrl),
  };
  return inSpan('oauth token', { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const requestedAt = now();
    const response = await send(requestOptions(descriptor, http, signal));
    span.setAttribute('http.response.status_code', response.status);
    return readTokenResponse(response, requestedAt, now(), descriptor.quirks);
  });
}

/** What oauth4webapi needs to post through `http`, with a failing transport as `TokenEndpointError`. */
export function requestOptions(
  { tokenRequestFormat }: OAuthClientDescriptor,
  http: OAuthHttp,
  signal: AbortSignal | undefined,
): TokenEndpointRequestOptions {
  return {
    [customFetch]: fetchThrough(requestThrough(http), tokenRequestFormat, signal),
    [allowInsecureRequests]: true, // schemes and addresses are the edge's to judge
  };
}

/** `http` with a failing transport as `TokenEndpointError`. */
export function requestThrough(http: OAuthHttp, signal?: AbortSignal): OAuthHttp {
  return async (request) => {
    try {
      return await http(signal ? { ...request, signal } : request);
    } catch (failure) {
      throw errorFromTransport(failure);
    }
  };
}
