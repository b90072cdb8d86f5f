import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ClientMetadata, Provider } from 'oidc-provider';
import { CookieJar } from 'tough-cookie';

export const REDIRECT_URI = 'http://127.0.0.1/callback';
export const SECRET = 'a:b% +&=~-_.';

const CLIENTS: ClientMetadata[] = [
  { client_id: 'public', token_endpoint_auth_method: 'none' },
  { client_id: 'basic:1', client_secret: SECRET, token_endpoint_auth_method: 'client_secret_basic' },
  { client_id: 'post', client_secret: SECRET, token_endpoint_auth_method: 'client_secret_post' },
];

/** The real `oidc-provider` on a free port: rotation with reuse detection, PKCE demanded, whoever comes consents. */
export async function startAuthorizationServer() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: CLIENTS.map((client) => ({
      ...client,
      application_type: 'native',
      redirect_uris: [REDIRECT_URI],
      grant_types: [
        'authorization_code',
        'refresh_token',
        ...(client.client_secret ? ['client_credentials'] : []),
      ],
    })),
    cookies: { keys: ['test'] },
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    scopes: ['openid', 'offline_access'],
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      clientCredentials: { enabled: true },
    },
    ttl: {
      AccessToken: 60,
      RefreshToken: 600,
      AuthorizationCode: 60,
      IdToken: 60,
      Grant: 600,
      Session: 600,
      Interaction: 60,
      ClientCredentials: 60,
    },
  });
  provider.use(async (ctx, next) => {
    if (!ctx.path.startsWith('/interaction/')) return next();
    const { params } = await provider.interactionDetails(ctx.req, ctx.res);
    const grant = new provider.Grant({ accountId: 'someone', clientId: String(params['client_id']) });
    grant.addOIDCScope('openid offline_access');
    const consent = { grantId: await grant.save() };
    ctx.redirect(
      await provider.interactionResult(ctx.req, ctx.res, { login: { accountId: 'someone' }, consent }),
    );
  });
  const handle = provider.callback();
  server.on('request', (request, response) => void handle(request, response));
  return {
    issuer,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A browser that follows every redirect until the one that leads back to the client. */
export async function authorizeInBrowser(authorizationUrl: string): Promise<string> {
  const jar = new CookieJar();
  let url = authorizationUrl;
  for (let hops = 0; hops < 10; hops++) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: await jar.getCookieString(url) },
    });
    for (const cookie of response.headers.getSetCookie()) await jar.setCookie(cookie, url);
    const location = response.headers.get('location');
    if (location === null) throw new Error(`${response.status} without a redirect: ${await response.text()}`);
    url = new URL(location, url).href;
    if (url.startsWith(REDIRECT_URI)) return url;
  }
  throw new Error('too many redirects');
}
