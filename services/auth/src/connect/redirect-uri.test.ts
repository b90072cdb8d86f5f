import { expect, it } from 'vitest';
import { redirectUriFor } from './redirect-uri.ts';

const REGISTERED = 'http://127.0.0.1/callback';

it('the registered redirect stands where nothing is asked for', () => {
  expect(redirectUriFor('https://muxgate.example/api/oauth/callback', undefined)).toBe(
    'https://muxgate.example/api/oauth/callback',
  );
});

it.each([
  [REGISTERED, 'http://127.0.0.1:40123/callback'],
  ['http://localhost:1455/auth/callback', 'http://localhost:1457/auth/callback'],
  ['http://[::1]/callback', 'http://[::1]:5000/callback'],
])('a loopback redirect %s may get another port: %s', (registered, asked) => {
  expect(redirectUriFor(registered, asked)).toBe(asked);
});

it.each([
  ['another host', 'http://127.0.0.2:40123/callback'],
  ['a name that only looks like loopback', 'http://127.0.0.1.evil.example:40123/callback'],
  ['another path', 'http://127.0.0.1:40123/elsewhere'],
  ['a query', 'http://127.0.0.1:40123/callback?next=evil'],
  ['a fragment', 'http://127.0.0.1:40123/callback#x'],
  ['a user', 'http://evil@127.0.0.1:40123/callback'],
  ['https', 'https://127.0.0.1:40123/callback'],
  ['another scheme', 'javascript:alert(1)'],
  ['no URL at all', 'callback'],
])('a redirect with %s is refused', (_what, asked) => {
  expect(() => redirectUriFor(REGISTERED, asked)).toThrow(
    expect.objectContaining({ code: 'redirect_not_allowed' }),
  );
});

it('a redirect that is not loopback is never changed, not even to loopback', () => {
  expect(() =>
    redirectUriFor('https://muxgate.example/api/oauth/callback', 'http://127.0.0.1:1/api/oauth/callback'),
  ).toThrow(expect.objectContaining({ code: 'redirect_not_allowed', status: 422 }));
});
