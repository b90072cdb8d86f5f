import type { ClientMetadata } from 'oidc-provider';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const REDIRECT = 'http://127.0.0.1/api/oauth/callback';

function interactive(
  id: string,
  method: 'none' | 'client_secret_basic' | 'client_secret_post',
): ClientMetadata {
  return {
    client_id: id,
    ...(method === 'none' ? {} : { client_secret: `${id}-secret` }),
    application_type: 'native',
    token_endpoint_auth_method: method,
    redirect_uris: [REDIRECT],
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token', DEVICE],
  };
}

/** The registered clients. Their secrets are printed in the README: this vendor has nothing to protect. */
export const SANDBOX_CLIENTS: readonly ClientMetadata[] = [
  interactive('muxgate', 'none'),
  interactive('muxgate-confidential', 'client_secret_basic'),
  interactive('muxgate-post', 'client_secret_post'),
  {
    client_id: 'muxgate-service',
    client_secret: 'muxgate-service-secret',
    token_endpoint_auth_method: 'client_secret_basic',
    redirect_uris: [],
    response_types: [],
    grant_types: ['client_credentials'],
  },
];

/** Any path on any loopback port: tests and developers run Muxgate where a port is free (RFC 8252, section 7.3). */
export function loopbackRedirect(redirectUri: string): boolean {
  const url = URL.parse(redirectUri);
  return (
    url?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname) && url.hash === ''
  );
}
