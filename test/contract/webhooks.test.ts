import { createHmac } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EventPublisher } from '@muxgate/events';
import type { RunningService } from '@muxgate/runtime';
import { CoolDownStore } from '@muxgate/target-health';
import { CredentialVault, KeyRing } from '@muxgate/vault';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createAuthApp, type AuthApp } from '../../services/auth/src/auth-app.ts';
import { startWorker } from '../../services/worker/src/start-worker.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { eventually } from '../support/wait.ts';
import { ADMIN, OPERATOR, request, sha256, type Answer } from './auth-harness.ts';
import {
  ACCESS_KEYS,
  connectCredential,
  json,
  REFRESH_KEYS,
  startUpstream,
  type FakeUpstream,
  type Received,
} from './gateway.support.ts';

const SECRET = `whsec_${Buffer.from('a secret of the tests').toString('base64')}`;

let redis: TestRedis;
let client: Redis;
let receiver: FakeUpstream;
let auth: AuthApp;
let worker: RunningService;
let events: EventPublisher;

const call = (method: string, path: string): Promise<Answer> =>
  request(auth.url, method, path, { token: OPERATOR });
const at = (path: string): Received[] => receiver.received.filter(({ url }) => url === path);
// oxlint-disable-next-line typescript/no-explicit-any -- bodies of several shapes
const bodyOf = (received: Received | undefined): any => JSON.parse(received?.body.toString() ?? '{}');

beforeAll(async () => {
  redis = await startRedis();
  client = new Redis(redis.url);
  receiver = await startUpstream(json(204, {}));
  const file = join(await temporaryDirectory(), 'muxgate.yaml');
  await writeFile(
    file,
    `version: 1
providers:
  - { name: shaky, protocol: openai-chat, baseUrl: "http://127.0.0.1:1", auth: { type: none } }
oauthProviders:
  - { name: idp, clientId: me, issuer: "https://idp.example" }
webhooks:
  - { name: signed, url: "${receiver.url}/signed", secret: "\${HOOK_SECRET}", allowPrivateNetwork: true }
  - { name: chat, url: "\${CHAT_URL}", format: slack, events: [budget.exhausted], allowPrivateNetwork: true }
  - { name: fenced, url: "${receiver.url}/fenced", format: slack, events: [budget.threshold] }
`,
  );
  const variables = {
    HOST: '127.0.0.1',
    PORT: '0',
    MANAGEMENT_PORT: '0',
    LOG_LEVEL: 'silent',
    MUXGATE_CONFIG: file,
    REDIS_URL: redis.url,
    MUXGATE_ACCESS_KEYS: ACCESS_KEYS,
    MUXGATE_REFRESH_KEYS: REFRESH_KEYS,
    MUXGATE_ADMIN_TOKENS: `root:admin:${sha256(ADMIN)},ops:operator:${sha256(OPERATOR)}`,
    HOOK_SECRET: SECRET,
    CHAT_URL: `${receiver.url}/chat/secret-path`,
  };
  auth = await createAuthApp(variables);
  worker = await startWorker(variables);
  events = new EventPublisher(client);
});
afterAll(async () => {
  await events.close();
  for (const step of worker.stop) await step.run();
  await auth.close();
  await receiver.close();
  client.disconnect();
  await redis.stop();
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer = json(204, {});
});

const accessKeyOf = (credential: string): string => `muxgate:{c:${credential}}:access`;

const spent = (occurrence: string) =>
  events.publish({
    type: 'budget.exhausted',
    subject: 'team <a>',
    occurrence,
    message: 'Spent & gone.',
    data: { usd: 5 },
  });

test('an event goes once to each webhook that asks for it, signed, or as chat services take it', async () => {
  await Promise.all([spent('once'), spent('once'), spent('once')]);
  await eventually(() => at('/signed').length > 0 && at('/chat/secret-path').length > 0);
  expect(receiver.received).toHaveLength(2);
  const [signed] = at('/signed');
  expect(bodyOf(signed)).toMatchObject({ type: 'budget.exhausted', subject: 'team <a>', data: { usd: 5 } });
  const {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signature,
  } = signed?.headers ?? {};
  expect(id).toBe(bodyOf(signed).id);
  const mac = createHmac('sha256', 'a secret of the tests').update(
    `${String(id)}.${String(timestamp)}.${String(signed?.body)}`,
  );
  expect(signature).toBe(`v1,${mac.digest('base64')}`);
  expect(bodyOf(at('/chat/secret-path')[0])).toEqual({
    text: '*Muxgate budget.exhausted* `team &lt;a&gt;`: Spent &amp; gone.',
  });
});

