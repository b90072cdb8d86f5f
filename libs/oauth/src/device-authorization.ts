import { deviceAuthorizationRequest, deviceCodeGrantRequest } from 'oauth4webapi';
import { readFields, textOf } from './answer-body.js';
import { clientAuthenticationOf } from './client-authentication.js';
import { type OAuthClientDescriptor, requireEndpoint } from './descriptor.js';
import { MAX_INTERVAL_MS, readInterval, readLifetime } from './device-lifetime.js';
import { clientOf, type OAuthHttp, serverOf } from './http.js';
import { errorFromAnswer, TokenEndpointError } from './token-error.js';
import { pollOpenAiDevice, requestOpenAiDevice } from './openai-device.js';
import { requestOptions, requestThrough, requestTokens, type TokenRequest } from './token-request.js';
import type { TokenSet } from './token-response.js';

export interface DeviceAuthorization {
  deviceCode: string;
  userCode: string;
  /** Untrusted: to be shown, never opened by itself. */
  verificationUri: string;
  verificationUriComplete?: string;
  /** Epoch ms. */
  expiresAt: number;
  intervalMs: number;
}

export type DevicePoll =
  | { outcome: 'granted'; tokens: TokenSet }
  /** Ask again after `intervalMs`, and hand that in as the next interval. */
  | { outcome: 'pending'; intervalMs: number }
  | { outcome: 'denied' | 'expired' };

const SLOW_DOWN_MS = 5000;

/**
 * RFC 8628 section 3.1. Throws `TokenEndpointError` or `OAuthMisconfigured`. Not oauth4webapi's
 * `processDeviceAuthorizationResponse`, which refuses an `interval` in text (OpenAI) and `verification_url` (Google).
 */
export async function requestDeviceAuthorization(
  descriptor: OAuthClientDescriptor,
  { now = Date.now, signal }: TokenRequest,
  http: OAuthHttp,
): Promise<DeviceAuthorization> {
  const url = requireEndpoint(descriptor, 'deviceAuthorizationUrl');
  const requestedAt = now();
  if (descriptor.quirks?.deviceFlow === 'openai') {
    return requestOpenAiDevice(descriptor, url, requestedAt, requestThrough(http, signal));
  }
  const response = await deviceAuthorizationRequest(
    serverOf(descriptor),
    clientOf(descriptor),
    clientAuthenticationOf(descriptor),
    descriptor.scopes.length > 0 ? { scope: descriptor.scopes.join(' ') } : {},
    requestOptions(descriptor, http, signal),
  );
  const text = await response.text();
  const fields = (response.ok ? readFields(text) : undefined) ?? {};
  const deviceCode = textOf(fields['device_code']);
  const userCode = textOf(fields['user_code']);
  const verificationUri = pageOf(fields['verification_uri']) ?? pageOf(fields['verification_url']);
  if (!deviceCode || !userCode || !verificationUri) {
    throw errorFromAnswer(response.status, response.headers, text, now(), descriptor.quirks);
  }
  const authorization: DeviceAuthorization = {
    deviceCode,
    userCode,
    verificationUri,
    expiresAt: requestedAt + readLifetime(fields['expires_in']),
    intervalMs: readInterval(fields['interval']),
  };
  const complete = pageOf(fields['verification_uri_complete']);
  if (complete !== undefined) authorization.verificationUriComplete = complete;
  return authorization;
}

/** A page that a person may be sent to: what a browser would run instead (`javascript:`) counts as absent. */
function pageOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text !== undefined && /^https?:$/.test(URL.parse(text)?.protocol ?? '') ? text : undefined;
}

/**
 * RFC 8628 sections 3.4 and 3.5, one question; who asks keeps the interval and stops at `expiresAt`. A slow or absent
 * server lengthens the interval; refusals other than denied and expired are thrown as `TokenEndpointError`.
 */
export async function pollDeviceToken(
  descriptor: OAuthClientDescriptor,
  request: TokenRequest & { deviceCode: string; intervalMs: number },
  http: OAuthHttp,
): Promise<DevicePoll> {
  try {
    if (descriptor.quirks?.deviceFlow === 'openai') {
      return await pollOpenAiDevice(descriptor, request, http);
    }
    const tokens = await requestTokens(descriptor, request, http, (options) =>
      deviceCodeGrantRequest(
        serverOf(descriptor),
        clientOf(descriptor),
        clientAuthenticationOf(descriptor),
        request.deviceCode,
        options,
      ),
    );
    return { outcome: 'granted', tokens };
  } catch (error) {
    if (error instanceof TokenEndpointError) return pollAfter(error, request.intervalMs);
    throw error;
  }
}

function pollAfter(error: TokenEndpointError, intervalMs: number): DevicePoll {
  const { oauthError, kind, retryAfterMs = 0 } = error;
  if (oauthError === 'authorization_pending') return { outcome: 'pending', intervalMs };
  if (oauthError === 'slow_down') return { outcome: 'pending', intervalMs: intervalMs + SLOW_DOWN_MS };
  if (oauthError === 'access_denied') return { outcome: 'denied' };
  if (oauthError === 'expired_token') return { outcome: 'expired' };
  if (['not_sent', 'ambiguous', 'unavailable', 'rate_limited'].includes(kind)) {
    const longer = Math.min(intervalMs * 2, Math.max(MAX_INTERVAL_MS, intervalMs));
    return { outcome: 'pending', intervalMs: Math.max(longer, retryAfterMs) };
  }
  throw error;
}
