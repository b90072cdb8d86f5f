import { createHash, randomBytes } from 'node:crypto';
import { StoredKeys, KeyRing } from '@muxgate/vault';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { eventually } from '../support/wait.ts';
import { OPERATOR, startAuthWorld, type AuthWorld } from './auth-harness.ts';
import {
  ACCESS_KEYS,
  json,
  post,
  startGateway,
  startUpstream,
  yamlFor,
  type FakeUpstream,
  type TestGateway,
} from './gateway.support.ts';

const VALUE = `sk-${randomBytes(24).toString('hex')}`;

describe('/api/credentials', () => {
  let world: AuthWorld;
  beforeAll(async () => {
    world = await startAuthWorld();
  });
  afterAll(() => world.stop());

  const put = (id: string, value: unknown) =>
    world.call('PUT', `/api/credentials/${id}`, { token: OPERATOR, body: { value } });

  it('stores a key that is never read back: by id, in the list, in Redis, in a log line', async () => {
    const stored = await put('vendor', VALUE);
    expect(stored.status).toBe(200);
    const view = {
      credential: 'vendor',
      generation: 1,
      fingerprint: createHash('sha256').update(VALUE).digest('hex').slice(0, 8),
      createdAt: expect.stringMatching(/Z$/),
      createdBy: 'ops',
      updatedAt: expect.stringMatching(/Z$/),
      updatedBy: 'ops',
    };
    expect(stored.json).toEqual(view);
    const one = await world.call('GET', '/api/credentials/vendor');
    expect(one.json).toEqual(view);
    const list = await world.call('GET', '/api/credentials');
    expect(list.json).toEqual({ items: [view] });
    const audit = await world.call('GET', '/api/audit');
    expect(audit.json.items[0]).toMatchObject({
      action: 'stored-key.put',
      subject: 'vendor',
      actor: 'ops',
      details: { generation: 1 },
    });
    const names = await world.redis.keys('*');
    const dumps = await Promise.all(names.map((name) => world.redis.dumpBuffer(name)));
    expect(dumps.length).toBeGreaterThan(1);
    for (const dump of dumps) expect(dump.includes(VALUE.slice(3))).toBe(false);
    const said = [stored, one, list, audit].map(({ text }) => text).concat(world.logs);
    for (const text of said) expect(text).not.toContain(VALUE.slice(3));
  });

  it('another value is a new generation, and says who changed it and when; the first days stay', async () => {
    const first = await put('changing', VALUE);
    const second = await world.call('PUT', '/api/credentials/changing', { body: { value: 'short' } });
    expect(second.json).toMatchObject({ generation: 2, createdBy: 'ops', updatedBy: 'root' });
    expect(second.json.createdAt).toBe(first.json.createdAt);
    // eight digits of a hash of five characters would give them away
    expect(second.json).not.toHaveProperty('fingerprint');
  });

  it('forgets a key, and one that is stored again is a later generation', async () => {
    await put('leaving', VALUE);
    expect((await world.call('DELETE', '/api/credentials/leaving')).status).toBe(204);
    expect((await world.call('GET', '/api/credentials/leaving')).status).toBe(404);
    const again = await world.call('DELETE', '/api/credentials/leaving');
    expect([again.status, again.json.code]).toEqual([404, 'credential_not_found']);
    expect((await put('leaving', VALUE)).json).toMatchObject({ generation: 3 });
    expect(await world.redis.ttl('muxgate:{k:leaving}:key')).toBe(-1);
  });

  it.each([
    ['an id that no credential can have', 'a%20b', VALUE, /credential: must be 1 to 128/],
    ['an empty value', 'bad', '', /value/],
    ['a value with the line break of a file', 'bad', `${VALUE}\n`, /printable ASCII/],
    ['a number', 'bad', 7, /value/],
    ['a value beyond any key', 'bad', 'x'.repeat(8193), /8192/],
  ])('refuses %s', async (_name, id, value, says) => {
    const answer = await put(id, value);
    expect([answer.status, answer.json.code]).toEqual([400, 'validation_failed']);
    expect(answer.json.detail).toMatch(says);
    expect(answer.text).not.toContain(VALUE);
  });

  it('pages in the order of ids', async () => {
    for (const id of ['p1', 'p2', 'p3']) await put(id, VALUE);
    const first = await world.call('GET', '/api/credentials?limit=2&cursor=p0');
    expect(first.json.items.map((item: { credential: string }) => item.credential)).toEqual(['p1', 'p2']);
    const second = await world.call('GET', `/api/credentials?limit=2&cursor=${first.json.nextCursor}`);
    expect(second.json.items[0]).toMatchObject({ credential: 'p3' });
  });
});

