import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CoolDownStore } from '@muxgate/target-health';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthApp, type AuthApp } from '../../services/auth/src/auth-app.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { ADMIN, OPERATOR, request, sha256, type Answer } from './auth-harness.ts';
import { ACCESS_KEYS, json, REFRESH_KEYS, startUpstream, type FakeUpstream } from './gateway.support.ts';

const KEY = 'sk-provider-key-of-the-tests';
let redis: TestRedis;
let vendor: FakeUpstream;
let auth: AuthApp;

const call = (method: string, path: string, body?: object): Promise<Answer> =>
  request(auth.url, method, path, { token: OPERATOR, ...(body === undefined ? {} : { body }) });
const tried = (name: string, body = {}): Promise<Answer> => call('POST', `/api/providers/${name}/test`, body);

beforeAll(async () => {
  redis = await startRedis();
  vendor = await startUpstream();
  const file = join(await temporaryDirectory(), 'muxgate.yaml');
  await writeFile(
    file,
    `version: 1
providers:
  - { name: keyed, protocol: anthropic-messages, baseUrl: "${vendor.url}", auth: { type: apiKey, value: "\${KEY}" }, headers: { x-team: ops }, allowPrivateNetwork: true }
  - { name: chat, protocol: openai-chat, baseUrl: "${vendor.url}/v1", auth: { type: apiKey, value: "\${KEY}" }, allowPrivateNetwork: true }
  - { name: fenced, protocol: openai-chat, baseUrl: "${vendor.url}/v1", auth: { type: none } }
  - { name: gone, protocol: openai-chat, baseUrl: "http://127.0.0.1:1", auth: { type: none }, allowPrivateNetwork: true, enabled: false }
  - { name: oauth, protocol: openai-chat, baseUrl: "${vendor.url}/v1", auth: { type: oauth, credential: idp }, allowPrivateNetwork: true }
models:
  - { name: m, targets: [{ provider: keyed, model: up-m }, { provider: chat, model: up-c }, { provider: fenced, model: f }, { provider: gone, model: g }, { provider: oauth, model: o }] }
`,
  );
  auth = await createAuthApp({
    HOST: '127.0.0.1',
    PORT: '0',
    MANAGEMENT_PORT: '0',
    LOG_LEVEL: 'silent',
    MUXGATE_CONFIG: file,
    REDIS_URL: redis.url,
    MUXGATE_ACCESS_KEYS: ACCESS_KEYS,
    MUXGATE_REFRESH_KEYS: REFRESH_KEYS,
    MUXGATE_ADMIN_TOKENS: `root:admin:${sha256(ADMIN)},ops:operator:${sha256(OPERATOR)}`,
    KEY,
  });
});
afterAll(async () => {
  await auth.close();
  await vendor.close();
  await redis.stop();
});

test('providers are listed with their health, and without secrets', async () => {
  const client = new Redis(redis.url);
  await new CoolDownStore(client).set({
    provider: 'chat',
    model: 'up-c',
    until: Date.now() + 60_000,
    failures: 2,
  });
  client.disconnect();
  const { json: page, text } = await call('GET', '/api/providers');
  expect(page.items.map(({ name, health }: Record<string, string>) => [name, health])).toEqual([
    ['keyed', 'healthy'],
    ['chat', 'resting'],
    ['fenced', 'healthy'],
    ['gone', 'disabled'],
    ['oauth', 'healthy'],
  ]);
  expect(page.items[1]).toMatchObject({
    protocol: 'openai-chat',
    baseUrl: `${vendor.url}/v1`,
    auth: { type: 'apiKey' },
    models: ['m'],
    coolDowns: [{ model: 'up-c', failures: 2 }],
  });
  expect(text).not.toContain(KEY);
});

test('a test sends one real request with the provider’s own credential', async () => {
  vendor.answer = json(200, { model: 'up-m-2026', content: [] });
  const answer = await tried('keyed');
  expect(answer.json).toMatchObject({ ok: true, status: 200, model: 'up-m' });
  expect(answer.json.says).toMatch(/^It answered as up-m-2026 in \d+ ms\.$/);
  const sent = vendor.received.at(-1);
  expect(sent).toMatchObject({ method: 'POST', url: '/v1/messages' });
  expect(sent?.headers).toMatchObject({
    'x-api-key': KEY,
    'x-team': 'ops',
    'anthropic-version': '2023-06-01',
  });
  expect(JSON.parse(sent?.body.toString() ?? '')).toMatchObject({ model: 'up-m', max_tokens: 1 });
  await tried('chat', { model: 'another' });
  expect(vendor.received.at(-1)).toMatchObject({ url: '/v1/chat/completions' });
  expect(vendor.received.at(-1)?.headers.authorization).toBe(`Bearer ${KEY}`);
});

test.each([
  [401, 'It refused the credential (status 401).'],
  [404, 'It knows no such model, or the base URL is not quite right (status 404).'],
  [429, 'It was reached, and limits or has billed out this credential (status 429).'],
  [503, 'It fails at the moment (status 503).'],
  [302, 'It redirects elsewhere (status 302); the base URL is not quite right.'],
])('status %i is said in plain words, and a quoted key is not repeated', async (status, says) => {
  vendor.answer = json(
    status,
    { error: { message: `bad key ${KEY}` } },
    { location: `${vendor.url}/elsewhere` },
  );
  const before = vendor.received.length;
  const answer = await tried('chat');
  expect(answer).toMatchObject({ status: 200, json: { ok: false, status, says } });
  expect(answer.text).not.toContain(KEY);
  expect(vendor.received).toHaveLength(before + 1);
});

test('what cannot be reached, or must not be, is said', async () => {
  expect((await tried('gone')).json).toMatchObject({ ok: false, says: 'It was not reached: ECONNREFUSED.' });
  const before = vendor.received.length;
  expect((await tried('fenced')).json.says).toContain('not a public address');
  expect(vendor.received).toHaveLength(before);
  expect(await tried('oauth')).toMatchObject({ status: 422, json: { code: 'provider_untestable' } });
  expect(await tried('nobody')).toMatchObject({ status: 404 });
});
