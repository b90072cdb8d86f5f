import { createHash } from 'node:crypto';
import { TeamStore } from '@muxgate/clients';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { eventually } from '../support/wait.ts';
import {
  json,
  post,
  startGateway,
  startUpstream,
  yamlFor,
  type FakeUpstream,
  type TestGateway,
} from './gateway.support.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

let redis: TestRedis;
let upstream: FakeUpstream;
let gateway: TestGateway;
let teams: TeamStore;

beforeAll(async () => {
  redis = await startRedis();
  upstream = await startUpstream(json(200, { ok: true }));
  const clients = `clients:
  teams: [{ name: declared, models: [same] }, { name: both, models: [m] }]
  keys:
    - { name: ci, hash: ${sha256('mxg_ci')} }
    - { name: cd, hash: ${sha256('mxg_cd')}, team: declared }
    - { name: off, hash: ${sha256('mxg_off')}, disabled: true }
    - { name: over, hash: ${sha256('mxg_over')}, expiresAt: "2020-01-01T00:00:00Z" }`;
  gateway = await startGateway(redis.url, yamlFor(upstream.url, clients), { tuning: { lastUsedMs: 50 } });
  teams = new TeamStore(gateway.redis);
});
afterAll(async () => {
  await gateway.shutDown();
  await upstream.close();
});

async function ask(
  key: string,
  model = 'm',
  headers: Record<string, string> = {},
): Promise<[number, string]> {
  const { status, text } = await post(`${gateway.url}/v1/messages`, JSON.stringify({ model, messages: [] }), {
    'x-api-key': key,
    ...headers,
  });
  return [status, (JSON.parse(text) as { error?: { type: string } }).error?.type ?? ''];
}

async function catalogueOf(key: string): Promise<string[]> {
  const answer = await fetch(`${gateway.url}/v1/models`, { headers: { 'x-api-key': key } });
  const { data } = (await answer.json()) as { data: { id: string }[] };
  return data.map(({ id }) => id);
}

const REFUSED = [401, 'authentication_error'];
const FORBIDDEN = [403, 'permission_error'];
const SERVED = [200, ''];

describe('a client key', () => {
  it('that is changed, rotated or revoked is so everywhere within a second', async () => {
    const { key, client } = await gateway.keys.create({ name: 'x' });
    expect(await ask(key)).toEqual(SERVED);
    await gateway.keys.update(client.id, { models: ['gpt'] });
    await eventually(async () => expect(await ask(key)).toEqual(FORBIDDEN), 1_000);
    await gateway.keys.update(client.id, { models: undefined, disabled: true });
    await eventually(async () => expect(await ask(key)).toEqual(REFUSED), 1_000);
    await gateway.keys.update(client.id, { disabled: undefined });
    const rotated = await gateway.keys.rotate(client.id, 1_000);
    expect(await ask(rotated?.key ?? '')).toEqual(SERVED);
    await eventually(async () => expect(await ask(key)).toEqual(SERVED), 1_000);
    await eventually(async () => expect(await ask(key)).toEqual(REFUSED), 3_000);
    await gateway.keys.revoke(client.id);
    await eventually(async () => expect(await ask(rotated?.key ?? '')).toEqual(REFUSED), 1_000);
  });

  it('is revoked also where the message about it was lost', async () => {
    const { key, client } = await gateway.keys.create({ name: 'x' });
    expect(await ask(key)).toEqual(SERVED);
    // as the store does, but without telling anyone
    await gateway.redis.hdel('muxgate:{clients}:keys', client.id);
    await gateway.redis.incr('muxgate:{clients}:version');
    await eventually(async () => expect(await ask(key)).toEqual(REFUSED), 5_000);
  });

  it('that is mistyped is told so', async () => {
    const { key } = await gateway.keys.create({ name: 'x' });
    const wrong = key.slice(0, 10) + (key[10] === 'a' ? 'b' : 'a') + key.slice(11);
    const { status, text } = await post(`${gateway.url}/v1/messages`, '{"model":"m"}', {
      'x-api-key': wrong,
    });
    expect([status, text]).toEqual([401, expect.stringContaining('mistyped')]);
  });

  it('of the configuration works by its hash, with its end and its team', async () => {
    expect(await ask('mxg_ci')).toEqual(SERVED);
    expect([await ask('mxg_cd'), await ask('mxg_cd', 'same')]).toEqual([FORBIDDEN, SERVED]);
    expect([await ask('mxg_off'), await ask('mxg_over')]).toEqual([REFUSED, REFUSED]);
  });

  it('names models with globs, in the catalogue as on requests', async () => {
    const { key } = await gateway.keys.create({ name: 'x', models: ['gpt*', 's*e'] });
    expect(await catalogueOf(key)).toEqual(['same', 'gpt', 'gpt-r']);
    expect([await ask(key), await ask(key, 'same')]).toEqual([FORBIDDEN, SERVED]);
  });

  it('may be kept from providers, also when it may pin', async () => {
    const { key } = await gateway.keys.create({ name: 'x', providers: ['chat', 'resp*'], mayPin: true });
    expect(await ask(key)).toEqual(FORBIDDEN);
    expect(await catalogueOf(key)).toEqual(['gpt', 'gpt-r']);
    const one = (name: string) =>
      fetch(`${gateway.url}/v1/models/${name}`, { headers: { 'x-api-key': key } });
    expect([(await one('m')).status, (await one('gpt')).status]).toEqual([403, 200]);
    expect(await ask(key, 'm', { 'x-muxgate-provider': 'open' })).toEqual(FORBIDDEN);
    const { key: other } = await gateway.keys.create({ name: 'y', providers: ['op*'] });
    expect(await ask(other)).toEqual(SERVED);
  });

  it('is noted as used', async () => {
    const { key, client } = await gateway.keys.create({ name: 'x' });
    const before = Date.now();
    await ask(key);
    const at = await eventually(
      async () => (await gateway.keys.lastUsed([client.id])).get(client.id) ?? false,
    );
    expect(at).toBeGreaterThanOrEqual(before);
    await ask('mxg_ci');
    await eventually(async () => (await gateway.keys.lastUsed(['file_ci'])).has('file_ci'));
  });
});

describe('a team', () => {
  it('settles what its keys do not, and a change reaches them within a second', async () => {
    const { key } = await gateway.keys.create({ name: 'x', team: 'late' });
    const { key: own } = await gateway.keys.create({ name: 'y', team: 'late', models: ['m'] });
    expect(await ask(key)).toEqual(SERVED);
    await teams.put({ name: 'late', models: ['same'] });
    await eventually(async () => expect(await ask(key)).toEqual(FORBIDDEN), 1_000);
    expect([await ask(key, 'same'), await ask(own)]).toEqual([SERVED, SERVED]);
    await teams.remove('late');
    await eventually(async () => expect(await ask(key)).toEqual(SERVED), 1_000);
  });

  it('of the configuration wins over one of the same name', async () => {
    await teams.put({ name: 'both', models: ['same'] });
    const { key } = await gateway.keys.create({ name: 'x', team: 'both' });
    expect([await ask(key), await ask(key, 'same')]).toEqual([SERVED, FORBIDDEN]);
  });
});
