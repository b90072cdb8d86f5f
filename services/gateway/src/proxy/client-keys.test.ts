import { EventEmitter } from 'node:events';
import { ClientKeyStore, hashClientKey, TeamStore } from '@muxgate/clients';
import type { ConfigSnapshot } from '@muxgate/config';
import { createLogger } from '@muxgate/runtime';
import { KeyRing } from '@muxgate/vault';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import { ClientKeys } from './client-keys.js';
import { LastUsed } from './last-used.js';

const SNAPSHOT = { clients: { keys: new Map(), teams: new Map() } } as unknown as ConfigSnapshot;

let server: TestRedis;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

it('a key that is as new as its team comes with what the team forbids, before any message has come', async () => {
  const store = new ClientKeyStore(redis, KeyRing.parse(`test:${Buffer.alloc(32, 1).toString('base64')}`));
  const teams = new TeamStore(redis);
  const silent = Object.assign(new EventEmitter(), { subscribe: () => Promise.resolve() });
  const options = { checkMs: 60_000, waitMs: 1_000, unknownMs: 1_000 };
  const lastUsed = new LastUsed(store, 60_000);
  const keys = new ClientKeys(store, teams, silent, lastUsed, options, createLogger('test', 'silent'));
  await keys.start();
  await teams.put({ name: 'platform', models: ['claude-*'] });
  const { key } = await store.create({ name: 'dana', team: 'platform' });
  const { key: teamless } = await store.create({ name: 'eli', team: 'only a name' });
  expect(await keys.find(hashClientKey(key), SNAPSHOT)).toMatchObject({
    models: ['claude-*'],
    shared: { name: 'platform' },
  });
  expect(await keys.find(hashClientKey(teamless), SNAPSHOT)).not.toHaveProperty('shared');
  await keys.stop();
});
