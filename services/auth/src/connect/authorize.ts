import type { OAuthProviderConfig } from '@muxgate/config';
import { buildAuthorizationUrl, createPkce, createState } from '@muxgate/oauth';
import { GrantNotAvailable } from './connect.errors.js';
import type { ConnectParts } from './connect-parts.js';

export interface AuthorizeRequest {
  readonly provider: string;
  readonly credential?: string | undefined;
  /** name of the admin token that asks */
  readonly actor: string;
  /** fingerprint of the browser that asks, if one does */
  readonly browser?: string | undefined;
}

export interface Authorization {
  readonly provider: string;
  readonly credential: string;
  readonly state: string;
  readonly url: string;
  readonly completion: 'callback' | 'paste';
  /** epoch milliseconds */
  readonly expiresAt: number;
  readonly instructions: string;
}

/** Step 1: a URL for a person to open, and a sealed note of what we asked for. */
export async function authorize(parts: ConnectParts, request: AuthorizeRequest): Promise<Authorization> {
  assertCodeGrant(parts.providers.find(request.provider));
  const { provider } = await parts.providers.reach(request.provider);
  const credential = request.credential ?? provider.name;
  const redirectUri = provider.redirectUri ?? parts.publicUrl.callback;
  const state = createState();
  const { verifier, challenge } = createPkce();
  const { expiresAt } = await parts.transactions.begin(state, {
    provider: provider.name,
    credential,
    redirectUri,
    verifier,
    actor: request.actor,
    ...(request.browser === undefined ? {} : { browser: request.browser }),
  });
  parts.metrics.count(provider.name, 'started');
  const completion = parts.publicUrl.isOurs(redirectUri) ? 'callback' : 'paste';
  return {
    provider: provider.name,
    credential,
    state,
    url: buildAuthorizationUrl(provider, { redirectUri, state, challenge }),
    completion,
    expiresAt,
    instructions: INSTRUCTIONS[completion],
  };
}

const INSTRUCTIONS = {
  callback:
    'Open the URL in a browser and sign in. You are sent back here, and a page says that you are connected.',
  paste:
    'Open the URL in a browser and sign in. The provider then shows a code, or sends you to an address that may not load: ' +
    'send the code with the state, or the whole address as redirectUrl, to POST /api/oauth/exchange.',
} as const;

function assertCodeGrant(provider: OAuthProviderConfig): void {
  if (provider.grant === 'authorization_code') return;
  throw new GrantNotAvailable(
    provider.grant === 'client_credentials'
      ? `OAuth provider ${provider.name} uses client_credentials: it connects by itself, nobody has to authorize it.`
      : `OAuth provider ${provider.name} uses ${provider.grant}, which this version cannot do yet.`,
  );
}