test('the verification that the page shows accepts what is sent, and nothing else', async () => {
  const page = await readFile('docs/operations/webhooks.md', 'utf8');
  const snippet = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const { verifyWebhook } = (await import(`data:text/javascript,${encodeURIComponent(snippet)}`)) as {
    verifyWebhook: (secret: string, headers: object, body: string) => boolean;
  };
  await spent('for the page');
  await eventually(() => at('/signed').length > 0);
  const { headers, body } = at('/signed')[0] as Received;
  expect(verifyWebhook(SECRET, headers, body.toString())).toBe(true);
  expect(verifyWebhook(SECRET, headers, `${body.toString()} `)).toBe(false);
  expect(verifyWebhook(`whsec_${Buffer.from('other').toString('base64')}`, headers, body.toString())).toBe(
    false,
  );
  const late = { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 600) };
  expect(verifyWebhook(SECRET, late, body.toString())).toBe(false);
});

test('a receiver that fails is tried again; one that is gone, or not public, is not, and shows', async () => {
  let calls = 0;
  const downs = () =>
    at('/signed')
      .map(bodyOf)
      .filter(({ type }) => type === 'provider.down');
  receiver.answer = (received, res) =>
    json(bodyOf(received).type === 'provider.down' && calls++ === 0 ? 500 : 204, {})(received, res);
  await events.publish({ type: 'provider.down', subject: 'p', occurrence: 'again', message: 'Down.' });
  await eventually(() => downs().length === 2, 20_000);
  expect(downs()[1]).toEqual(downs()[0]);

  receiver.answer = json(410, {});
  await events.publish({ type: 'provider.down', subject: 'p', occurrence: 'gone', message: 'Down.' });
  await eventually(async () => {
    const { json: shown, text } = await call('GET', '/api/webhooks');
    expect(shown.items[0]).toMatchObject({
      name: 'signed',
      origin: receiver.url,
      format: 'json',
      dead: [{ type: 'provider.down', subject: 'p', attempts: 1, reason: expect.stringContaining('410') }],
    });
    expect(text).not.toContain('secret-path');
    expect(text).not.toContain(SECRET);
  });
});

test('a test event is sent once and its outcome told', async () => {
  expect((await call('POST', '/api/webhooks/signed/test')).json).toMatchObject({
    delivered: true,
    status: 204,
  });
  expect(bodyOf(at('/signed')[0])).toMatchObject({ type: 'test', data: { by: 'ops' } });
  receiver.answer = json(403, {});
  expect((await call('POST', '/api/webhooks/signed/test')).json).toEqual({
    delivered: false,
    reason: 'the receiver answered with status 403',
  });
  const fenced = await call('POST', '/api/webhooks/fenced/test');
  expect(fenced.json).toMatchObject({ delivered: false });
  expect(fenced.json.reason).toContain('not reached');
  expect(at('/fenced')).toHaveLength(0);
  expect(await call('POST', '/api/webhooks/nobody/test')).toMatchObject({ status: 404 });
});

test('no job of a delivery holds a secret', async () => {
  await spent('looked at');
  await eventually(() => at('/signed').length > 0);
  const seen: string[] = [];
  for (const key of await client.keys('*'))
    seen.push(JSON.stringify([await client.type(key), await client.hgetall(key).catch(() => ({}))]));
  expect(seen.join('')).toContain('budget.exhausted');
  expect(seen.join('')).not.toContain(SECRET);
  expect(seen.join('')).not.toContain('secret-path');
});

test('a provider that keeps failing is said to be down, once, and to be back', async () => {
  const coolDowns = new CoolDownStore(client);
  const place = { provider: 'shaky', model: 'm' };
  await coolDowns.set({ ...place, until: Date.now() + 5_000, failures: 2 });
  await coolDowns.set({
    provider: 'shaky',
    model: 'n',
    credential: 'c',
    until: Date.now() + 5_000,
    failures: 9,
  });
  const down = await client.hget('muxgate:providers:down', 'shaky');
  expect(down).toBeNull();
  await coolDowns.set({ ...place, until: Date.now() + 60_000, failures: 3 });
  await eventually(() => at('/signed').length > 0);
  expect(bodyOf(at('/signed')[0])).toMatchObject({
    type: 'provider.down',
    subject: 'shaky',
    data: { models: 'm' },
  });
  await coolDowns.clearProvider('shaky');
  await eventually(() => at('/signed').length > 1);
  expect(at('/signed').map((received) => bodyOf(received).type)).toEqual([
    'provider.down',
    'provider.recovered',
  ]);
});

test('a credential that needs a person is told of', async () => {
  const rings = { accessRing: KeyRing.parse(ACCESS_KEYS), refreshRing: KeyRing.parse(REFRESH_KEYS) };
  await connectCredential(new CredentialVault(client, rings), 'idp', 'at-1');
  // as the refresh path marks it when the provider says invalid_grant
  await client.hset(accessKeyOf('idp'), {
    status: 'reauthorization_required',
    errorCode: 'invalid_grant',
    errorMessage: 'no',
    errorAt: '1',
  });
  await eventually(() => at('/signed').length > 0);
  expect(bodyOf(at('/signed')[0])).toMatchObject({
    type: 'credential.reauthorization_required',
    subject: 'idp',
    data: { provider: 'idp', code: 'invalid_grant' },
  });
});
