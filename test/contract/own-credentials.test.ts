import { KeyRing, StoredKeys } from '@muxgate/vault';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../support/redis.ts';
import {
  ACCESS_KEYS,
  connectCredential,
  json,
  post,
  startGateway,
  startUpstream,
  yamlFor,
  type FakeUpstream,
  type TestGateway,
} from './gateway.support.ts';

let redis: TestRedis;
let upstream: FakeUpstream;
let gateway: TestGateway;

const answer = {
  id: 'c',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
};

beforeAll(async () => {
  redis = await startRedis();
  upstream = await startUpstream();
  const at = (name: string, protocol: string, path: string, auth: string) =>
    `  - { name: ${name}, protocol: ${protocol}, baseUrl: "${upstream.url}${path}", auth: ${auth}, allowPrivateNetwork: true }`;
  const providers = [
    at('mine', 'anthropic-messages', '', '{ type: oauth, credential: "own-{client}" }'),
    at('ours', 'anthropic-messages', '', '{ type: storedKey, credential: "team-{team}" }'),
    at('through', 'anthropic-messages', '', '{ type: passthrough }'),
    at('through-chat', 'openai-chat', '/v1', '{ type: passthrough }'),
  ].join('\n');
  const models = [
    '  - { name: mine, targets: [{ provider: mine, model: up }] }',
    '  - { name: ours, targets: [{ provider: ours, model: up }] }',
    '  - { name: fallback, targets: [{ provider: mine, model: up }, { provider: open, model: up-open, priority: 2 }] }',
    '  - { name: through, targets: [{ provider: through, model: up }] }',
    '  - { name: through-chat, targets: [{ provider: through-chat, model: up }] }',
  ].join('\n');
  const yaml = `${yamlFor(upstream.url).replace('models:\n', `${providers}\nmodels:\n`)}${models}\n`;
  gateway = await startGateway(redis.url, yaml, { tuning: { credentialsHeld: 3, coolDownMs: 60_000 } });
});
afterAll(async () => {
  await gateway.shutDown();
  await upstream.close();
  await redis.stop();
});
beforeEach(() => {
  upstream.answer = json(200, answer);
  upstream.received.length = 0;
});

const ask = (model: string, headers: Record<string, string>) =>
  post(
    `${gateway.url}/v1/messages`,
    JSON.stringify({ model, max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }),
    headers,
  );
const sent = () => upstream.received.at(-1)?.headers ?? {};
const messageOf = (text: string): string =>
  (JSON.parse(text) as { error: { message: string } }).error.message;

describe('a credential id with {client} or {team}', () => {
  it('is the caller’s own: by the id of its key, which a new secret does not change, or by its team', async () => {
    const one = await gateway.keys.create({ name: 'one', team: 'red' });
    const two = await gateway.keys.create({ name: 'two', team: 'blue' });
    await connectCredential(gateway.vault, `own-${one.client.id}`, 'token-of-one');
    await connectCredential(gateway.vault, `own-${two.client.id}`, 'token-of-two');
    const stored = new StoredKeys(gateway.redis, KeyRing.parse(ACCESS_KEYS));
    await stored.put('team-red', 'sk-red', 'test');
    for (const [key, token] of [
      [one.key, 'token-of-one'],
      [two.key, 'token-of-two'],
    ] as const) {
      expect((await ask('mine', { 'x-api-key': key })).status).toBe(200);
      expect(sent()).toMatchObject({ authorization: `Bearer ${token}` });
    }
    expect((await ask('ours', { 'x-api-key': one.key })).status).toBe(200);
    expect(sent()).toMatchObject({ 'x-api-key': 'sk-red' });
    const other = await ask('ours', { 'x-api-key': two.key });
    expect(other.status).toBe(503);
    expect(messageOf(other.text)).toContain('team-blue');
    expect(upstream.received).toHaveLength(3);
  });

  it('that is not connected is 503 and says which one is, and by whom', async () => {
    const { client, key } = await gateway.keys.create({ name: 'new' });
    const refused = await ask('mine', { 'x-api-key': key });
    expect(refused.status).toBe(503);
    expect(refused.headers['x-should-retry']).toBe('false');
    expect(messageOf(refused.text)).toContain(`own-${client.id}`);
    expect(messageOf(refused.text)).toContain('ask an operator of this gateway for an invitation');
    const teamless = await ask('ours', { 'x-api-key': key });
    expect([teamless.status, messageOf(teamless.text)]).toEqual([
      503,
      expect.stringContaining('team-{team}'),
    ]);
  });

  it('that is missing is passed over where another target serves the model', async () => {
    const { key } = await gateway.keys.create({ name: 'with-fallback' });
    const served = await ask('fallback', { 'x-api-key': key });
    expect([served.status, served.headers['x-muxgate-provider']]).toEqual([200, 'open']);
  });

  it('rests alone: one caller’s 429 keeps nobody else from the target', async () => {
    const [limited, other] = await Promise.all(
      ['limited', 'other'].map((name) => gateway.keys.create({ name })),
    );
    for (const { client, key } of [limited, other] as NonNullable<typeof limited>[])
      await connectCredential(gateway.vault, `own-${client.id}`, `token-of-${key}`);
    upstream.answer = (request, res) =>
      json(request.headers.authorization?.includes(limited?.key ?? '-') ? 429 : 200, answer, {
        'retry-after': '60',
      })(request, res);
    const first = await ask('fallback', { 'x-api-key': limited?.key ?? '' });
    expect(first.headers['x-muxgate-provider']).toBe('open');
    const before = upstream.received.length;
    const second = await ask('fallback', { 'x-api-key': limited?.key ?? '' });
    expect(second.headers['x-muxgate-provider']).toBe('open');
    expect(upstream.received.length).toBe(before + 1);
    const others = await ask('fallback', { 'x-api-key': other?.key ?? '' });
    expect(others.headers['x-muxgate-provider']).toBe('mine');
  });

  it('is read again when more callers came than fit into memory', async () => {
    const keys = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const { client, key } = await gateway.keys.create({ name: `many-${index}` });
        await connectCredential(gateway.vault, `own-${client.id}`, `token-${index}`);
        return key;
      }),
    );
    for (const round of [1, 2])
      for (const [index, key] of keys.entries()) {
        expect([round, (await ask('mine', { 'x-api-key': key })).status]).toEqual([round, 200]);
        expect(sent()['authorization']).toBe(`Bearer token-${index}`);
      }
  });
});

