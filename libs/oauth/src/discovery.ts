import { defineError } from '@muxgate/runtime';
import {
  allowInsecureRequests,
  type AuthorizationServer,
  customFetch,
  discoveryRequest,
  JSON_ATTRIBUTE_COMPARISON,
  OperationProcessingError,
  processDiscoveryResponse,
} from 'oauth4webapi';
import {
  type OAuthClientDescriptor,
  OAuthMisconfigured,
  requireEndpoint,
  type ResolvedDescriptor,
} from './descriptor.js';
import { fetchThrough, isTransportFailure, type OAuthHttp } from './http.js';

/** The issuer's metadata could not be had or not be believed; nothing of the document is in the message. */
export const DiscoveryFailed = defineError('DiscoveryFailed', 'oauth_discovery_failed', 502);

/**
 * The descriptor with every endpoint that its grant needs. Configured endpoints win; what is missing comes from the
 * issuer's metadata (OpenID Connect Discovery, then RFC 8414), whose `issuer` must equal the configured one
 * character for character. Not cached here. Throws `DiscoveryFailed` or `OAuthMisconfigured`.
 */
export async function resolveEndpoints<D extends OAuthClientDescriptor>(
  descriptor: D,
  http: OAuthHttp,
): Promise<ResolvedDescriptor<D>> {
  const needed = neededEndpoints(descriptor);
  const keysWanted = descriptor.quirks?.verifiesIdToken === true && descriptor.jwksUrl === undefined;
  const missing = keysWanted || needed.some((endpoint) => descriptor[endpoint] === undefined);
  const resolved =
    missing && descriptor.issuer !== undefined
      ? withMetadata(descriptor, await discover(descriptor.issuer, descriptor.name, http))
      : descriptor;
  for (const endpoint of needed) requireEndpoint(resolved, endpoint);
  return {
    ...resolved,
    tokenUrl: requireEndpoint(resolved, 'tokenUrl').href,
    issParameterSupported: resolved.issParameterSupported ?? false,
  };
}

function neededEndpoints({ grant }: OAuthClientDescriptor) {
  if (grant === 'client_credentials') return ['tokenUrl'] as const;
  if (grant === 'device_code') return ['tokenUrl', 'deviceAuthorizationUrl'] as const;
  return ['tokenUrl', 'authorizationUrl'] as const;
}

/** An issuer's metadata, OpenID Connect Discovery before RFC 8414. Throws `DiscoveryFailed` or `OAuthMisconfigured`. */
export async function discover(issuer: string, name: string, http: OAuthHttp): Promise<AuthorizationServer> {
  if (URL.parse(issuer) === null)
    throw new OAuthMisconfigured(`the issuer of OAuth provider ${name} is not a URL`);
  const failures: unknown[] = [];
  for (const algorithm of ['oidc', 'oauth2'] as const) {
    try {
      return await fetchMetadata(issuer, algorithm, http);
    } catch (failure) {
      failures.push(failure);
    }
  }
  throw (
    failures.find((failure) => failure instanceof DiscoveryFailed) ??
    new DiscoveryFailed(`no usable metadata found at the issuer of OAuth provider ${name}`, {
      cause: failures.find(isTransportFailure), // oauth4webapi's errors carry the document
    })
  );
}

async function fetchMetadata(
  issuer: string,
  algorithm: 'oidc' | 'oauth2',
  http: OAuthHttp,
): Promise<AuthorizationServer> {
  const response = await discoveryRequest(new URL(issuer), {
    algorithm,
    [customFetch]: fetchThrough(http),
    [allowInsecureRequests]: true, // schemes and addresses are the edge's to judge
  });
  const metadata = await processDiscoveryResponse(new URL(issuer), response).catch((failure: unknown) => {
    throw isOtherIssuer(failure) ? new DiscoveryFailed(OTHER_ISSUER) : failure;
  });
  // oauth4webapi compares parsed URLs; RFC 8414 section 3.3 wants identical text
  if (metadata.issuer !== issuer) throw new DiscoveryFailed(OTHER_ISSUER);
  return metadata;
}

const OTHER_ISSUER = 'the metadata names another issuer: it must be the same text, trailing slash included';

function isOtherIssuer(failure: unknown): boolean {
  return failure instanceof OperationProcessingError && failure.code === JSON_ATTRIBUTE_COMPARISON;
}

function withMetadata<D extends OAuthClientDescriptor>(descriptor: D, metadata: AuthorizationServer): D {
  assertS256(descriptor, metadata);
  return {
    ...descriptor,
    ...discovered('authorizationUrl', descriptor, metadata.authorization_endpoint),
    ...discovered('tokenUrl', descriptor, metadata.token_endpoint),
    ...discovered('deviceAuthorizationUrl', descriptor, metadata.device_authorization_endpoint),
    ...discovered('revocationUrl', descriptor, metadata.revocation_endpoint),
    ...discovered('jwksUrl', descriptor, metadata.jwks_uri),
    issParameterSupported:
      descriptor.issParameterSupported ?? metadata.authorization_response_iss_parameter_supported === true,
  };
}

/** RFC 8414 section 2; a server that lists no methods at all is given the benefit of the doubt. */
function assertS256({ name, grant }: OAuthClientDescriptor, metadata: AuthorizationServer): void {
  const methods = metadata.code_challenge_methods_supported;
  if (grant !== undefined && grant !== 'authorization_code') return;
  if (Array.isArray(methods) && !methods.includes('S256')) {
    throw new OAuthMisconfigured(`OAuth provider ${name} does not offer PKCE with S256`);
  }
}

/** A configured endpoint wins; a document that came by https must not send us to http, and none to `javascript:`. */
function discovered(
  endpoint: 'authorizationUrl' | 'tokenUrl' | 'deviceAuthorizationUrl' | 'revocationUrl' | 'jwksUrl',
  descriptor: OAuthClientDescriptor,
  value: unknown,
): Partial<Record<typeof endpoint, string>> {
  if (descriptor[endpoint] !== undefined || typeof value !== 'string') return {};
  const url = URL.parse(value);
  const schemes = descriptor.issuer?.startsWith('https:') === true ? ['https:'] : ['https:', 'http:'];
  if (url === null || !schemes.includes(url.protocol)) {
    throw new DiscoveryFailed(`the metadata of OAuth provider ${descriptor.name} has an unsafe ${endpoint}`);
  }
  return { [endpoint]: value };
}
