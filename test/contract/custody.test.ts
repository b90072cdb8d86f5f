import { randomBytes } from 'node:crypto';
import { KeyRing } from '@muxgate/vault';
import {
  compactDecrypt,
  CompactEncrypt,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, connect, OPERATOR, startAuthWorld, type AuthWorld } from './auth-harness.ts';

let world: AuthWorld;
let other: AuthWorld;
const operator = await generateKeyPair('ECDH-ES+A256KW', { extractable: true });

beforeAll(async () => {
  [world, other] = await Promise.all([startAuthWorld(), startAuthWorld()]);
  await connect(world, 'mine');
  await world.call('PUT', '/api/credentials/vendor', { body: { value: 'sk-a-key-of-a-vendor' } });
});
afterAll(() => Promise.all([world.stop(), other.stop()]));

interface Line {
  readonly type: string;
  readonly credential: string;
  readonly jwe: string;
  readonly [more: string]: unknown;
}
const linesOf = (text: string): Line[] =>
  text
    .trim()
    .split('\n')
    .map((one) => JSON.parse(one) as Line);

async function exportTo(publicKey: unknown, credentials?: string[]): Promise<Line[]> {
  const answer = await world.call('POST', '/api/credentials/export', {
    body: { publicKey, ...(credentials ? { credentials } : {}) },
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toContain('application/x-ndjson');
  return linesOf(answer.text);
}

const publicJwk = () => exportJWK(operator.publicKey);
const items = (lines: Line[]) => lines.filter(({ type }) => type === 'credential');

describe('an export', () => {
  it('seals every credential to the public key, and opens with the private one alone', async () => {
    const lines = await exportTo(await publicJwk());
    expect(lines.map(({ type }) => type)).toEqual(['header', 'credential', 'credential', 'end']);
    expect(lines.at(-1)).toMatchObject({ exported: 2, skipped: 0 });
    const contents = await Promise.all(
      items(lines).map(async ({ jwe }) => {
        const { plaintext, protectedHeader } = await compactDecrypt(jwe, operator.privateKey);
        expect(protectedHeader).toMatchObject({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM' });
        return JSON.parse(new TextDecoder().decode(plaintext)) as Record<string, unknown>;
      }),
    );
    expect(contents[0]).toMatchObject({
      credential: 'mine',
      kind: 'oauth',
      provider: 'sandbox',
      clientId: 'muxgate',
    });
    expect(contents[0]).toHaveProperty('tokenSet.refreshToken');
    expect(contents[1]).toMatchObject({
      credential: 'vendor',
      kind: 'api-key',
      value: 'sk-a-key-of-a-vendor',
    });
  });

  it('takes PEM text, and names of what is wanted; what is not there is named', async () => {
    const lines = await exportTo(await exportSPKI(operator.publicKey), ['vendor', 'nobody']);
    expect(items(lines).map(({ credential }) => credential)).toEqual(['vendor']);
    expect(lines).toContainEqual({ type: 'skipped', credential: 'nobody', reason: 'credential_not_found' });
  });

  it.each([
    ['a private key', async () => exportJWK(operator.privateKey), /private key/],
    ['no key', async () => ({ kty: 'EC' }), /must be a public key/],
    ['an RSA key', async () => ({ kty: 'RSA', n: 'AQAB', e: 'AQAB' }), /must be a public key/],
    ['other text', async () => 'secret', /must be a public key/],
  ])('refuses %s', async (_name, key, reason) => {
    const answer = await world.call('POST', '/api/credentials/export', { body: { publicKey: await key() } });
    expect(answer.status).toBe(400);
    expect(answer.json.detail).toMatch(reason);
  });

  it('is for admins, and is in the audit log with whom it was for', async () => {
    const body = { publicKey: await publicJwk() };
    for (const [method, path] of [
      ['POST', '/api/credentials/export'],
      ['POST', '/api/credentials/import'],
      ['GET', '/api/credentials/import-key'],
      ['POST', '/api/vault/rewrap'],
      ['POST', '/api/oauth/tokens/reap'],
    ] as const) {
      const sent = method === 'POST' ? { body } : {};
      expect((await world.call(method, path, { ...sent, token: OPERATOR })).status).toBe(403);
    }
    const [header] = await exportTo(body.publicKey, ['vendor']);
    const { items: records } = (await world.call('GET', '/api/audit?limit=1')).json;
    expect(records[0]).toMatchObject({
      action: 'credential.export',
      actor: 'root',
      subject: 'vendor',
      details: { recipient: header?.['recipient'] },
    });
  });
});

describe('an import', () => {
  const importInto = async (lines: Line[], options: object = {}) =>
    (await other.call('POST', '/api/credentials/import', { body: { ...options, items: items(lines) } })).json;
  const importKey = async (): Promise<JWK> =>
    (await other.call('GET', '/api/credentials/import-key')).json.publicKey;

  it('moves credentials: sealed to the other cluster, opened there, and no token in the open on the way', async () => {
    const lines = await exportTo(await importKey());
    const dry = await importInto(lines, { dryRun: true });
    expect(dry).toEqual({
      dryRun: true,
      items: [
        { credential: 'mine', outcome: 'imported' },
        { credential: 'vendor', outcome: 'imported' },
      ],
    });
    expect((await other.call('GET', '/api/oauth/tokens/mine')).status).toBe(404);

    expect((await importInto(lines)).items).toEqual(dry.items);
    const [here, there] = await Promise.all(
      [world, other].map(async (one) => (await one.call('GET', '/api/oauth/tokens/mine')).json),
    );
    expect(there).toMatchObject({ provider: 'sandbox', scopes: here.scopes, connectedAt: here.connectedAt });
    expect(there.expiresAt).toBe(here.expiresAt);
    expect((await other.call('GET', '/api/credentials/vendor')).json).toMatchObject({ credential: 'vendor' });

    expect((await importInto(lines)).items).toEqual([
      { credential: 'mine', outcome: 'skipped', reason: 'exists' },
      { credential: 'vendor', outcome: 'skipped', reason: 'exists' },
    ]);
    expect((await importInto(lines, { onConflict: 'replace' })).items).toEqual([
      { credential: 'mine', outcome: 'replaced' },
      { credential: 'vendor', outcome: 'replaced' },
    ]);
    expect(world.logs.concat(other.logs).join()).not.toContain('sk-a-key-of-a-vendor');
    const { items: audit } = (await other.call('GET', '/api/audit')).json;
    expect(audit[0]).toMatchObject({ action: 'credential.import', details: { outcome: 'replaced' } });
  });

  it('refuses what was sealed to another, moved to another id, or holds something else', async () => {
    const key = await importKey();
    const [mine] = items(await exportTo(key, ['mine']));
    const seal = async (content: string) =>
      new CompactEncrypt(new TextEncoder().encode(content))
        .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM' })
        .encrypt(await importJWK(key, 'ECDH-ES+A256KW'));
    const lines = [
      ...items(await exportTo(await publicJwk(), ['mine'])),
      { ...mine, credential: 'moved' },
      { ...mine, jwe: await seal('{"version":1,"kind":"oauth","credential":"mine"}') },
      { ...mine, jwe: 'no.jwe' },
    ] as Line[];
    expect((await importInto(lines)).items.map(({ reason }: { reason: string }) => reason)).toEqual([
      'not_sealed_to_this_cluster',
      'credential_differs',
      'content_not_understood',
      'not_sealed_to_this_cluster',
    ]);
  });

  it('refuses everything when its key is gone, with a code for it', async () => {
    await other.redis.del('muxgate:import-key');
    const answer = await other.call('POST', '/api/credentials/import', {
      body: { items: [{ credential: 'mine', jwe: 'x' }] },
    });
    expect([answer.status, answer.json.code]).toEqual([409, 'import_key_unknown']);
  });
});

describe('the reaper', () => {
  const reap = async (body: object) => (await world.call('POST', '/api/oauth/tokens/reap', { body })).json;
  const died = (days: number) =>
    world.redis.hset('muxgate:{c:dead}:access', {
      status: 'reauthorization_required',
      errorCode: 'invalid_grant',
      errorMessage: '',
      errorAt: Date.now() - days * 86_400_000,
    });

  it('says what it would remove and why, removes just that when told to, and leaves a record', async () => {
    await connect(world, 'dead');
    await died(29);
    expect((await reap({})).items).toEqual([]);
    await died(31);
    const found = { credential: 'dead', provider: 'sandbox', reason: 'reauthorization_required' };
    expect(await reap({})).toMatchObject({
      dryRun: true,
      more: false,
      items: [{ ...found, outcome: 'would_remove' }],
    });
    expect((await world.call('GET', '/api/oauth/tokens/dead')).status).toBe(200);
    expect((await reap({ dryRun: false })).items).toMatchObject([{ ...found, outcome: 'removed' }]);
    expect((await world.call('GET', '/api/oauth/tokens/dead')).status).toBe(404);
    expect((await world.call('GET', '/api/oauth/tokens/mine')).status).toBe(200);
    const { items: audit } = (await world.call('GET', '/api/audit?limit=1')).json;
    expect(audit[0]).toMatchObject({ action: 'credential.reap', subject: 'dead', actor: 'root' });
  });
});

describe('keys', () => {
  it('are listed with what each seals, by id alone', async () => {
    const { json, text } = await world.call('GET', '/api/vault/keys', { token: ADMIN });
    const k1 = { kid: 'k1', seals: true, held: true, since: expect.any(String) as string };
    expect(json.access.keys).toEqual([{ ...k1, envelopes: 2 }]);
    expect(json.refresh.keys).toEqual([{ ...k1, envelopes: 1 }]);
    const age = Date.now() - Date.parse(json.access.keys[0].since as string);
    expect(age).toBeGreaterThanOrEqual(0);
    expect(age).toBeLessThan(600_000);
    expect(text).not.toContain(world.accessKey.slice(3));
  });

  it('that cannot open what is there keep a replica from starting, by name', async () => {
    const start = async (env: Record<string, string>) => {
      const replica = await startAuthWorld({ env: { REDIS_URL: world.redisServer.url, ...env } });
      await replica.stop();
    };
    const ring = (kid: string) => `${kid}:${randomBytes(32).toString('base64')}`;
    await expect(
      start({ MUXGATE_ACCESS_KEYS: ring('k1'), MUXGATE_REFRESH_KEYS: world.refreshKey }),
    ).rejects.toThrow(/MUXGATE_ACCESS_KEYS: the key "k1" is another than the one/);
    await expect(
      start({ MUXGATE_ACCESS_KEYS: world.accessKey, MUXGATE_REFRESH_KEYS: ring('k2') }),
    ).rejects.toThrow(/MUXGATE_REFRESH_KEYS: the key "k1" is missing, and 1 envelopes/);
    expect(KeyRing.parse(world.accessKey).kids).toEqual(['k1']);
    await start({
      MUXGATE_ACCESS_KEYS: `${ring('k2')},${world.accessKey}`,
      MUXGATE_REFRESH_KEYS: world.refreshKey,
    });
  });

  it('change by a rewrap that the worker does: asked for, it is queued, and asked again it is the same', async () => {
    expect((await world.call('GET', '/api/vault/rewrap')).json.code).toBe('rewrap_not_found');
    const first = await world.call('POST', '/api/vault/rewrap');
    expect([first.status, first.json.status, first.json.total]).toEqual([202, 'queued', 2]);
    expect((await world.call('POST', '/api/vault/rewrap')).json.id).toBe(first.json.id);
    expect((await world.call('GET', '/api/vault/rewrap')).json.requestedBy).toBe('root');
  });
});
