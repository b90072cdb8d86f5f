import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Provider, type Configuration, type JWK, type KoaContextWithOIDC } from 'oidc-provider';
import { stringOf } from './json.js';
import { loopbackRedirect, SANDBOX_CLIENTS } from './oauth-clients.js';
import { OAuthStore } from './oauth-store.js';
import type { Stats } from './stats.js';

const LLM_SCOPE = 'llm.invoke';
const ACCOUNT = 'sandbox-user';
const DAY = 24 * 60 * 60;

export interface OAuthServer {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** The one-route consent: whoever comes here is the sandbox user and agrees to everything asked. */
  consent(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** What the user would do on the device page. @returns false when no such code waits. */
  decideDeviceCode(userCode: string, approve: boolean): Promise<boolean>;
  mayInvoke(accessToken: string): Promise<boolean>;
  revokeAccessTokens(): number;
}

/** A real OAuth and OpenID server; the issuer is the URL that the sandbox listens on. */
export function createOAuthServer(issuer: string, accessTokenSeconds: number, stats: Stats): OAuthServer {
  const store = new OAuthStore(() => stats.familyRevoked());
  const provider = new Provider(issuer, configuration(issuer, accessTokenSeconds, store));
  provider.Client.prototype.redirectUriAllowed = loopbackRedirect;
  observe(provider, store, stats);
  return {
    handle: provider.callback(),
    async consent(request, response) {
      const { params, prompt, grantId } = await provider.interactionDetails(request, response);
      const grant =
        (grantId === undefined ? undefined : await provider.Grant.find(grantId)) ??
        new provider.Grant({ accountId: ACCOUNT, clientId: String(params['client_id']) });
      grant.addOIDCScope('openid offline_access email groups');
      grant.addResourceScope(issuer, LLM_SCOPE);
      const consented = await grant.save();
      await provider.interactionFinished(
        request,
        response,
        {
          ...(prompt.name === 'login' ? { login: { accountId: ACCOUNT } } : {}),
          consent: { grantId: consented },
        },
        { mergeWithLastSubmission: true },
      );
    },
    async decideDeviceCode(userCode, approve) {
      const code = await provider.DeviceCode.findByUserCode(userCode.replace(/\W/g, '').toUpperCase());
      if (code === undefined || code.accountId !== undefined || code.error !== undefined) return false;
      if (!approve) {
        Object.assign(code, { error: 'access_denied', errorDescription: 'the user said no' });
      } else {
        const grant = new provider.Grant({ accountId: ACCOUNT, clientId: String(code.clientId) });
        grant.addOIDCScope('openid offline_access');
        grant.addResourceScope(issuer, LLM_SCOPE);
        Object.assign(code, {
          accountId: ACCOUNT,
          grantId: await grant.save(),
          scope: stringOf(code.params?.['scope']) ?? '',
          resource: issuer,
          authTime: Math.floor(Date.now() / 1000),
        });
      }
      await code.save();
      return true;
    },
    async mayInvoke(accessToken) {
      const token =
        (await provider.AccessToken.find(accessToken)) ??
        (await provider.ClientCredentials.find(accessToken));
      return token?.scope?.split(' ').includes(LLM_SCOPE) ?? false;
    },
    revokeAccessTokens: () => store.revokeAccessTokens(),
  };
}

function configuration(issuer: string, accessTokenSeconds: number, store: OAuthStore): Configuration {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signingKey = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'sandbox' };
  return {
    adapter: (model) => store.adapter(model),
    clients: [...SANDBOX_CLIENTS],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    jwks: { keys: [signingKey as JWK] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    scopes: ['openid', 'offline_access', 'email', 'groups'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
    // a provider that puts what it knows of a person into the id_token, as most do
    conformIdTokenClaims: false,
    findAccount: (_ctx, sub) => ({
      accountId: sub,
      claims: () => ({
        sub,
        email: `${sub}@sandbox.invalid`,
        email_verified: true,
        groups: ['sandbox', 'muxgate-admins'],
      }),
    }),
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => issuer,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: LLM_SCOPE,
          accessTokenTTL: accessTokenSeconds,
          accessTokenFormat: 'opaque',
        }),
      },
    },
    ttl: {
      AccessToken: accessTokenSeconds,
      ClientCredentials: accessTokenSeconds,
      AuthorizationCode: 60,
      DeviceCode: 600,
      IdToken: 3600,
      Interaction: 600,
      RefreshToken: 14 * DAY,
      Grant: 14 * DAY,
      Session: DAY,
    },
    renderError: (ctx, { error, error_description: description }) => {
      ctx.type = 'text/plain';
      ctx.body = `${error}: ${description ?? 'the request could not be served'}\n`;
    },
  };
}

function observe(provider: Provider, store: OAuthStore, stats: Stats): void {
  const grantOf = (ctx: KoaContextWithOIDC): string => stringOf(ctx.oidc.params?.['grant_type']) ?? 'unknown';
  provider.on('grant.success', (ctx) => stats.tokenRequest(grantOf(ctx)));
  provider.on('grant.error', (ctx, error) =>
    stats.tokenRequest(grantOf(ctx), error.message, error.error_detail),
  );
  provider.on('grant.revoked', (_ctx, grantId) => store.revokeFamily(grantId));
  provider.on('authorization.success', () => stats.authorization());
}