describe('auth: storedKey', () => {
  let redis: TestRedis;
  let upstream: FakeUpstream;
  let gateway: TestGateway;
  let store: StoredKeys;

  beforeAll(async () => {
    redis = await startRedis();
    upstream = await startUpstream(json(200, { ok: true }));
    const providers = [
      ['anthropic', 'protocol: anthropic-messages', ''],
      ['openai', 'protocol: openai-chat', '/v1'],
      ['azure', 'preset: azure-openai', '/openai/v1'],
    ].map(
      ([name, kind, path]) =>
        `  - { name: ${name}-stored, ${kind}, baseUrl: "${upstream.url}${path}", auth: { type: storedKey, credential: vendor }, allowPrivateNetwork: true }`,
    );
    const yaml = yamlFor(upstream.url)
      .replace('models:\n', `${providers.join('\n')}\nmodels:\n`)
      .concat(
        ['anthropic', 'openai', 'azure']
          .map((name) => `  - { name: ${name}, targets: [{ provider: ${name}-stored, model: up }] }`)
          .join('\n'),
      );
    gateway = await startGateway(redis.url, yaml, { tuning: { credentialRereadMs: 200 } });
    store = new StoredKeys(gateway.redis, KeyRing.parse(ACCESS_KEYS));
  });
  afterAll(async () => {
    await gateway.shutDown();
    await upstream.close();
    await redis.stop();
  });

  const ask = (model: string, path = '/v1/messages') =>
    post(`${gateway.url}${path}`, `{"model":"${model}","messages":[]}`, { 'x-api-key': gateway.key });
  const sent = () => upstream.received.at(-1)?.headers;

  it('without the key is 503 api_error that no client retries, and the key helps within a second', async () => {
    const answer = await ask('anthropic');
    expect(answer.status).toBe(503);
    expect(answer.headers['x-should-retry']).toBe('false');
    expect(JSON.parse(answer.text)).toMatchObject({
      error: { type: 'api_error', message: expect.stringContaining('vendor') },
    });
    await store.put('vendor', 'sk-one', 'test');
    await eventually(async () => (await ask('anthropic')).status === 200, 1_000);
  });

  it('puts the key where the protocol, or the preset, wants it', async () => {
    await ask('anthropic');
    expect(sent()).toMatchObject({ 'x-api-key': 'sk-one' });
    expect(sent()).not.toHaveProperty('authorization');
    await ask('openai', '/v1/chat/completions');
    expect(sent()).toMatchObject({ authorization: 'Bearer sk-one' });
    await ask('azure', '/v1/chat/completions');
    expect(sent()).toMatchObject({ 'api-key': 'sk-one' });
  });

  it('uses another value within a second, also when its message is lost', async () => {
    await store.put('vendor', 'sk-two', 'test');
    await eventually(async () => {
      await ask('anthropic');
      expect(sent()).toMatchObject({ 'x-api-key': 'sk-two' });
    }, 1_000);
    await gateway.redis.client('KILL', 'TYPE', 'pubsub');
    await store.put('vendor', 'sk-three', 'test');
    await eventually(async () => {
      await ask('anthropic');
      expect(sent()).toMatchObject({ 'x-api-key': 'sk-three' });
    }, 2_000);
  });

  it('serves from memory while Redis is frozen', async () => {
    redis.freeze();
    for (let i = 0; i < 3; i++) expect((await ask('anthropic')).status).toBe(200);
    redis.thaw();
  });

  it('is not sent any more once it is removed', async () => {
    await store.remove('vendor');
    await eventually(async () => expect((await ask('anthropic')).status).toBe(503), 1_000);
  });

  it('does not open under another id: the envelope is bound to its own', async () => {
    await store.put('mine', 'sk-mine', 'test');
    await gateway.redis.copy('muxgate:{k:mine}:key', 'muxgate:{k:stolen}:key');
    await expect(store.read('stolen')).rejects.toThrow(/does not open/);
    expect(await store.read('mine')).toMatchObject({ value: 'sk-mine' });
  });
});
