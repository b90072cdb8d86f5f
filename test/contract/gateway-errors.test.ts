import { setTimeout as delay } from 'node:timers/promises';
import { RequestLog } from '@muxgate/usage';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { eventually } from '../support/wait.ts';
import {
  connectCredential,
  json,
  post,
  startGateway,
  startUpstream,
  yamlFor,
  type FakeUpstream,
  type RawAnswer,
  type TestGateway,
} from './gateway.support.ts';

const ANTHROPIC = '/v1/messages';
const OPENAI = '/v1/chat/completions';

describe('errors of the gateway’s own', () => {
  let redis: TestRedis;
  let upstream: FakeUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    redis = await startRedis();
    upstream = await startUpstream();
    gateway = await startGateway(redis.url, yamlFor(upstream.url), {
      tuning: { maxBodyBytes: 200_000, clientKeyCheckMs: 200, unknownKeyMs: 100, newerTokenMs: 300 },
    });
  });
  afterAll(async () => {
    await gateway?.shutDown();
    await upstream?.close();
  });
  beforeEach(() => {
    upstream.received.length = 0;
    upstream.answer = json(200, { ok: true });
  });

  const send = (path: string, body: string, headers: Record<string, string> = { 'x-api-key': gateway.key }) =>
    post(`${gateway.url}${path}`, body, headers);

  function expectAnthropicError(answer: RawAnswer, status: number, type: string): string {
    const body = JSON.parse(answer.text) as {
      type: string;
      error: { type: string; message: string };
      request_id: string;
    };
    expect(answer.status).toBe(status);
    expect(body).toMatchObject({ type: 'error', error: { type } });
    expect(body.request_id).toBe(answer.headers['x-request-id']);
    return body.error.message;
  }

  function expectOpenAi(answer: RawAnswer, status: number, type: string, code: string): string {
    const body = JSON.parse(answer.text) as { error: { message: string } };
    expect(answer.status).toBe(status);
    expect(body).toMatchObject({ error: { type, code, message: expect.any(String) } });
    expect(answer.headers['x-request-id']).toBeTruthy();
    return body.error.message;
  }

  it('are in the request log with the model that was asked for, though it has no route', async () => {
    const { headers } = await send(ANTHROPIC, '{"model":"gone-model"}');
    const log = new RequestLog(gateway.redis);
    const row = await eventually(async () => (await log.get(headers['x-request-id'] as string)) ?? false);
    expect(row).toMatchObject({
      status: 404,
      outcome: 'model_not_found',
      requestedModel: 'gone-model',
      model: 'none',
    });
    expect((await log.list({ limit: 5, text: 'GONE-model' })).items).toHaveLength(1);
  });

  describe('client keys', () => {
    it('refuses a request without a key, and an unknown one', async () => {
      expectAnthropicError(await send(ANTHROPIC, '{"model":"m"}', {}), 401, 'authentication_error');
      expectAnthropicError(
        await send(ANTHROPIC, '{"model":"m"}', { 'x-api-key': 'mxg_no' }),
        401,
        'authentication_error',
      );
      expectOpenAi(
        await send(OPENAI, '{"model":"gpt"}', { authorization: 'Bearer no' }),
        401,
        'invalid_request_error',
        'client_key_unknown',
      );
      expect(upstream.received).toHaveLength(0);
    });

    it('takes the key in x-api-key, in Authorization, and in both when they agree', async () => {
      const bearer = `Bearer ${gateway.key}`;
      for (const headers of [
        { 'x-api-key': gateway.key },
        { authorization: bearer },
        { authorization: `bearer  ${gateway.key}` },
        { 'x-api-key': gateway.key, authorization: bearer },
        { 'x-api-key': 'sk-something-else', authorization: bearer },
      ])
        expect((await send(ANTHROPIC, '{"model":"m"}', headers)).status).toBe(200);
    });

    it('refuses two different Muxgate keys', async () => {
      const { key: other } = await gateway.keys.create({ name: 'other' });
      const both = { 'x-api-key': gateway.key, authorization: `Bearer ${other}` };
      const message = expectAnthropicError(
        await send(ANTHROPIC, '{"model":"m"}', both),
        401,
        'authentication_error',
      );
      expect(message).toContain('two different client keys');
      const oneUnknown = { 'x-api-key': gateway.key, authorization: 'Bearer mxg_unknown' };
      expectAnthropicError(await send(ANTHROPIC, '{"model":"m"}', oneUnknown), 401, 'authentication_error');
    });

    it('knows a new key at once and forgets a revoked one within a second', async () => {
      const { key, client } = await gateway.keys.create({ name: 'short-lived' });
      expect((await send(ANTHROPIC, '{"model":"m"}', { 'x-api-key': key })).status).toBe(200);
      await gateway.keys.revoke(client.id);
      await eventually(
        async () => (await send(ANTHROPIC, '{"model":"m"}', { 'x-api-key': key })).status === 401,
        1_000,
      );
    });

    it('refuses a key from the moment it expires', async () => {
      const { key } = await gateway.keys.create({ name: 'brief', expiresAt: Date.now() + 400 });
      expect((await send(ANTHROPIC, '{"model":"m"}', { 'x-api-key': key })).status).toBe(200);
      await delay(450);
      expectAnthropicError(
        await send(ANTHROPIC, '{"model":"m"}', { 'x-api-key': key }),
        401,
        'authentication_error',
      );
    });

    it('forbids a model that is not on the key’s list', async () => {
      const { key } = await gateway.keys.create({ name: 'narrow', models: ['same'] });
      const headers = { 'x-api-key': key };
      expectAnthropicError(await send(ANTHROPIC, '{"model":"m"}', headers), 403, 'permission_error');
      expectOpenAi(
        await send(OPENAI, '{"model":"gpt"}', headers),
        403,
        'permission_error',
        'model_not_allowed',
      );
      expect((await send(ANTHROPIC, '{"model":"same"}', headers)).status).toBe(200);
    });
  });

  describe('bodies', () => {
    it.each([
      ['no model', '{}'],
      ['a model that is no string', '{"model":1}'],
      ['two models', '{"model":"m","model":"m"}'],
      ['two models, one key escaped', '{"model":"m","\\u006dodel":"m"}'],
      ['no object', '["model"]'],
      ['cut off', '{"model":"m"'],
      ['empty', ''],
      ['not JSON', 'model=m'],
    ])('refuses a body with %s', async (_case, body) => {
      expectAnthropicError(await send(ANTHROPIC, body), 400, 'invalid_request_error');
      expectOpenAi(await send(OPENAI, body), 400, 'invalid_request_error', 'body_unreadable');
      expect(upstream.received).toHaveLength(0);
    });

    it('refuses a body that is not UTF-8', async () => {
      const body = Buffer.concat([
        Buffer.from('{"model":"m","x":"'),
        Buffer.from([0xff, 0xfe]),
        Buffer.from('"}'),
      ]);
      const answer = await post(`${gateway.url}${ANTHROPIC}`, body, { 'x-api-key': gateway.key });
      expect(expectAnthropicError(answer, 400, 'invalid_request_error')).toContain('UTF-8');
    });

    it('refuses a compressed body, saying so', async () => {
      const answer = await send(ANTHROPIC, '{"model":"m"}', {
        'x-api-key': gateway.key,
        'content-encoding': 'gzip',
      });
      expect(expectAnthropicError(answer, 415, 'invalid_request_error')).toContain('content-encoding');
    });

    it('refuses a body over the limit, and the client can read that', async () => {
      const body = JSON.stringify({ model: 'm', text: 'x'.repeat(2_000_000) });
      expectAnthropicError(await send(ANTHROPIC, body), 413, 'request_too_large');
      // without a content-length the size shows only on the way
      const chunked = { 'x-api-key': gateway.key, 'transfer-encoding': 'chunked' };
      expectAnthropicError(await send(ANTHROPIC, body, chunked), 413, 'request_too_large');
      expectOpenAi(await send(OPENAI, body), 413, 'invalid_request_error', 'body_too_large');
      expect((await send(ANTHROPIC, '{"model":"m"}')).status).toBe(200);
    });
  });

  describe('models and targets', () => {
    it('names a model that is not in the catalogue', async () => {
      expect(
        expectAnthropicError(await send(ANTHROPIC, '{"model":"nope"}'), 404, 'not_found_error'),
      ).toContain('nope');
      expect(
        expectOpenAi(await send(OPENAI, '{"model":"nope"}'), 404, 'invalid_request_error', 'model_not_found'),
      ).toContain('nope');
    });

    it('says that a model has no target that is enabled', async () => {
      const message = expectAnthropicError(
        await send(ANTHROPIC, '{"model":"cloud"}'),
        400,
        'invalid_request_error',
      );
      expect(message).toContain('no enabled target');
    });

    it('says 502 for a provider that cannot be reached, without its address', async () => {
      const message = expectAnthropicError(await send(ANTHROPIC, '{"model":"gone"}'), 502, 'api_error');
      expect(message).not.toContain('127.0.0.1');
    });

    it('refuses to reach into the private network unless the provider may', async () => {
      expectAnthropicError(await send(ANTHROPIC, '{"model":"inside"}'), 502, 'api_error');
      expect(upstream.received).toHaveLength(0);
    });

    it('says 504 for a provider that is silent past its timeout', async () => {
      upstream.answer = () => undefined;
      expect(expectAnthropicError(await send(ANTHROPIC, '{"model":"m"}'), 504, 'api_error')).toContain(
        'provider open',
      );
    });

    it('says 502 for a provider that hangs up without an answer', async () => {
      upstream.answer = (_request, res) => void res.destroy();
      expect(expectAnthropicError(await send(ANTHROPIC, '{"model":"m"}'), 502, 'api_error')).toContain(
        'provider open',
      );
    });
  });

  describe('credentials', () => {
    it('says 503 and not to retry where nobody has connected', async () => {
      const answer = await send(ANTHROPIC, '{"model":"secured"}');
      expectAnthropicError(answer, 503, 'api_error');
      expect(answer.headers['x-should-retry']).toBe('false');
    });

    it('says 503 and when to retry for a token that has ended', async () => {
      await connectCredential(gateway.vault, 'idp', 'at-old', 50);
      await delay(100);
      const answer = await send(ANTHROPIC, '{"model":"secured"}');
      expectAnthropicError(answer, 503, 'api_error');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(answer.headers).not.toHaveProperty('x-should-retry');
    });

    it('takes a new generation within a second', async () => {
      await connectCredential(gateway.vault, 'idp', 'at-new');
      await eventually(async () => (await send(ANTHROPIC, '{"model":"secured"}')).status === 200, 1_000);
      expect(upstream.received.at(-1)?.headers.authorization).toBe('Bearer at-new');
    });

    it('stops at once when the credential is removed', async () => {
      await gateway.vault.remove('idp');
      await eventually(async () => (await send(ANTHROPIC, '{"model":"secured"}')).status === 503, 1_000);
      const message = expectAnthropicError(await send(ANTHROPIC, '{"model":"secured"}'), 503, 'api_error');
      expect(message).toContain('idp is not connected');
    });
  });

  it('answers unknown paths in the envelope that the client reads', async () => {
    const openai = await fetch(`${gateway.url}/v1/nothing`);
    expect(openai.status).toBe(404);
    expect(await openai.json()).toMatchObject({
      error: { code: 'path_not_found', message: expect.stringContaining('/v1/nothing') },
    });
    const anthropic = await fetch(`${gateway.url}/v1/messages`, {
      headers: { 'anthropic-version': '2023-06-01' },
    });
    expect(anthropic.status).toBe(404);
    expect(await anthropic.json()).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
    expect(anthropic.headers.get('x-request-id')).toBeTruthy();
  });

  it('lists the models that this client may use, in the shape that it reads', async () => {
    const { key } = await gateway.keys.create({ name: 'lister', models: ['m', 'gpt'] });
    const headers = { authorization: `Bearer ${key}` };
    const list = async (path: string, more: Record<string, string> = {}) =>
      (await fetch(`${gateway.url}${path}`, { headers: { ...headers, ...more } })).json();
    expect(await list('/v1/models')).toMatchObject({
      object: 'list',
      data: [{ id: 'm', object: 'model' }, { id: 'gpt' }],
    });
    expect(await list('/v1/models?limit=9', { 'anthropic-version': '2023-06-01' })).toMatchObject({
      data: [{ type: 'model', id: 'm' }, { id: 'gpt' }],
      has_more: false,
      first_id: 'm',
      last_id: 'gpt',
    });
    expect(await list('/v1/models/gpt')).toMatchObject({ id: 'gpt', object: 'model' });
    expect(await list('/v1/models/same')).toMatchObject({ error: { code: 'model_not_allowed' } });
    expect(await list('/v1/models/nope')).toMatchObject({ error: { code: 'model_not_found' } });
    expect((await fetch(`${gateway.url}/v1/models`)).status).toBe(401);
  });

  it('answers HEAD cheaply', async () => {
    for (const path of ['/', '/api/hello']) {
      const answer = await fetch(`${gateway.url}${path}`, { method: 'HEAD' });
      expect(answer.status).toBe(200);
    }
  });

  it.each([
    'HEAD /',
    'HEAD /api/hello',
    'GET /v1/models',
    'GET /v1/models/gpt',
    'GET /v1/models/nope',
    'GET /no',
  ])('gives every answer an id, the caller’s where it is well-formed: %s', async (line) => {
    const [method, path] = line.split(' ') as [string, string];
    const headers = { 'x-api-key': gateway.key, 'anthropic-version': '2023-06-01' };
    const ask = (more: Record<string, string> = {}) =>
      fetch(`${gateway.url}${path}`, { method, headers: { ...headers, ...more } });
    expect((await ask()).headers.get('x-request-id')).toMatch(/^req_/);
    const answer = await ask({ 'x-request-id': 'mine-1' });
    expect(answer.headers.get('x-request-id')).toBe('mine-1');
    const { request_id: said } = answer.ok
      ? { request_id: 'mine-1' }
      : ((await answer.json()) as { request_id: string });
    expect(said).toBe('mine-1');
  });
});
