import { type Fields, readFields, textOf } from './answer-body.js';
import type { DeviceAuthorization, DevicePoll } from './device-authorization.js';
import type { OAuthClientDescriptor } from './descriptor.js';
import { readInterval, readLifetime } from './device-lifetime.js';
import type { OAuthHttp, OAuthHttpAnswer } from './http.js';
import { errorFromAnswer } from './token-error.js';
import { exchangeCode, requestThrough, type TokenRequest } from './token-request.js';

/**
 * The device flow of OpenAI's Codex client, which only resembles RFC 8628: JSON, an id beside the user code, 403 and 404
 * for "not yet", and in the end an authorization code together with its PKCE verifier.
 */
export async function requestOpenAiDevice(
  descriptor: OAuthClientDescriptor,
  endpoint: URL,
  requestedAt: number,
  http: OAuthHttp,
): Promise<DeviceAuthorization> {
  const answer = await postJson(endpoint, { client_id: descriptor.clientId }, http);
  const fields = fieldsOf(answer);
  const id = textOf(fields['device_auth_id']);
  const userCode = textOf(fields['user_code']) ?? textOf(fields['usercode']);
  if (id === undefined || userCode === undefined) throw refusal(descriptor, answer, requestedAt);
  return {
    // asking needs both; together they are the secret
    deviceCode: JSON.stringify([id, userCode]),
    userCode,
    verificationUri: new URL('/codex/device', endpoint).href,
    expiresAt: requestedAt + readLifetime(fields['expires_in']),
    intervalMs: readInterval(fields['interval']),
  };
}

/** @throws TokenEndpointError */
export async function pollOpenAiDevice(
  descriptor: OAuthClientDescriptor,
  {
    deviceCode,
    intervalMs,
    now = Date.now,
    signal,
  }: TokenRequest & { deviceCode: string; intervalMs: number },
  http: OAuthHttp,
): Promise<DevicePoll> {
  const endpoint = new URL(descriptor.deviceAuthorizationUrl ?? '');
  const [id, userCode] = JSON.parse(deviceCode) as [string, string];
  const question = { device_auth_id: id, user_code: userCode };
  const answer = await postJson(new URL('token', endpoint), question, requestThrough(http, signal));
  if (answer.status === 403 || answer.status === 404) return { outcome: 'pending', intervalMs };
  const fields = fieldsOf(answer);
  const code = textOf(fields['authorization_code']);
  const verifier = textOf(fields['code_verifier']);
  if (code === undefined || verifier === undefined) throw refusal(descriptor, answer, now());
  const redirectUri = new URL('/deviceauth/callback', endpoint).href;
  const tokens = await exchangeCode(descriptor, { code, verifier, redirectUri, now, signal }, http);
  return { outcome: 'granted', tokens };
}

function postJson(url: URL, body: object, http: OAuthHttp): Promise<OAuthHttpAnswer> {
  return http({
    url: url.href,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  });
}

function fieldsOf({ status, body }: OAuthHttpAnswer): Fields {
  return (status === 200 ? readFields(new TextDecoder().decode(body)) : undefined) ?? {};
}

function refusal({ quirks }: OAuthClientDescriptor, { status, headers, body }: OAuthHttpAnswer, now: number) {
  return errorFromAnswer(status, new Headers(headers), new TextDecoder().decode(body), now, quirks);
}
