import { parseConfig } from '@muxgate/config';
import { expect, test } from 'vitest';
import { CredentialNeeds } from './credential-needs.js';

const snapshot = parseConfig(
  `
version: 1
oauthProviders:
  - { name: max, preset: anthropic-max, acknowledgeTerms: true }
  - { name: codex, preset: openai-codex, acknowledgeTerms: true }
providers:
  - { name: claude, preset: anthropic, auth: { type: oauth, credential: "alice" }, headers: { anthropic-beta: "own-flag" } }
  - { name: chatgpt, protocol: openai-responses, baseUrl: "https://chatgpt.com/backend-api/codex", auth: { type: oauth, credential: "bob" } }
  - { name: elsewhere, protocol: openai-responses, baseUrl: "https://chatgpt.com.evil.example", auth: { type: oauth, credential: "bob" } }
`,
  {},
);
const needs = new CredentialNeeds({ current: () => snapshot });
const provider = (name: string) => {
  const found = snapshot.providers.get(name);
  if (found === undefined) throw new Error(name);
  return found;
};
const credentialOf = (source: string, facts?: Record<string, string>) => ({
  headers: ['authorization', 'Bearer at'],
  grant: {
    credential: 'c',
    provider: source,
    generation: 1,
    accessToken: 'at',
    tokenType: 'Bearer',
    expiresAt: Number.MAX_SAFE_INTEGER,
    status: 'active' as const,
    ...(facts ? { facts } : {}),
  },
});

test('a beta flag that a credential needs is appended to the configured ones', () => {
  expect(needs.meet(provider('claude'), credentialOf('max')).beside).toMatchObject({
    'anthropic-beta': 'own-flag,oauth-2025-04-20',
    'anthropic-version': '2023-06-01',
  });
});

test('headers are made of what is known of the account, and left out where it is not', () => {
  const known = needs.meet(provider('chatgpt'), credentialOf('codex', { accountId: 'acct_1' })).beside;
  expect(known).toEqual({ 'chatgpt-account-id': 'acct_1', originator: 'muxgate' });
  expect(needs.meet(provider('chatgpt'), credentialOf('codex')).beside).toEqual({ originator: 'muxgate' });
});

test('B5 a credential goes to the hosts of its OAuth provider only, whatever its id', () => {
  const misdirected = () => needs.meet(provider('elsewhere'), credentialOf('codex'));
  expect(misdirected).toThrow(/may not be sent to provider elsewhere/);
  expect(() => needs.meet(provider('claude'), credentialOf('codex'))).toThrow(/may not be sent/);
});
