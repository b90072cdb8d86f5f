import { defineError } from '@muxgate/runtime';

/** Where a vendor differs from the RFCs; structurally a subset of the `OAuthQuirks` of its preset. */
export interface DescriptorQuirks {
  readonly deviceFlow?: 'openai' | undefined;
  readonly exchangeSendsState?: true | undefined;
  readonly verifiesIdToken?: true | undefined;
  readonly refusalStatuses?: readonly number[] | undefined;
  readonly unnamedLifetimeSeconds?: number | undefined;
  readonly account?: readonly string[] | undefined;
  readonly facts?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** What a client must know of one OAuth provider; structurally a subset of the configuration's `OAuthProviderConfig`. */
export interface OAuthClientDescriptor {
  readonly name: string;
  /** Decides which endpoints discovery must find; absent means `authorization_code`. */
  readonly grant?: 'authorization_code' | 'device_code' | 'client_credentials' | undefined;
  readonly issuer?: string | undefined;
  readonly authorizationUrl?: string | undefined;
  readonly tokenUrl?: string | undefined;
  readonly deviceAuthorizationUrl?: string | undefined;
  readonly revocationUrl?: string | undefined;
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  readonly clientAuthentication: 'none' | 'client_secret_basic' | 'client_secret_post';
  readonly tokenRequestFormat: 'form' | 'json';
  readonly scopes: readonly string[];
  readonly authorizeParams: Readonly<Record<string, string>>;
  /** RFC 9207 section 3: the server says that it sends `iss`, so an answer without it is refused. */
  readonly issParameterSupported?: boolean | undefined;
  /** Where the issuer's signing keys are (from its metadata). */
  readonly jwksUrl?: string | undefined;
  readonly quirks?: DescriptorQuirks | undefined;
}

export type ResolvedDescriptor<D extends OAuthClientDescriptor = OAuthClientDescriptor> = D & {
  readonly tokenUrl: string;
  readonly issParameterSupported: boolean;
};

/** The descriptor cannot serve the request (no such endpoint, no secret, no S256); nothing was sent. */
export const OAuthMisconfigured = defineError('OAuthMisconfigured', 'oauth_misconfigured', 422);

/**
 * A refresh token is bound to the client it was issued to (RFC 6749, section 6). A public client's id is kept with the
 * credential and used on; a confidential one goes by the configuration, whose secret belongs to it.
 */
export function asIssued<D extends OAuthClientDescriptor>(descriptor: D, clientId: string | undefined): D {
  if (!clientId || descriptor.clientAuthentication !== 'none') return descriptor;
  return { ...descriptor, clientId };
}

/** The URL of an endpoint that the request cannot do without. */
export function requireEndpoint(
  descriptor: OAuthClientDescriptor,
  endpoint: 'authorizationUrl' | 'tokenUrl' | 'deviceAuthorizationUrl' | 'revocationUrl',
): URL {
  const url = URL.parse(descriptor[endpoint] ?? '');
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new OAuthMisconfigured(`OAuth provider ${descriptor.name} has no usable ${endpoint}`);
  }
  return url;
}
