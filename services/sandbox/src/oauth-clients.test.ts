import { expect, it } from 'vitest';
import { loopbackRedirect } from './oauth-clients.js';

it.each([
  ['http://127.0.0.1:8081/api/oauth/callback', true],
  ['http://localhost:1455/auth/callback', true],
  ['http://[::1]:5000/x', true],
  ['https://127.0.0.1/x', false],
  ['http://127.0.0.1.evil.example/x', false],
  ['http://example.com/auth/callback', false],
  ['http://127.0.0.1:1/x#fragment', false],
  ['muxgate:callback', false],
])('redirect to %s: %s', (uri, allowed) => {
  expect(loopbackRedirect(uri)).toBe(allowed);
});
