import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { descriptor, now, rejection, replying, type Reply } from '../test/support.js';
import { TokenEndpointError } from './token-error.js';
import { refreshTokenSet } from './token-request.js';

async function failure(reply: Reply): Promise<TokenEndpointError> {
  const error = await rejection(refreshTokenSet(descriptor(), { refreshToken: 'rt1', now }, replying(reply)));
  if (!(error instanceof TokenEndpointError)) throw error;
  return error;
}

const CLOUDFLARE = '<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head></html>';
const TOS = {
  error: { code: 403, status: 'PERMISSION_DENIED', details: [{ reason: 'TOS_VIOLATION', domain: 'x' }] },
};

describe('token endpoint errors', () => {
  it.each<[string, Reply, Partial<TokenEndpointError>]>([
    [
      'RFC 6749 JSON',
      { status: 400, body: { error: 'invalid_grant' } },
      { kind: 'invalid_grant', oauthError: 'invalid_grant', status: 422 },
    ],
    [
      'nested object',
      { status: 401, body: { error: { code: 'refresh_token_reused', type: 'x' } } },
      { kind: 'invalid_grant', oauthError: 'refresh_token_reused' },
    ],
    [
      'nested object, 400',
      { status: 400, body: { error: { code: 'refresh_token_expired' } } },
      { kind: 'invalid_grant' },
    ],
    [
      'nested object, 403',
      { status: 403, body: { error: { code: 'refresh_token_invalidated' } } },
      { kind: 'invalid_grant' },
    ],
    [
      'nested object, 404',
      { status: 404, body: { error: { code: 'token_expired' } } },
      { kind: 'invalid_grant' },
    ],
    [
      'type only',
      { status: 429, body: { type: 'error', error: { type: 'rate_limit_error' } } },
      { kind: 'rate_limited', oauthError: 'rate_limit_error' },
    ],
    [
      'form',
      { status: 400, body: 'error=invalid_client&error_description=bad+secret' },
      { kind: 'invalid_client', oauthError: 'invalid_client' },
    ],
    [
      'unauthorized client',
      { status: 400, body: { error: 'unauthorized_client' } },
      { kind: 'invalid_client' },
    ],
    [
      '200 with error',
      { status: 200, body: { error: 'bad_refresh_token' } },
      { kind: 'invalid_grant', oauthError: 'bad_refresh_token' },
    ],
    [
      '200 with error, form',
      { status: 200, body: 'error=incorrect_client_credentials' },
      { kind: 'invalid_client' },
    ],
    ['200 with unknown error', { status: 200, body: { ok: false, error: 'odd' } }, { kind: 'other' }],
    ['tokens under a refusal', { status: 400, body: { access_token: 'at' } }, { kind: 'other' }],
    ['empty 400', { status: 400 }, { kind: 'other' }],
    ['empty 401', { status: 401 }, { kind: 'other' }],
    ['HTML 404', { status: 404, body: '<html>nginx</html>' }, { kind: 'other' }],
    ['terms', { status: 403, body: TOS }, { kind: 'blocked', status: 422 }],
    ['firewall page 403', { status: 403, body: CLOUDFLARE }, { kind: 'blocked' }],
    ['firewall page 404', { status: 404, body: CLOUDFLARE }, { kind: 'blocked' }],
    ['firewall page 429', { status: 429, body: CLOUDFLARE }, { kind: 'blocked' }],
    ['firewall header', { status: 403, headers: { 'cf-mitigated': 'challenge' } }, { kind: 'blocked' }],
    [
      'plain limit behind a firewall',
      { status: 429, headers: { 'retry-after': '3' }, body: CLOUDFLARE },
      { kind: 'rate_limited', retryAfterMs: 3000 },
    ],
    ['429', { status: 429 }, { kind: 'rate_limited', status: 502 }],
    ['503', { status: 503, headers: { 'retry-after': '7' } }, { kind: 'unavailable', retryAfterMs: 7000 }],
    ['521', { status: 521, body: CLOUDFLARE }, { kind: 'unavailable' }],
    [
      'temporarily_unavailable',
      { status: 400, body: { error: 'temporarily_unavailable' } },
      { kind: 'unavailable' },
    ],
    ['500', { status: 500, body: { error: 'invalid_grant' } }, { kind: 'ambiguous' }],
    ['502', { status: 502, body: '<html>' }, { kind: 'ambiguous' }],
    ['504', { status: 504 }, { kind: 'ambiguous' }],
    ['524', { status: 524 }, { kind: 'ambiguous' }],
    ['status from nowhere', { status: 999 }, { kind: 'ambiguous' }],
    [
      'unreadable 200',
      { status: 200, body: '{"access_token":"at","refr' },
      { kind: 'ambiguous', status: 502 },
    ],
    ['empty 200', { status: 200 }, { kind: 'ambiguous' }],
    ['204', { status: 204 }, { kind: 'ambiguous' }],
    ['HTML 200', { status: 200, body: '<html>login</html>' }, { kind: 'ambiguous' }],
    ['200 without tokens', { status: 200, body: { ok: true } }, { kind: 'malformed' }],
    ['200 with an array', { status: 200, body: [] }, { kind: 'malformed' }],
  ])('T13 %s', async (_name, reply, expected) => {
    expect(await failure(reply)).toMatchObject({
      ...expected,
      providerStatus: reply.status === 999 ? 502 : reply.status,
    });
  });

  it('T13 an unknown code becomes other and a hash, the same for the same code', async () => {
    const codes = await Promise.all(
      ['secret-1', 'secret-1', 'secret-2'].map((error) => failure({ status: 400, body: { error } })),
    );
    expect(codes[0]?.oauthError).toMatch(/^other:[0-9a-f]{8}$/);
    expect(codes[1]?.oauthError).toBe(codes[0]?.oauthError);
    expect(codes[2]?.oauthError).not.toBe(codes[0]?.oauthError);
  });

  it.each<[string, number | undefined]>([
    ['120', 120_000],
    ['0', 0],
    ['1.5', 1500],
    ['999999999', 3_600_000],
    ['Mon, 23 Nov 2026 12:00:30 GMT', 30_000],
    ['Monday, 23-Nov-26 12:00:30 GMT', 30_000],
    ['Mon, 23 Nov 2026 11:00:00 GMT', 0],
    ['Wed, 23 Nov 2033 12:00:00 GMT', 3_600_000],
    ['-1', undefined],
    ['soon', undefined],
    ['', undefined],
  ])('T14 Retry-After %j is %s ms', async (header, expected) => {
    const error = await failure({ status: 429, headers: { 'retry-after': header } });
    expect(error.retryAfterMs).toBe(expected);
  });

  it('T13 B2 nothing of a body gets into an error, wherever it stands', async () => {
    // letters that no message of ours strings together, so that every window of 4 is the body's own
    const secret = fc.stringMatching(/^[QXZJKVW]{8,40}$/);
    const shapes: ((text: string) => unknown)[] = [
      (text) => text,
      (text) => ({ error: text, error_description: text }),
      (text) => ({ error: 'invalid_grant', error_description: text, refresh_token: text }),
      (text) => ({ error: { code: text, message: text, type: text, status: text } }),
      (text) => ({ code: text, error_code: text, [text]: text }),
      (text) => ({ access_token: text, token_type: text }),
      (text) => `error=${text}&error_description=${text}`,
      (text) => `<html><title>${text}</title>`,
      (text) => `{"access_token":"${text}`,
    ];
    await fc.assert(
      fc.asyncProperty(
        secret,
        fc.constantFrom(...shapes),
        fc.constantFrom(200, 400, 401, 403, 429, 500, 503),
        async (text, shape, status) => {
          const error = await failure({ status, headers: { 'retry-after': text }, body: shape(text) });
          const shown = inspect(error, { depth: 9 }) + JSON.stringify(error) + String(error.cause);
          for (let at = 0; at + 4 <= text.length; at++) expect(shown).not.toContain(text.slice(at, at + 4));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
