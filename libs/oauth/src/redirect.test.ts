import { AppError } from '@muxgate/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRedirect, RedirectInvalid } from './redirect.js';

const CALLBACK = 'http://127.0.0.1:8081/api/oauth/callback';
const urlSafe = fc.stringMatching(/^[A-Za-z0-9\-._~]{1,200}$/);
const visible = fc.stringMatching(/^[!-~]{1,200}$/);

function attempt(input: string): unknown {
  try {
    parseRedirect(input);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('parseRedirect', () => {
  it('N4 reads a full URL, its query, code#state and a bare code', () => {
    const both = { code: 'abc', state: 'xyz' };
    expect(parseRedirect(`${CALLBACK}?code=abc&state=xyz&iss=https%3A%2F%2Fid.example#_=_`)).toEqual({
      ...both,
      iss: 'https://id.example',
    });
    expect(parseRedirect('localhost:1455/auth/callback?state=xyz&code=abc')).toEqual(both);
    expect(parseRedirect('/auth/callback?state=xyz&code=abc#')).toEqual(both);
    expect(parseRedirect('?code=abc&state=xyz')).toEqual(both);
    expect(parseRedirect('code=abc&state=xyz#_=_')).toEqual(both);
    expect(parseRedirect('  abc#xyz\n')).toEqual(both);
    expect(parseRedirect('abc')).toEqual({ code: 'abc' });
    expect(parseRedirect('abc#')).toEqual({ code: 'abc' });
  });

  it('S4 reads an error with its state, knows the code by allow-list and never repeats another', () => {
    expect(parseRedirect(`${CALLBACK}?error=access_denied&state=s&error_description=No`)).toEqual({
      error: 'access_denied',
      state: 's',
      errorDescription: 'No',
    });
    const script = parseRedirect(`${CALLBACK}?error=<script>alert(1)</script>&state=s`);
    expect(script.error).toMatch(/^other:[0-9a-f]{8}$/);
  });

  it.each(['code', 'state', 'iss', 'error', 'error_description'])('S7 refuses a repeated %s', (name) => {
    const input = `${CALLBACK}?code=a&state=s&${name}=1&${name}=2`;
    expect(() => parseRedirect(input)).toThrow(RedirectInvalid);
    expect(() => parseRedirect(input)).toThrow(/repeats/);
  });

  it('S7 takes a code of 4 KiB and a state of 512 B, and not one more', () => {
    const [code, state] = ['c'.repeat(4096), 's'.repeat(512)];
    expect(parseRedirect(`${code}#${state}`)).toEqual({ code, state });
    expect(parseRedirect(`${CALLBACK}?code=${code}&state=${state}`)).toEqual({ code, state });
    for (const input of [
      `${code}c#s`,
      `c#${state}s`,
      `${CALLBACK}?code=${code}c`,
      `?code=c&state=${state}s`,
    ]) {
      expect(() => parseRedirect(input)).toThrow(RedirectInvalid);
    }
  });

  it.each([
    '',
    '   ',
    '#state',
    'a#b#c',
    `${CALLBACK}?state=s`,
    `${CALLBACK}?code=&state=s`,
    'a\nb',
    'cödé',
    'http://[',
    'https://mux.example/callback#code=a&state=s',
    `${CALLBACK}?code=a&error=b`,
    `?code=a%00b`,
    'x'.repeat(20_000),
  ])('refuses %j', (input) => {
    expect(() => parseRedirect(input)).toThrow(RedirectInvalid);
  });

  it('round trips every code and state through a URL and through code#state', () => {
    fc.assert(
      fc.property(visible, visible, (code, state) => {
        const query = new URLSearchParams({ code, state }).toString();
        expect(parseRedirect(`${CALLBACK}?${query}`)).toEqual({ code, state });
        expect(parseRedirect(`?${query}`)).toEqual({ code, state });
      }),
    );
    fc.assert(
      fc.property(urlSafe, urlSafe, (code, state) => {
        expect(parseRedirect(`${code}#${state}`)).toEqual({ code, state });
        expect(parseRedirect(code)).toEqual({ code });
      }),
    );
  });

  it('throws nothing but AppError, and never repeats the input in it', () => {
    const secret = 'QXZJKVWQXZJKVW';
    const parameter = fc.tuple(
      fc.constantFrom('code', 'state', 'iss', 'error', 'x'),
      fc.string({ unit: 'binary' }),
    );
    const queries = fc
      .array(parameter)
      .map((list) => `${CALLBACK}?${list.map((p) => p.join('=')).join('&')}`);
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), queries, fc.webUrl()), (input) => {
        const thrown = attempt(`${input}${secret}\u0000`);
        expect(thrown === undefined || thrown instanceof AppError).toBe(true);
        expect(String(thrown)).not.toContain(secret);
      }),
      { numRuns: 2000 },
    );
  });
});
