import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { eventually } from '../support/wait.ts';
import { createGateway } from '../../services/gateway/src/create-gateway.ts';
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

const DELTA =
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}\n\n';
const END = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';

describe('the gateway’s life', () => {
  let redis: TestRedis;
  let upstream: FakeUpstream;
  let gateway: TestGateway;

  beforeEach(async () => {
    redis = await startRedis();
    upstream = await startUpstream(json(200, { ok: true }));
    gateway = await startGateway(
      redis.url,
      yamlFor(upstream.url),
      {},
      { MAX_IN_FLIGHT: '3', DRAIN_SECONDS: '1' },
    );
  });
  afterEach(async () => {
    await gateway.shutDown();
    await upstream.close();
  });

  const ask = (model = 'patient', stream = false) =>
    post(`${gateway.url}/v1/messages`, JSON.stringify({ model, stream }), { 'x-api-key': gateway.key });

  it('sheds what is beyond its capacity, and recovers', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    upstream.answer = async (request, res) => {
      await held;
      json(200, { ok: true })(request, res);
    };
    const running = [ask(), ask(), ask()];
    await eventually(() => upstream.received.length === 3);
    const shed = await ask();
    expect(shed.status).toBe(503);
    expect(shed.headers['retry-after']).toBe('1');
    expect(JSON.parse(shed.text)).toMatchObject({ error: { type: 'overloaded_error' } });
    release();
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await ask()).status).toBe(200);
  });

  it('drains: new requests are sent elsewhere, streams finish, clients are told to leave their connection, what is left at the deadline gets an error event', async () => {
    upstream.answer = async (request, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' }).write(DELTA);
      if (!request.body.includes('endless')) {
        await delay(300);
        res.end(END);
      }
    };
    const finishing = ask('patient', true);
    const endless = post(`${gateway.url}/v1/messages`, '{"model":"patient","stream":true,"x":"endless"}', {
      'x-api-key': gateway.key,
    });
    await eventually(() => upstream.received.length === 2);
    const [announce, drain] = gateway.stop;
    await announce?.run();
    expect((await fetch(`${gateway.managementUrl}/readyz`)).status).toBe(503);
    const lastHere = post(`${gateway.url}/v1/messages`, '{"model":"patient","stream":true}', {
      'x-api-key': gateway.key,
    });
    await eventually(() => upstream.received.length === 3);
    const drained = drain?.run();
    const refused = await ask();
    expect(refused.status).toBe(503);
    expect(refused.headers).toMatchObject({ 'retry-after': '1', connection: 'close' });
    expect((await finishing).text).toBe(DELTA + END);
    expect(await lastHere).toMatchObject({
      status: 200,
      text: DELTA + END,
      headers: { connection: 'close' },
    });
    await drained;
    const { text } = await endless;
    expect(text.startsWith(`${DELTA}event: error\ndata: `)).toBe(true);
    expect(text).toContain('overloaded_error');
    await eventually(() => upstream.aborted === 1, 1_000);
  });

  it('refuses a broken environment and configuration with every problem, before it opens a port', async () => {
    await expect(createGateway({ PORT: 'x', REDIS_URL: redis.url })).rejects.toMatchObject({
      problems: expect.arrayContaining([
        expect.stringContaining('MUXGATE_ACCESS_KEYS'),
        expect.stringContaining('PORT'),
      ]),
    });
    const environment = {
      MUXGATE_ACCESS_KEYS: ACCESS_KEYS,
      REDIS_URL: redis.url,
      MUXGATE_CONFIG: '/nowhere.yaml',
    };
    await expect(createGateway(environment)).rejects.toMatchObject({ problems: [expect.any(String)] });
  });

  it('says one sentence for a port in use', async () => {
    const environment = {
      HOST: '127.0.0.1',
      PORT: String(gateway.port),
      MANAGEMENT_PORT: '0',
      LOG_LEVEL: 'silent',
      REDIS_URL: redis.url,
      MUXGATE_ACCESS_KEYS: ACCESS_KEYS,
    };
    const starting = createGateway(environment, { snapshot: gateway.config.current() });
    await expect(starting).rejects.toThrow(/already in use; set PORT/);
  });
});
