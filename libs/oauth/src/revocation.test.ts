import { describe, expect, it } from 'vitest';
import { descriptor, failing, replying } from '../test/support.js';
import { revokeToken } from './revocation.js';

const request = { token: 'rt', hint: 'refresh_token' } as const;

describe('revocation', () => {
  it('V1 posts the token with its hint and the client authentication', async () => {
    const http = replying({});
    const client = { clientAuthentication: 'client_secret_basic', clientSecret: 's' } as const;
    expect(await revokeToken(descriptor(client), request, http)).toBe('revoked');
    expect(http.requests[0]).toMatchObject({ method: 'POST', url: 'https://id.example/revoke' });
    expect(http.requests[0]?.headers['authorization']).toMatch(/^Basic /);
    expect(Object.fromEntries(new URLSearchParams(http.requests[0]?.body))).toEqual({
      token: 'rt',
      token_type_hint: 'refresh_token',
    });
  });

  it('V1 posts JSON where the vendor reads only that', async () => {
    const http = replying({});
    await revokeToken(descriptor({ tokenRequestFormat: 'json' }), request, http);
    expect(JSON.parse(http.requests[0]?.body ?? '')).toEqual({
      token: 'rt',
      token_type_hint: 'refresh_token',
      client_id: 'muxgate',
    });
  });

  it.each([
    [{ status: 200 }, 'revoked'],
    [{ status: 204 }, 'revoked'],
    [{ status: 400, body: { error: 'invalid_token' } }, 'revoked'],
    [{ status: 400, body: { error: 'unsupported_token_type' } }, 'unsupported'],
    [{ status: 400, body: { error: 'invalid_client' } }, 'failed'],
    [{ status: 302 }, 'failed'],
    [{ status: 404, body: '<html>' }, 'failed'],
    [{ status: 503, headers: { 'retry-after': '5' } }, 'failed'],
    [{ status: 500, body: { error: 'invalid_token' } }, 'failed'],
  ])('V2 V3 an answer of %j means %s', async (reply, outcome) => {
    expect(await revokeToken(descriptor(), request, replying(reply))).toBe(outcome);
  });

  it('V4 a failing transport is an outcome, not an exception', async () => {
    expect(await revokeToken(descriptor(), request, failing(false, 'ECONNREFUSED'))).toBe('failed');
    expect(await revokeToken(descriptor(), request, failing(true, 'deadline'))).toBe('failed');
  });

  it('V4 without an endpoint it is unsupported, and nothing is sent', async () => {
    const http = replying({});
    expect(await revokeToken(descriptor({ revocationUrl: undefined }), request, http)).toBe('unsupported');
    expect(http.requests).toHaveLength(0);
  });

  it.each([{ clientAuthentication: 'client_secret_post' } as const, { revocationUrl: 'no url' }])(
    'V4 a descriptor that cannot serve is a failure too, and nothing is sent: %j',
    async (overrides) => {
      const http = replying({});
      expect(await revokeToken(descriptor(overrides), request, http)).toBe('failed');
      expect(http.requests).toHaveLength(0);
    },
  );
});
