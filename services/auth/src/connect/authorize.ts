import { transactionId, type Completion } from '@muxgate/connect';
import {
  buildAuthorizationUrl,
  createPkce,
  createState,
  requestDeviceAuthorization,
  type DeviceAuthorization,
} from '@muxgate/oauth';
import { registrationOf } from './chatgpt-registration.js';
import { GrantNotAvailable } from './connect.errors.js';
import type { ConnectParts } from './connect-parts.js';
import type { ReachableProvider } from './oauth-providers.js';
import { redirectUriFor } from './redirect-uri.js';

export interface AuthorizeRequest {
  readonly provider: string;
  readonly credential?: string | undefined;
  /** a loopback redirect on the port where the caller listens */
  readonly redirectUri?: string | undefined;
  /** name of the admin token that asks */
  readonly actor: string;
  /** address of the caller */
  readonly from: string;
  /** fingerprint of the browser that asks, if one does */
  readonly browser?: string | undefined;
  /** id of the invitation that it comes by */
  readonly invitation?: string | undefined;
}

export interface Authorization {
  readonly provider: string;
  readonly credential: string;
  readonly state: string;
  readonly url: string;
  readonly completion: Completion;
  /** epoch milliseconds */
  readonly expiresAt: number;
  readonly instructions: string;
  /** to be typed in at `verificationUrl`, where a device code is used */
  readonly userCode?: string;
  readonly verificationUrl?: string;
}

/** Step 1: something for a person to open, and a sealed note of what we asked for. */
export async function authorize(parts: ConnectParts, request: AuthorizeRequest): Promise<Authorization> {
  assertAskable(parts, request.provider);
  const reachable = await parts.providers.reach(request.provider);
  const { provider } = reachable;
  const credential = request.credential ?? provider.name;
  const authorization =
    provider.grant === 'device_code'
      ? await byDevice(parts, reachable, { ...request, credential })
      : await byRedirect(parts, reachable, { ...request, credential });
  const { state, completion, expiresAt } = authorization;
  await parts.progress.begin(transactionId(state), {
    provider: provider.name,
    credential,
    completion,
    expiresAt,
  });
  parts.metrics.count(provider.name, 'started');
  return authorization;
}

type Named = AuthorizeRequest & { readonly credential: string };

async function byRedirect(
  parts: ConnectParts,
  { provider }: ReachableProvider,
  { credential, redirectUri: asked, actor, browser, invitation }: Named,
): Promise<Authorization> {
  const registration = await registrationOf(parts, provider, credential);
  const nonce = provider.quirks?.verifiesIdToken === true ? createState() : undefined;
  const redirectUri = redirectUriFor(provider.redirectUri ?? parts.publicUrl.callback, asked);
  const state = createState();
  const { verifier, challenge } = createPkce();
  const { expiresAt } = await parts.transactions.begin(state, {
    provider: provider.name,
    credential,
    redirectUri,
    verifier,
    actor,
    ...(nonce === undefined ? {} : { nonce }),
    ...(registration === undefined ? {} : { clientId: registration.clientId }),
    ...(browser === undefined ? {} : { browser }),
    ...(invitation === undefined ? {} : { invitation }),
  });
  const completion = parts.publicUrl.isOurs(redirectUri) ? 'callback' : 'paste';
  return {
    provider: provider.name,
    credential,
    state,
    url: buildAuthorizationUrl(registration === undefined ? provider : { ...provider, ...registration }, {
      redirectUri,
      state,
      challenge,
      nonce,
    }),
    completion,
    expiresAt,
    instructions: INSTRUCTIONS[completion],
  };
}

/** The worker asks for the tokens from now on: whoever began may go away. */
async function byDevice(
  parts: ConnectParts,
  { provider, http }: ReachableProvider,
  { credential, actor, from, invitation }: Named,
): Promise<Authorization> {
  const device = await requestDeviceAuthorization(provider, {}, http);
  const { deviceCode, userCode, verificationUri, expiresAt, intervalMs } = device;
  const state = createState();
  const id = transactionId(state);
  await parts.transactions.beginDevice(state, {
    provider: provider.name,
    credential,
    deviceCode,
    actor,
    from,
    expiresAt,
    ...(invitation === undefined ? {} : { invitation }),
  });
  await parts.devicePolls.begin(id, intervalMs);
  return {
    provider: provider.name,
    credential,
    state,
    url: verificationUri,
    completion: 'device',
    expiresAt,
    instructions: deviceInstructions(device),
    userCode,
    verificationUrl: verificationUri,
  };
}

const INSTRUCTIONS = {
  callback:
    'Open the URL in a browser and sign in. You are sent back here, and a page says that you are connected.',
  paste:
    'Open the URL in a browser and sign in. The provider then shows a code, or sends you to an address that may not load: ' +
    'send the code with the state, or the whole address as redirectUrl, to POST /api/oauth/exchange.',
} as const;

/** RFC 8628 section 5.4: a code that somebody else sent is how accounts are taken over. */
function deviceInstructions({ verificationUri, userCode }: DeviceAuthorization): string {
  return (
    `Open ${verificationUri} yourself and enter the code ${userCode}. ` +
    'Enter it only if you began this connection: whoever gives you such a code by mail, chat or telephone gets your account. ' +
    'Check that the page belongs to the provider. Muxgate notices by itself when you have agreed.'
  );
}

/** Before anything is looked up. @throws ProviderUnknown, GrantNotAvailable */
export function assertAskable(parts: Pick<ConnectParts, 'providers'>, name: string): void {
  const { grant } = parts.providers.find(name);
  if (grant !== 'client_credentials') return;
  throw new GrantNotAvailable(
    `OAuth provider ${name} uses client_credentials: it connects by itself, nobody has to authorize it.`,
  );
}
