import type { SingleSignOnConfig } from '@muxgate/config';
import {
  discover,
  DiscoveryFailed,
  idTokenVerifier,
  type OAuthClientDescriptor,
  type OAuthHttp,
} from '@muxgate/oauth';
import type { JWTPayload } from 'jose';

/** The organisation's OpenID provider: its endpoints and how to learn from it who somebody is. */
export interface IdentityProvider {
  readonly config: SingleSignOnConfig;
  readonly client: OAuthClientDescriptor & { readonly authorizationUrl: string; readonly tokenUrl: string };
  readonly http: OAuthHttp;
  /** @throws IdTokenInvalid */
  identify(tokens: { idToken: string; accessToken: string }, nonce: string): Promise<JWTPayload>;
}

const NAME = 'of the console';
const METADATA_LIFETIME_MS = 10 * 60_000;

/** Finds the provider by its metadata, remembered for ten minutes per configuration. */
export class IdentityProviders {
  private readonly known = new WeakMap<
    SingleSignOnConfig,
    { until: number; found: Promise<IdentityProvider> }
  >();

  constructor(
    private readonly httpFor: (allowPrivateNetwork: boolean) => OAuthHttp,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws DiscoveryFailed */
  reach(config: SingleSignOnConfig): Promise<IdentityProvider> {
    const known = this.known.get(config);
    if (known !== undefined && known.until > this.now()) return known.found;
    const found = this.find(config);
    this.known.set(config, { until: this.now() + METADATA_LIFETIME_MS, found });
    found.catch(() => this.known.delete(config));
    return found;
  }

  private async find(config: SingleSignOnConfig): Promise<IdentityProvider> {
    const http = this.httpFor(config.allowPrivateNetwork);
    const { issuer, clientId, clientSecret, scopes } = config;
    const metadata = await discover(issuer, NAME, http);
    const endpoint = (name: 'authorization_endpoint' | 'token_endpoint' | 'jwks_uri'): string => {
      const value = metadata[name];
      if (typeof value === 'string' && URL.canParse(value)) return value;
      throw new DiscoveryFailed(`the metadata of the console's issuer has no ${name}`);
    };
    const jwksUrl = endpoint('jwks_uri');
    const { userinfo_endpoint: userinfoUrl } = metadata;
    const client = {
      name: NAME,
      issuer,
      clientId,
      clientSecret,
      clientAuthentication: clientSecret === undefined ? 'none' : 'client_secret_basic',
      tokenRequestFormat: 'form',
      scopes,
      authorizeParams: {},
      authorizationUrl: endpoint('authorization_endpoint'),
      tokenUrl: endpoint('token_endpoint'),
      issParameterSupported: metadata.authorization_response_iss_parameter_supported === true,
    } as const;
    return {
      config,
      client,
      http,
      identify: async ({ idToken, accessToken }, nonce) => {
        // the keys are read anew for each sign-in: people sign in rarely, and a rotated key is never met too late
        const verify = await idTokenVerifier({ ...client, jwksUrl }, http, this.now);
        const { claims } = await verify(idToken, { clientId, nonce });
        if (claimAt(claims, config.rolesClaim) !== undefined || userinfoUrl === undefined) return claims;
        // many providers keep groups out of the id_token
        const more = await getJson<JWTPayload>(http, userinfoUrl, accessToken);
        return more.sub === claims.sub ? { ...more, ...claims } : claims;
      },
    };
  }
}

/** The value that dots lead to: `realm_access.roles`; a claim whose own name has dots comes first. */
export function claimAt(claims: JWTPayload, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

async function getJson<T>(http: OAuthHttp, url: string, accessToken?: string): Promise<T> {
  const authorization = accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
  const headers = { accept: 'application/json', ...authorization };
  const answer = await http({ url, method: 'GET', headers });
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(answer.body));
    if (answer.status === 200 && typeof json === 'object' && json !== null) return json as T;
  } catch {
    // said below, without the text
  }
  throw new DiscoveryFailed(`the console's issuer answered ${answer.status} where JSON was expected`);
}
