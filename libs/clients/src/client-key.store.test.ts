import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../../test/support/redis.ts';
import { hashClientKey } from './client-key.js';
import { CLIENT_KEY_EVENTS, ClientKeyStore } from './client-key.store.js';

let server: TestRedis;
let redis: Redis;
let now = 1_800_000_000_000;
let store: ClientKeyStore;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
beforeEach(async () => {
  await redis.flushall();
  store = new ClientKeyStore(redis, () => now);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

describe('a client key', () => {
  it('is mxg_ and 256 random bits, found by its hash, and nowhere in Redis itself', async () => {
    const { key, client } = await store.create({ name: 'ci', team: 'platform', models: ['a'] });
    expect(key).toMatch(/^mxg_[A-Za-z0-9_-]{43}$/);
    expect(client).toMatchObject({
      name: 'ci',
      team: 'platform',
      models: ['a'],
      mayPin: false,
      createdAt: now,
    });
    expect(await store.findByHash(hashClientKey(key))).toEqual(client);
    expect(await store.get(client.id)).toEqual(client);
    const dump = await Promise.all((await redis.keys('*')).map((name) => redis.dumpBuffer(name)));
    expect(dump.length).toBeGreaterThan(0);
    for (const content of dump) expect(content.includes(key.slice(4))).toBe(false);
  });

  it('is not found once it has expired, while the list still shows it', async () => {
    const { key, client } = await store.create({ name: 'short', expiresAt: now + 1000 });
    expect(await store.findByHash(hashClientKey(key))).toBeDefined();
    const later = new ClientKeyStore(redis, () => now + 1000);
    expect(await later.findByHash(hashClientKey(key))).toBeUndefined();
    expect(await later.get(client.id)).toEqual(client);
  });

  it('is gone everywhere once revoked, and gateways are told', async () => {
    const heard: string[] = [];
    const subscriber = new Redis(server.url);
    await subscriber.subscribe(CLIENT_KEY_EVENTS);
    subscriber.on('message', (_channel, message) => heard.push(message));
    const { key, client } = await store.create({ name: 'x' });
    expect(await store.revoke(client.id)).toBe(true);
    expect(await store.revoke(client.id)).toBe(false);
    expect(await store.findByHash(hashClientKey(key))).toBeUndefined();
    expect(await store.get(client.id)).toBeUndefined();
    expect((await store.list()).items).toEqual([]);
    await expect
      .poll(() => heard.map((message) => JSON.parse(message) as unknown))
      .toEqual([
        { hash: hashClientKey(key), change: 'created' },
        { hash: hashClientKey(key), change: 'revoked' },
      ]);
    subscriber.disconnect();
  });

  it('made elsewhere is registered once, however often and at once it is asked for', async () => {
    const hash = hashClientKey('mxg_given');
    const all = await Promise.all(
      Array.from({ length: 5 }, () => store.ensure(hash, { name: 'local', mayPin: true })),
    );
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect((await store.list()).items).toHaveLength(1);
    expect(all[0]).toMatchObject({ name: 'local', mayPin: true });
  });
});

describe('the list', () => {
  it('pages through all keys, newest first, each once', async () => {
    const names = Array.from({ length: 7 }, (_, index) => `key-${index}`);
    for (const name of names) {
      await store.create({ name });
      now += 1;
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.list({ limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(names.toReversed());
  });

  it('has no next cursor on a page that is exactly full', async () => {
    await store.create({ name: 'only' });
    expect(await store.list({ limit: 1 })).not.toHaveProperty('nextCursor');
  });

  it('of all pairs every client with the hash of its key', async () => {
    const { key, client } = await store.create({ name: 'a' });
    expect(await store.all(10)).toEqual([{ hash: hashClientKey(key), client }]);
  });
});
