import { CredentialVault, KeyRing, open } from '@muxgate/vault';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  ADMIN,
  consent,
  OPERATOR,
  request,
  sha256,
  startAuthWorld,
  type Answer,
  type AuthWorld,
} from './auth-harness.ts';

let world: AuthWorld;
beforeAll(async () => {
  world = await startAuthWorld();
});
afterAll(() => world.stop());

/** Everything that the service wrote or said, apart from the answers that are meant to hold a secret. */
const said: string[] = [];

async function call(method: string, path: string, body?: object): Promise<Answer> {
  const answer = await world.call(method, path, body === undefined ? {} : { body });
  said.push(answer.text, JSON.stringify([...answer.headers]));
  return answer;
}

async function verifierOf(state: string): Promise<string> {
  const id = sha256(state);
  const envelope = (await world.redis.get(`muxgate:oauth:transaction:${id}`)) ?? '';
  const context = { purpose: 'transaction', credential: id, provider: '', generation: 0 } as const;
  const text = open(KeyRing.parse(world.refreshKey), envelope, context);
  return (JSON.parse(text) as { verifier: string }).verifier;
}

async function dumpOfRedis(): Promise<string> {
  const names = await world.redis.keys('*');
  const values = await Promise.all(names.map((name) => textOf(name)));
  return [...names, ...values].join('\n');
}

/** In plain, since RDB dumps are compressed. */
async function textOf(name: string): Promise<string> {
  const { redis } = world;
  switch (await redis.type(name)) {
    case 'hash':
      return JSON.stringify(await redis.hgetall(name));
    case 'zset':
      return JSON.stringify(await redis.zrange(name, 0, -1));
    case 'stream':
      return JSON.stringify(await redis.xrange(name, '-', '+'));
    case 'list':
      return JSON.stringify(await redis.lrange(name, 0, -1));
    case 'set':
      return JSON.stringify(await redis.smembers(name));
    default:
      return (await redis.get(name)) ?? '';
  }
}

it('B1 B2 B6 no secret is in Redis, in a log line, in a metric or in an answer that need not hold it', async () => {
  const secrets = new Map<string, string>([
    ['admin token', ADMIN],
    ['operator token', OPERATOR],
    ['client secret', 'muxgate-confidential-secret'],
    ['access key ring', world.accessKey.slice(3)],
    ['refresh key ring', world.refreshKey.slice(3)],
  ]);

  const begun = await world.call('POST', '/api/oauth/authorize', {
    body: { provider: 'confidential', credential: 'scanned' },
  });
  secrets.set('state', begun.json.state as string);
  secrets.set('verifier', await verifierOf(begun.json.state as string));
  expect(begun.text).not.toContain(secrets.get('verifier'));
  const dumps = [await dumpOfRedis()];

  const back = await consent(begun.json.url as string);
  secrets.set('code', back.searchParams.get('code') ?? '');
  const page = await fetch(back);
  said.push(await page.text(), JSON.stringify([...page.headers]));
  expect(page.status).toBe(200);

  const created = await world.call('POST', '/api/keys', { body: { name: 'scanned' } });
  secrets.set('client key', created.json.key as string);
  dumps.push(await dumpOfRedis());

  // what goes wrong must not talk either
  await fetch(back);
  await call('POST', '/api/oauth/exchange', { redirectUrl: back.href });
  await call('POST', '/api/oauth/exchange', {
    state: begun.json.state,
    code: secrets.get('code'),
    extra: ADMIN,
  });
  await world.call('GET', `/api/keys?token=${ADMIN}`);
  await world.call('GET', `/nowhere/${ADMIN}`, { token: null });
  for (const path of [
    '/api/oauth/tokens',
    '/api/oauth/providers',
    '/api/keys',
    '/api/audit',
    '/openapi.json',
  ]) {
    await call('GET', path);
  }
  for (const path of ['/metrics', '/readyz'])
    said.push((await request(world.auth.managementUrl, 'GET', path)).text);

  const rings = { accessRing: KeyRing.parse(world.accessKey), refreshRing: KeyRing.parse(world.refreshKey) };
  const tokens = await new CredentialVault(world.redis, rings).remove('scanned');
  secrets.set('access token', tokens?.accessToken ?? '');
  secrets.set('refresh token', tokens?.refreshToken ?? '');

  const places = { redis: dumps.join('\n'), logs: world.logs.join('\n'), answers: said.join('\n') };
  expect(places.logs).toContain('credential.connect');
  expect(places.redis).toContain('scanned');
  expect(secrets.size).toBe(11);
  const unknown = [...secrets].filter(([, secret]) => secret.length < 20).map(([name]) => name);
  expect(unknown).toEqual([]);
  const found = [...secrets].flatMap(([name, secret]) =>
    Object.entries(places).flatMap(([place, text]) => (text.includes(secret) ? [`${name} in ${place}`] : [])),
  );
  expect(found).toEqual([]);
});
