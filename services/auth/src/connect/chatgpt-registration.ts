import type { OAuthProviderConfig } from '@muxgate/config';
import type { ConnectParts } from './connect-parts.js';

const AGENT = 'Muxgate';

/**
 * Sign in with ChatGPT registers a client with the first callback: it is asked for by a well-known id and a stable name
 * of this host, and from then on the issued id, kept with the credential, is the one that asks.
 */
export async function registrationOf(
  parts: ConnectParts,
  provider: OAuthProviderConfig,
  credential: string,
): Promise<Pick<OAuthProviderConfig, 'clientId' | 'authorizeParams'> | undefined> {
  if (provider.quirks?.registration !== 'chatgpt') return undefined;
  const known = await parts.vault.readState(credential);
  const issued = known?.provider === provider.name ? await parts.vault.readClientId(credential) : undefined;
  if (issued !== undefined && issued !== provider.clientId) {
    return { clientId: issued, authorizeParams: provider.authorizeParams };
  }
  return {
    clientId: provider.clientId,
    authorizeParams: {
      ...provider.authorizeParams,
      ext_agent_host_id: await parts.hostId.read(),
      agent_name_hint: AGENT,
    },
  };
}
