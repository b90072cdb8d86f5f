import { type ClientAuth, ClientSecretPost, None } from 'oauth4webapi';
import { type OAuthClientDescriptor, OAuthMisconfigured } from './descriptor.js';

/** The client authentication of the descriptor; a public client sends no `client_secret` key at all. */
export function clientAuthenticationOf(descriptor: OAuthClientDescriptor): ClientAuth {
  if (descriptor.clientAuthentication === 'none') return None();
  if (!descriptor.clientSecret) {
    throw new OAuthMisconfigured(`OAuth provider ${descriptor.name} needs a client secret`);
  }
  return descriptor.clientAuthentication === 'client_secret_post'
    ? ClientSecretPost(descriptor.clientSecret)
    : clientSecretBasic(descriptor.clientId, descriptor.clientSecret);
}

/**
 * RFC 6749 section 2.3.1: id and secret are form-url-encoded before base64. Not oauth4webapi's `ClientSecretBasic`,
 * which also encodes `-`, `_` and `.`: equal for servers that decode, but vendors that compare the raw text would
 * refuse nearly every client id.
 */
function clientSecretBasic(clientId: string, clientSecret: string): ClientAuth {
  const credentials = `${formUrlEncode(clientId)}:${formUrlEncode(clientSecret)}`;
  return (_server, _client, _body, headers) => {
    headers.set('authorization', `Basic ${Buffer.from(credentials, 'ascii').toString('base64')}`);
  };
}

function formUrlEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}