describe('auth: passthrough', () => {
  const own = 'sk-ant-oat01-callers-own';

  it.each([
    ['Authorization', { authorization: `Bearer ${own}` }],
    ['x-api-key', { 'x-api-key': own }],
    ['both', { authorization: 'Bearer one', 'x-api-key': 'two' }],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }],
  ])('sends the caller’s %s as it came, and never the Muxgate key', async (_name, given) => {
    const answered = await ask('through', { ...given, 'x-muxgate-key': gateway.key });
    expect(answered.status).toBe(200);
    const { authorization, 'x-api-key': apiKey } = sent();
    expect({ authorization, 'x-api-key': apiKey }).toEqual({
      authorization: undefined,
      'x-api-key': undefined,
      ...given,
    });
    expect(JSON.stringify(upstream.received.at(-1)?.rawHeaders)).not.toContain(gateway.key);
    expect(sent()).not.toHaveProperty('x-muxgate-key');
  });

  it('does so to a target that speaks another protocol', async () => {
    const answered = await ask('through-chat', {
      authorization: `Bearer ${own}`,
      'x-muxgate-key': gateway.key,
    });
    expect([answered.status, JSON.parse(answered.text)]).toMatchObject([200, { type: 'message' }]);
    expect(sent()).toMatchObject({ authorization: `Bearer ${own}` });
    expect(upstream.received.at(-1)?.url).toBe('/v1/chat/completions');
  });

  it('gives back the 401 of the provider as it is', async () => {
    upstream.answer = json(401, {
      type: 'error',
      error: { type: 'authentication_error', message: 'theirs' },
    });
    const refused = await ask('through', { 'x-api-key': own, 'x-muxgate-key': gateway.key });
    expect([refused.status, messageOf(refused.text)]).toEqual([401, 'theirs']);
    expect(upstream.received).toHaveLength(1);
  });

  it.each([
    ['a key in the old place, so that nothing is left to pass', { 'x-api-key': 'KEY' }, /x-muxgate-key/],
    [
      'a key beside a credential, which could be either',
      { 'x-api-key': 'KEY', authorization: 'Bearer sk' },
      /x-muxgate-key/,
    ],
    ['no credential', { 'x-muxgate-key': 'KEY' }, /none came/],
    [
      'the key itself as the credential',
      { 'x-muxgate-key': 'KEY', authorization: 'Bearer KEY' },
      /none came/,
    ],
    [
      'the two exchanged',
      { 'x-muxgate-key': own, authorization: 'Bearer KEY' },
      /authorization holds another Muxgate/,
    ],
    [
      'another Muxgate key as the credential',
      { 'x-muxgate-key': 'KEY', 'x-api-key': 'mxg_other' },
      /x-api-key holds another/,
    ],
    ['an unknown key', { 'x-muxgate-key': 'mxg_none', 'x-api-key': own }, /not known/],
    ['an empty key', { 'x-muxgate-key': '', 'x-api-key': own }, /client key is needed/],
  ])('is 401 for %s', async (_name, headers, says) => {
    const given = Object.entries(headers).map(([name, value]) => [name, value.replace('KEY', gateway.key)]);
    const refused = await ask('through', Object.fromEntries(given) as Record<string, string>);
    expect(refused.status).toBe(401);
    expect(JSON.parse(refused.text)).toMatchObject({
      error: { type: 'authentication_error', message: expect.stringMatching(says) },
    });
    expect(refused.text).not.toContain(gateway.key);
    expect(upstream.received).toHaveLength(0);
  });

  it('is a matter of the target: elsewhere the caller’s credential stays here', async () => {
    const { status } = await ask('m', { 'x-api-key': own, 'x-muxgate-key': gateway.key });
    expect(status).toBe(200);
    expect(JSON.stringify(upstream.received.at(-1)?.rawHeaders)).not.toContain(own);
  });
});
