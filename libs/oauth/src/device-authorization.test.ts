import { describe, expect, it } from 'vitest';
import { descriptor, failing, now, NOW, rejection, replying, type Reply } from '../test/support.js';
import { OAuthMisconfigured } from './descriptor.js';
import { pollDeviceToken, requestDeviceAuthorization } from './device-authorization.js';
import { TokenEndpointError } from './token-error.js';

const BASE = {
  device_code: 'dc',
  user_code: 'ABCD',
  verification_uri: 'https://id.example/d',
  expires_in: 600,
};

function ask(body: object, status = 200) {
  return requestDeviceAuthorization(descriptor(), { now }, replying({ status, body }));
}

function poll(reply: Reply, intervalMs = 5000) {
  return pollDeviceToken(descriptor(), { deviceCode: 'dc', intervalMs, now }, replying(reply));
}

describe('device authorization', () => {
  it('asks with client id and scopes, and reads the codes', async () => {
    const http = replying({
      body: { ...BASE, interval: 7, verification_uri_complete: 'https://id.example/d?c=ABCD' },
    });
    expect(await requestDeviceAuthorization(descriptor(), { now }, http)).toEqual({
      deviceCode: 'dc',
      userCode: 'ABCD',
      verificationUri: 'https://id.example/d',
      verificationUriComplete: 'https://id.example/d?c=ABCD',
      expiresAt: NOW + 600_000,
      intervalMs: 7000,
    });
    expect(http.requests[0]?.url).toBe('https://id.example/device');
    expect(Object.fromEntries(new URLSearchParams(http.requests[0]?.body))).toEqual({
      client_id: 'muxgate',
      scope: 'llm.invoke offline_access',
    });
  });

  it.each([
    [undefined, 5000],
    [0, 5000],
    ['7', 7000],
    ['odd', 5000],
    [1e9, 60_000],
  ])('D1 interval %j is %s ms', async (interval, expected) => {
    expect(await ask({ ...BASE, interval })).toMatchObject({ intervalMs: expected });
  });

  it.each([
    [undefined, 900_000],
    ['899.5', 899_500],
    [-1, 900_000],
    [1e9, 1_800_000],
  ])('D4 expires_in %j is %s ms', async (expires_in, expected) => {
    expect(await ask({ ...BASE, expires_in })).toMatchObject({ expiresAt: NOW + expected });
  });

  it('reads verification_url, and refuses an answer that lacks a code', async () => {
    const { verification_uri: verification_url, ...rest } = BASE;
    expect(await ask({ ...rest, verification_url })).toHaveProperty('verificationUri', verification_url);
    expect(await rejection(ask(rest))).toMatchObject({ kind: 'malformed' });
    expect(await rejection(ask({ error: 'invalid_client' }, 401))).toMatchObject({ kind: 'invalid_client' });
    const nowhere = descriptor({ deviceAuthorizationUrl: undefined });
    expect(await rejection(requestDeviceAuthorization(nowhere, {}, replying({})))).toBeInstanceOf(
      OAuthMisconfigured,
    );
  });

  it('sends nobody to what is not a page', async () => {
    for (const verification_uri of ['javascript:alert(1)', 'data:text/html,x', 'id.example']) {
      expect(await rejection(ask({ ...BASE, verification_uri }))).toMatchObject({ kind: 'malformed' });
      expect(await ask({ ...BASE, verification_uri_complete: verification_uri })).not.toHaveProperty(
        'verificationUriComplete',
      );
    }
  });

  it('D1 D2 D4 polls on, slower, or stops, as it is told, under status 400 and 200 alike', async () => {
    for (const status of [400, 200]) {
      const told = (error: string, intervalMs?: number) => poll({ status, body: { error } }, intervalMs);
      expect(await told('authorization_pending')).toEqual({ outcome: 'pending', intervalMs: 5000 });
      expect(await told('slow_down')).toEqual({ outcome: 'pending', intervalMs: 10_000 });
      expect(await told('slow_down', 10_000)).toEqual({ outcome: 'pending', intervalMs: 15_000 });
      expect(await told('access_denied')).toEqual({ outcome: 'denied' });
      expect(await told('expired_token')).toEqual({ outcome: 'expired' });
    }
    const tokens = await poll({ body: { access_token: 'at', expires_in: 60 } });
    expect(tokens).toMatchObject({ outcome: 'granted', tokens: { accessToken: 'at' } });
  });

  it('D3 backs off where the server is silent or busy, and throws what is final', async () => {
    const request = { deviceCode: 'dc', intervalMs: 5000, now };
    expect(await pollDeviceToken(descriptor(), request, failing(true, 'deadline'))).toEqual({
      outcome: 'pending',
      intervalMs: 10_000,
    });
    expect(await poll({ status: 503 }, 50_000)).toEqual({ outcome: 'pending', intervalMs: 60_000 });
    expect(await poll({ status: 429, headers: { 'retry-after': '90' } })).toEqual({
      outcome: 'pending',
      intervalMs: 90_000,
    });
    const final = await rejection(poll({ status: 400, body: { error: 'invalid_grant' } }));
    expect(final).toBeInstanceOf(TokenEndpointError);
  });
});
