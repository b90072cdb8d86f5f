import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CredentialVault, KeyRing, open } from '@muxgate/vault';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { browse, postJson } from '../contract/sandbox-client.ts';
import { callGateway, sandboxCredential, succeeded } from '../support/calls.ts';
import { startStack, type RunningStack } from '../support/processes.ts';
import { startRedis } from '../support/redis.ts';
import { eventually } from '../support/wait.ts';

interface Connected {
  readonly secrets: string[];
  readonly answers: string[];
}

/** Connects as a browser would and keeps what must never be seen again: code, state and PKCE verifier. */
async function connect(stack: RunningStack, redis: Redis): Promise<Connected> {
  const { body } = await stack.admin('POST', '/api/oauth/authorize', { provider: 'sandbox' });
  const { url, state } = body as { url: string; state: string };
  const id = createHash('sha256').update(state).digest('hex');
  const sealed = (await redis.get(`muxgate:oauth:transaction:${id}`)) ?? '';
  const transaction = JSON.parse(
    open(KeyRing.parse(stack.keyRings.refresh), sealed, {
      purpose: 'transaction',
      credential: id,
      provider: '',
      generation: 0,
    }),
  ) as { verifier: string };
  const redirect = await browse(url, `${stack.auth.url}/api/oauth/callback`);
  const page = await (await fetch(redirect)).text();
  expect(page).toContain('onnected');
  const code = redirect.searchParams.get('code') ?? '';
  expect(code.length).toBeGreaterThan(20);
  return { secrets: [code, state, transaction.verifier], answers: [page] };
}

/** The token set that is stored now, in the open. */
async function tokensOf(stack: RunningStack, redis: Redis): Promise<string[]> {
  const rings = {
    accessRing: KeyRing.parse(stack.keyRings.access),
    refreshRing: KeyRing.parse(stack.keyRings.refresh),
  };
  const grant = await new CredentialVault(redis, rings).readAccess('sandbox');
  const [generation, refresh] = await Promise.all([
    redis.hget('muxgate:{c:sandbox}:access', 'generation'),
    redis.hget('muxgate:{c:sandbox}:refresh', 'refresh'),
  ]);
  const context = {
    purpose: 'refresh',
    credential: 'sandbox',
    provider: 'sandbox',
    generation: Number(generation),
  } as const;
  return [grant?.accessToken ?? '', open(rings.refreshRing, refresh ?? '', context)];
}

it('no token, code, verifier, key or client secret is ever seen in Redis, logs, metrics or answers', async () => {
  const redisServer = await startRedis();
  const seen: string[] = [];
  const monitor = await new Redis(redisServer.url).monitor();
  monitor.on('monitor', (_time: string, args: string[]) => seen.push(args.join(' ')));
  const redis = new Redis(redisServer.url);
  const stack = await startStack({
    redis: redisServer,
    tokenSeconds: 8,
    connect: false,
    env: { gateway: { LOG_LEVEL: 'trace' }, auth: { LOG_LEVEL: 'trace' }, worker: { LOG_LEVEL: 'trace' } },
  });

  const { secrets, answers } = await connect(stack, redis);
  const created = await stack.admin('POST', '/api/keys', { name: 'scanned' });
  const { key, id } = created.body as { key: string; id: string };
  secrets.push(key, stack.clientKey, stack.adminToken);
  secrets.push(
    ...[stack.keyRings.access, stack.keyRings.refresh].map((ring) => ring.split(':')[1] as string),
  );
  secrets.push(...(await tokensOf(stack, redis)));
  expect(succeeded(await callGateway({ ...stack, clientKey: key }))).toBe(true);
  const { generation } = await sandboxCredential(stack);
  await eventually(async () => (await sandboxCredential(stack)).generation > generation, 15_000);
  secrets.push(...(await tokensOf(stack, redis)));

  // faults speak more than success: a refused token, a vendor that answers nonsense, a client that is unknown
  await postJson(`${stack.sandbox.url}/sandbox/access-tokens/revoke`, {});
  answers.push((await callGateway(stack)).text);
  await postJson(`${stack.sandbox.url}/sandbox/token-endpoint`, { mode: 'html', count: 2 });
  await stack.admin('POST', '/api/oauth/tokens/sandbox/refresh');
  for (const fail of ['reset', 'html', 'mid-stream-error'])
    answers.push((await callGateway(stack, { headers: { 'x-sandbox-fail': fail } })).text);
  secrets.push('mxg_unknownkeyofsomebodyelse0123456789abcdefghij');
  answers.push((await callGateway({ ...stack, clientKey: secrets.at(-1) as string })).text);
  for (const path of [
    '/api/oauth/tokens',
    '/api/oauth/tokens/sandbox',
    '/api/oauth/providers',
    '/api/keys',
    `/api/keys/${id}`,
    '/api/audit',
    '/openapi.json',
  ]) {
    answers.push(JSON.stringify((await stack.admin('GET', path)).body));
  }
  for (const service of [stack.gateway, stack.auth, stack.worker]) {
    answers.push(
      await (await fetch(`${service.managementUrl}/metrics`)).text(),
      await (await fetch(`${service.managementUrl}/readyz`)).text(),
    );
  }
  await stack.admin('DELETE', '/api/oauth/tokens/sandbox');
  await delay(200);

  const places = {
    redis: seen.join('\n'),
    logs: [stack.gateway, stack.auth, stack.worker].flatMap((service) => service.logs).join('\n'),
    answers: answers.join('\n'),
  };
  expect(places.redis).toContain('muxgate:{c:sandbox}:refresh');
  expect(places.logs.length).toBeGreaterThan(1_000);
  expect(secrets.every((secret) => secret.length > 20)).toBe(true);
  for (const [place, text] of Object.entries(places)) {
    for (const [index, secret] of secrets.entries()) {
      expect(text.includes(secret), `secret ${index} in ${place}`).toBe(false);
    }
  }
  monitor.disconnect();
  redis.disconnect();
  await stack.stop();
});
