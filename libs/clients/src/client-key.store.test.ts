import { randomBytes } from 'node:crypto';
import { KeyRing } from '@muxgate/vault';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../../test/support/redis.ts';
import { hashClientKey, isMistyped } from './client-key.js';
import { ClientKeyStore } from './client-key.store.js';
import { CLIENT_KEY_EVENTS } from './keys.js';
import { TeamStore } from './team.store.js';

let server: TestRedis;
let redis: Redis;
let now = 1_800_000_000_000;
let store: ClientKeyStore;

const key = (kid: string): string => `${kid}:${randomBytes(32).toString('base64')}`;
const OLD = key('old');
const NEW = key('new');
const ring = KeyRing.parse(OLD);

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
beforeEach(async () => {
  await redis.flushall();
  store = new ClientKeyStore(redis, ring, () => now);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

describe('a client key', () => {
  it('is mxg_, 256 random bits and a checksum, found by its hash, and nowhere in Redis, nor is its bare hash', async () => {
    const { key, client } = await store.create({ name: 'ci', team: 'platform', models: ['a'] });
    expect(key).toMatch(/^mxg_[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}$/);
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
    for (const content of dump)
      for (const secret of [key.slice(4), hashClientKey(key)]) expect(content.includes(secret)).toBe(false);
  });

  it('is not found once it has expired, while the list still shows it', async () => {
    const { key, client } = await store.create({ name: 'short', expiresAt: now + 1000 });
    expect(await store.findByHash(hashClientKey(key))).toBeDefined();
    const later = new ClientKeyStore(redis, ring, () => now + 1000);
    expect(await later.findByHash(hashClientKey(key))).toBeUndefined();
    expect(await later.get(client.id)).toEqual(client);
  });

  it('is gone everywhere once revoked, and gateways are told', async () => {
    const heard: string[] = [];
    const subscriber = new Redis(server.url);
    await subscriber.subscribe(CLIENT_KEY_EVENTS);
    subscriber.on('message', (_channel, message) => heard.push(message));
    const { key, client } = await store.create({ name: 'x' });
    const hash = store.hasher.hash(hashClientKey(key));
    expect(await store.revoke(client.id)).toBe(true);
    expect(await store.revoke(client.id)).toBe(false);
    expect(await store.findByHash(hashClientKey(key))).toBeUndefined();
    expect(await store.get(client.id)).toBeUndefined();
    expect((await store.list()).items).toEqual([]);
    await expect
      .poll(() => heard.map((message) => JSON.parse(message) as unknown))
      .toEqual([
        { hashes: [hash], version: 1 },
        { hashes: [hash], version: 2 },
      ]);
    subscriber.disconnect();
  });

  it.each([
    ['one letter', (made: string) => made.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))],
    ['a swap', (made: string) => made.slice(0, 4) + made[5] + made[4] + made.slice(6)],
  ])('mistyped by %s is known to be so, without asking anyone', async (_how, mistype) => {
    let made = '';
    do made = (await store.create({ name: 'typed' })).key;
    while (mistype(made) === made);
    expect([isMistyped(made), isMistyped(mistype(made))]).toEqual([false, true]);
  });

  it('of another form has no checksum to be wrong', () => {
    expect(['mxg_given', `mxg_${'a'.repeat(43)}`, 'sk-ant-1'].map(isMistyped)).toEqual([false, false, false]);
  });

  it('changes in what is given and keeps the rest, also when two change it at once', async () => {
    const { key, client } = await store.create({ name: 'x', team: 'a', models: ['m'] });
    await Promise.all([
      store.update(client.id, { team: undefined }),
      store.update(client.id, { limits: { requestsPerMinute: 3 } }),
    ]);
    const changed = await store.findByHash(hashClientKey(key));
    expect(changed).toMatchObject({ name: 'x', models: ['m'], limits: { requestsPerMinute: 3 } });
    expect(changed?.team).toBeUndefined();
    expect(await store.update('key_none', { name: 'y' })).toBeUndefined();
  });

  it('is not found while it is disabled', async () => {
    const { key, client } = await store.create({ name: 'x' });
    await store.update(client.id, { disabled: true });
    expect(await store.findByHash(hashClientKey(key))).toBeUndefined();
    await store.update(client.id, { disabled: undefined });
    expect(await store.findByHash(hashClientKey(key))).toMatchObject({ id: client.id });
  });

  it('rotates: the one before is valid until the overlap ends, and the client stays the same', async () => {
    const { key: first, client } = await store.create({ name: 'x' });
    const rotated = await store.rotate(client.id, 1_000);
    const second = rotated?.key ?? '';
    const find = async (made: string) => (await store.findByHash(hashClientKey(made)))?.id;
    expect([await find(first), await find(second)]).toEqual([client.id, client.id]);
    expect((await store.all(10)).keys).toHaveLength(2);
    now += 1_000;
    expect([await find(first), await find(second)]).toEqual([undefined, client.id]);
    await store.rotate(client.id, 0);
    expect([await find(first), await find(second)]).toEqual([undefined, undefined]);
    expect((await store.all(10)).keys).toHaveLength(1);
    expect(await store.rotate('key_none', 0)).toBeUndefined();
  });

  it('outlives the rotation of the key ring, once a process with the new ring has started', async () => {
    const { key: made, client } = await store.create({ name: 'x' });
    await new ClientKeyStore(redis, KeyRing.parse(`${NEW},${OLD}`)).all(1);
    const later = new ClientKeyStore(redis, KeyRing.parse(NEW));
    expect(await later.findByHash(hashClientKey(made))).toMatchObject({ id: client.id });
    const stranger = new ClientKeyStore(redis, KeyRing.parse(key('other')));
    await expect(stranger.findByHash(hashClientKey(made))).rejects.toThrow(/does not open/);
  });

  it('that an older version stored by its bare hash is taken over, once', async () => {
    const client = { id: 'key_0old', name: 'old', mayPin: false, createdAt: 1 };
    const sha256 = hashClientKey('mxg_old');
    await redis.hset('muxgate:{clients}:records', sha256, JSON.stringify(client));
    await redis.hset('muxgate:{clients}:hashes', client.id, sha256);
    await redis.zadd('muxgate:{clients}:order', 0, client.id);
    const adopted = await Promise.all([store.adoptPlainHashes(), store.adoptPlainHashes()]);
    expect(adopted[0] + adopted[1]).toBe(1);
    expect(await store.findByHash(sha256)).toEqual(client);
    expect((await store.list()).items).toEqual([client]);
    expect(await redis.exists('muxgate:{clients}:records', 'muxgate:{clients}:hashes')).toBe(0);
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

  it('of all pairs every client with the stored hash of its key, and says of which version it is', async () => {
    const { key: made, client } = await store.create({ name: 'a' });
    const hash = store.hasher.hash(hashClientKey(made));
    expect(await store.all(10)).toEqual({ version: 1, keys: [{ hash, client }] });
  });
});

describe('teams', () => {
  it('are kept by name, and every change is told and counted', async () => {
    const teams = new TeamStore(redis);
    await teams.put({ name: 'b', models: ['m'] });
    await teams.put({ name: 'a' });
    expect([...(await teams.all()).keys()]).toEqual(['a', 'b']);
    expect(await teams.get('b')).toEqual({ name: 'b', models: ['m'] });
    expect([await teams.remove('b'), await teams.remove('b')]).toEqual([true, false]);
    expect(await teams.get('b')).toBeUndefined();
    expect(await store.version()).toBe(3);
  });

  it('lose nothing when several change one at once, and do not come back when one is removed meanwhile', async () => {
    const teams = new TeamStore(redis);
    await teams.put({ name: 'busy' });
    const changes = [
      { models: ['m'] },
      { providers: ['p'] },
      { limits: { requestsPerMinute: 1 } },
      { labels: { a: 'b' } },
    ];
    await Promise.all(
      changes.map((change) => teams.update('busy', (team) => ({ ...team, ...change, name: 'busy' }))),
    );
    expect(await teams.get('busy')).toEqual(Object.assign({ name: 'busy' }, ...changes));
    const whileRemoved = teams.update('busy', (team) => {
      void teams.remove('busy');
      return team;
    });
    expect([await whileRemoved, await teams.get('busy')]).toEqual([undefined, undefined]);
  });
});
