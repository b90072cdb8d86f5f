import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, descriptor, jwt, now, rejection, replying, type Reply } from '../test/support.js';
import { TokenEndpointError } from './token-error.js';
import { refreshTokenSet } from './token-request.js';

const BASE = { access_token: 'at', token_type: 'Bearer', expires_in: 3600, refresh_token: 'rt2' };

function isTokenSet(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'accessToken' in value && value.accessToken !== '';
}

function answer(reply: Reply) {
  return refreshTokenSet(descriptor(), { refreshToken: 'rt1', now }, replying(reply));
}

describe('token response', () => {
  it.each(['bearer', 'BEARER', ' Bearer ', undefined, null, '', 7, {}])(
    'T6 token_type %j is bearer',
    async (token_type) => {
      expect(await answer({ body: { ...BASE, token_type } })).toMatchObject({
        accessToken: 'at',
        tokenType: 'Bearer',
      });
    },
  );

  it.each(['DPoP', 'mac', 'N_A'])('T6 token_type %j is refused', async (token_type) => {
    const error = await rejection(answer({ body: { ...BASE, token_type } }));
    expect(error).toMatchObject({ kind: 'malformed', oauthError: 'unsupported_token_type' });
  });

  it('T7 unknown fields are ignored', async () => {
    const body = {
      ...BASE,
      organization: { uuid: 'x' },
      error: '',
      __proto__: null,
      error_description: null,
    };
    expect(await answer({ body })).toMatchObject({ accessToken: 'at', refreshToken: 'rt2' });
  });

  it('T9 a narrower scope is stored, an absent or empty one is as asked', async () => {
    expect((await answer({ body: { ...BASE, scope: 'llm.invoke' } })).scopes).toEqual(['llm.invoke']);
    expect((await answer({ body: { ...BASE, scope: 'repo,user  x' } })).scopes).toEqual([
      'repo',
      'user',
      'x',
    ]);
    expect((await answer({ body: { ...BASE, scope: ['a', 'b c', 7] } })).scopes).toEqual(['a', 'b', 'c']);
    for (const scope of [undefined, '', ' ', [], 7, null, {}]) {
      expect(await answer({ body: { ...BASE, scope } })).not.toHaveProperty('scopes');
    }
  });

  it.each([undefined, '', null, 7, ['at'], { value: 'at' }])(
    'T10 access_token %j is an error',
    async (access_token) => {
      const error = await rejection(answer({ body: { ...BASE, access_token } }));
      expect(error).toMatchObject({ kind: 'malformed', status: 502, providerStatus: 200 });
    },
  );

  it('T11 a new refresh token is handed over, an absent one stays absent', async () => {
    expect(await answer({ body: BASE })).toHaveProperty('refreshToken', 'rt2');
    expect(await answer({ body: { access_token: 'at' } })).not.toHaveProperty('refreshToken');
  });

  it.each(['', null, false, {}])('T12 refresh_token %j is as absent', async (refresh_token) => {
    expect(await answer({ body: { ...BASE, refresh_token } })).not.toHaveProperty('refreshToken');
  });

  it.each(['text/html', 'text/plain; charset=utf-8', 'application/json', undefined])(
    'T16 content-type %s does not matter',
    async (type) => {
      const headers = type === undefined ? {} : { 'content-type': type };
      expect(await answer({ headers, body: BASE })).toMatchObject({ accessToken: 'at', refreshToken: 'rt2' });
    },
  );

  it('reads a form, a byte order mark, any 2xx, and tokens beside an error', async () => {
    expect(await answer({ body: 'access_token=at&scope=a%2Cb&token_type=bearer' })).toMatchObject({
      accessToken: 'at',
      scopes: ['a', 'b'],
    });
    expect(await answer({ body: `\uFEFF${JSON.stringify(BASE)}` })).toMatchObject({ accessToken: 'at' });
    expect(await answer({ status: 201, body: BASE })).toMatchObject({ accessToken: 'at' });
    expect(await answer({ body: { ...BASE, error: 'invalid_grant' } })).toMatchObject({
      refreshToken: 'rt2',
    });
  });

  it('T18 labels the account by the unverified id_token: e-mail, else subject, else nothing', async () => {
    const account = async (id_token: unknown) => (await answer({ body: { ...BASE, id_token } })).account;
    expect(await account(jwt({ sub: '1', email: 'a@b.example' }))).toBe('a@b.example');
    expect(await account(jwt({ sub: '1', email: '' }))).toBe('1');
    for (const odd of [
      jwt({ sub: 7 }),
      jwt({ sub: 'x'.repeat(400) }),
      jwt({ sub: 'a\nb' }),
      'no.jwt',
      'a.%.c',
      7,
    ]) {
      expect(await account(odd)).toBeUndefined();
    }
  });

  it('throws only TokenEndpointError on arbitrary bytes, JSON, statuses and headers', async () => {
    const field = fc.constantFrom(
      'access_token',
      'error',
      'token_type',
      'expires_in',
      'scope',
      'id_token',
      'code',
      'reason',
    );
    const body = fc.oneof(
      fc.uint8Array(),
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.dictionary(field, fc.jsonValue()),
    );
    const headers = fc.dictionary(
      fc.constantFrom('retry-after', 'content-type', 'cf-mitigated'),
      fc.stringMatching(/^[!-~]*$/),
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 100, max: 999 }), headers, body, async (status, heads, bytes) => {
        const outcome = await answer({ status, headers: heads, body: bytes }).catch(
          (error: unknown) => error,
        );
        expect(outcome instanceof TokenEndpointError || isTokenSet(outcome)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('never loses the tokens of a 2xx, whatever stands beside them', async () => {
    const token = fc.string({ minLength: 1, unit: 'binary' }).filter((text) => text.isWellFormed());
    const fields = fc.constantFrom(
      'expires_in',
      'expires_at',
      'scope',
      'error',
      'id_token',
      'earliest_refresh_at',
      'refresh_expires_in',
      'account',
    );
    const beside = fc.dictionary(
      fc.oneof(fields, fc.string()),
      fc.oneof(fc.jsonValue(), fc.string(), fc.double()),
    );
    const type = fc.constantFrom('Bearer', 'bearer', '', null, undefined, 1, []);
    await fc.assert(
      fc.asyncProperty(
        token,
        token,
        beside,
        type,
        fc.constantFrom(200, 201, 202, 203),
        async (at, rt, rest, token_type, status) => {
          const body = bytesOf({ ...rest, token_type, access_token: at, refresh_token: rt });
          expect(await answer({ status, body })).toMatchObject({ accessToken: at, refreshToken: rt });
        },
      ),
      { numRuns: 2000 },
    );
  });
});
