import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClientKeyStore } from '@muxgate/clients';
import { KeyRing } from '@muxgate/vault';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createAuthApp } from '../../services/auth/src/auth-app.ts';
import { createGateway, type Gateway } from '../../services/gateway/src/create-gateway.ts';
import { startWorker } from '../../services/worker/src/start-worker.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { ADMIN, request, sha256 } from './auth-harness.ts';
import { ACCESS_KEYS, json, REFRESH_KEYS, startUpstream, type FakeUpstream } from './gateway.support.ts';

const PLUGIN = `
  export const seen = [];
  export default {
    apiVersion: 1,
    name: 'house',
    requestHeaders: (headers, request) => {
      seen.push({ headers, request });
      if (headers['x-break'] !== undefined) throw new Error('broken on purpose');
      return { 'x-house': request.client + '/' + request.provider, 'x-trace': null, 'x-fixed': 'of the plugin' };
    },
    responseHeaders: (headers, answer) => {
      seen.push({ headers, answer });
      return { 'x-house-status': String(answer.status), 'x-powered-by': null };
    },
  };`;
const CHAT = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
const ANSWER = {
  id: 'c',
  object: 'chat.completion',
  model: 'up',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hello' } }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};

let redis: TestRedis;
let upstream: FakeUpstream;
let gateway: Gateway;
let key: string;
let seen: { headers: Record<string, string>; request?: object; answer?: object }[];
let text: string;
let variables: Record<string, string>;
let client: Redis;

beforeAll(async () => {
  redis = await startRedis();
  upstream = await startUpstream();
  const directory = await temporaryDirectory();
  const module = join(directory, 'house.mjs');
  await writeFile(module, PLUGIN);
  text = `version: 1
plugins: [./house.mjs]
providers:
  - { name: p, protocol: openai-chat, baseUrl: "${upstream.url}", auth: { type: apiKey, value: "\${UP_KEY}" }, allowPrivateNetwork: true, headers: { x-fixed: of the file } }
models:
  - { name: m, targets: [{ provider: p, model: up }] }`;
  const file = join(directory, 'muxgate.yaml');
  await writeFile(file, text);
  variables = {
    HOST: '127.0.0.1',
    PORT: '0',
    MANAGEMENT_PORT: '0',
    LOG_LEVEL: 'silent',
    REDIS_URL: redis.url,
    MUXGATE_CONFIG: file,
    MUXGATE_ACCESS_KEYS: ACCESS_KEYS,
    MUXGATE_REFRESH_KEYS: REFRESH_KEYS,
    MUXGATE_ADMIN_TOKENS: `root:admin:${sha256(ADMIN)}`,
    DRAIN_GRACE_SECONDS: '0',
    DRAIN_SECONDS: '1',
    UP_KEY: 'sk-upstream',
  };
  gateway = await createGateway(variables);
  client = new Redis(redis.url);
  ({ key } = await new ClientKeyStore(client, KeyRing.parse(ACCESS_KEYS)).create({
    name: 'ci',
    team: 'core',
  }));
  ({ seen } = (await import(module)) as { seen: typeof seen });
});
beforeEach(() => {
  seen.length = 0;
  upstream.received.length = 0;
  upstream.answer = json(200, ANSWER, { 'x-powered-by': 'Acme' });
});
afterAll(async () => {
  for (const step of gateway.stop) await step.run();
  client.disconnect();
  await upstream.close();
  await redis.stop();
});

const call = (path: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${gateway.port}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const sent = () => upstream.received.at(-1)?.headers;

test('a request hook sets and takes away headers of what goes upstream', async () => {
  expect((await call('/v1/chat/completions', CHAT, { 'x-trace': 't' })).status).toBe(200);
  expect(sent()).toMatchObject({ 'x-house': 'ci/p', authorization: 'Bearer sk-upstream' });
  expect(sent()).not.toHaveProperty('x-trace');
});

test('what the configuration sets for a provider stands over what a plugin sets', async () => {
  await call('/v1/chat/completions', CHAT);
  expect(sent()).toMatchObject({ 'x-fixed': 'of the file' });
});

test('a response hook sets and takes away headers of the answer', async () => {
  const { headers } = await call('/v1/chat/completions', CHAT);
  expect(headers.get('x-house-status')).toBe('200');
  expect(headers.get('x-powered-by')).toBeNull();
});

test('hooks run for a translated request and its answer too', async () => {
  const { status, headers } = await call('/v1/messages', { ...CHAT, max_tokens: 5 });
  expect(status).toBe(200);
  expect(sent()).toMatchObject({ 'x-house': 'ci/p', 'x-fixed': 'of the file' });
  expect(headers.get('x-house-status')).toBe('200');
});

test('an error of the provider passes the response hook', async () => {
  upstream.answer = json(400, { error: { message: 'no' } });
  const { status, headers } = await call('/v1/chat/completions', CHAT);
  expect([status, headers.get('x-house-status')]).toEqual([400, '400']);
});

test('a request without a known client runs no hook', async () => {
  expect((await call('/v1/chat/completions', CHAT, { authorization: 'Bearer mxg_unknown' })).status).toBe(
    401,
  );
  expect(seen).toEqual([]);
});

test('no hook is shown the client key or the credential of the provider', async () => {
  await call('/v1/chat/completions', CHAT, { 'x-muxgate-key': key, 'x-other': '1', authorization: '' });
  await call('/v1/messages', { ...CHAT, max_tokens: 5 }, { authorization: '', 'x-api-key': key });
  expect(seen).toHaveLength(4);
  expect(seen[0]?.headers).toMatchObject({ 'x-other': '1' });
  const shown = JSON.stringify(seen);
  expect(shown).not.toContain(key);
  expect(shown).not.toContain('sk-upstream');
});

test('a hook learns of the request what metrics would', async () => {
  await call('/v1/chat/completions', CHAT, { 'x-request-id': 'mine' });
  const facts = {
    id: 'mine',
    surface: 'openai-chat',
    operation: 'chat',
    client: 'ci',
    team: 'core',
    model: 'm',
    provider: 'p',
    upstreamModel: 'up',
    stream: false,
  };
  expect(seen.map(({ request, answer }) => request ?? answer)).toEqual([facts, { ...facts, status: 200 }]);
});

test('a request whose hook throws goes on, and the failure is counted', async () => {
  expect((await call('/v1/chat/completions', CHAT, { 'x-break': '1' })).status).toBe(200);
  expect(sent()).not.toHaveProperty('x-house');
  const metrics = await (await fetch(`http://127.0.0.1:${gateway.managementPort}/metrics`)).text();
  expect(metrics).toContain(
    'muxgate_plugin_errors_total{plugin="house",hook="requestHeaders",reason="threw"} 1',
  );
});

test('the auth service refuses a revision with other plugins, and takes one with the same', async () => {
  const auth = await createAuthApp(variables);
  try {
    const put = (body: string) => request(auth.url, 'PUT', '/api/config', { body: { text: body } });
    const refused = await put(text.replace('./house.mjs', './other.mjs'));
    expect(refused.status).toBe(422);
    expect(refused.json).toMatchObject({
      mistakes: [{ path: 'plugins', message: expect.stringContaining('restart') as string }],
    });
    expect((await put(`${text}\nrouter: { default: m }`)).status).toBeLessThan(300);
  } finally {
    await auth.close();
  }
});

test.each([
  ['gateway', createGateway],
  ['auth service', createAuthApp],
  ['worker', startWorker],
])('the %s does not start with a plugin that cannot be loaded', async (_, start) => {
  const file = join(await temporaryDirectory(), 'muxgate.yaml');
  await writeFile(file, 'version: 1\nplugins: [./gone.mjs, ./lost.mjs]');
  await expect(start({ ...variables, MUXGATE_CONFIG: file })).rejects.toMatchObject({
    code: 'config_invalid',
    problems: [
      expect.stringContaining('plugins[0]: "./gone.mjs"'),
      expect.stringContaining('plugins[1]: "./lost.mjs"'),
    ],
  });
});
