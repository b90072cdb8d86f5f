import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseConfig } from '@muxgate/config';
import { CoolDownStore } from '@muxgate/target-health';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis } from '../support/redis.ts';
import {
  connectCredential,
  json,
  post,
  startGateway,
  startUpstream,
  type FakeUpstream,
  type TestGateway,
} from './gateway.support.ts';

const START =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"m1","usage":{"input_tokens":7,"output_tokens":1}}}\n\n';
const DELTA =
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi"}}\n\n';
const END = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';
const ERROR = (type: string): string =>
  `event: error\ndata: {"type":"error","error":{"type":"${type}","message":"no"}}\n\n`;
const WHOLE = START + DELTA + END;
const PING = 'event: ping\ndata: {"type": "ping"}\n\n';

const stream =
  (text: string) =>
  (_request: unknown, res: ServerResponse): void => {
    res.writeHead(200, { 'content-type': 'text/event-stream' }).end(text);
  };
/** Sends this much of a stream and then nothing, or a reset. */
const begins =
  (text: string, then: (res: ServerResponse) => void = () => undefined) =>
  (_request: unknown, res: ServerResponse): void => {
    res.writeHead(200, { 'content-type': 'text/event-stream' }).write(text);
    res.flushHeaders();
    setTimeout(then, 5, res);
  };
const reset = (res: ServerResponse): void => void res.destroy();

const yaml = (first: string, second: string): string => `
version: 1
oauthProviders:
  - { name: idp, grant: authorization_code, authorizationUrl: "http://127.0.0.1:1/a", tokenUrl: "http://127.0.0.1:1/t", clientId: m, clientAuthentication: none, scopes: [s], allowPrivateNetwork: true }
providers:
  - { name: first, protocol: anthropic-messages, baseUrl: "${first}", auth: { type: none }, allowPrivateNetwork: true, timeouts: { connectMs: 1000, firstByteMs: 300, idleMs: 300 } }
  - { name: second, protocol: anthropic-messages, baseUrl: "${second}", auth: { type: none }, allowPrivateNetwork: true, timeouts: { connectMs: 1000, firstByteMs: 5000, idleMs: 5000 } }
  - { name: static, protocol: anthropic-messages, baseUrl: "${first}", auth: { type: apiKey, value: "\${STATIC_KEY}" }, allowPrivateNetwork: true }
  - { name: lost, protocol: anthropic-messages, baseUrl: "${first}", auth: { type: oauth, credential: nobody }, allowPrivateNetwork: true }
  - { name: oauth, protocol: anthropic-messages, baseUrl: "${first}", auth: { type: oauth, credential: idp }, allowPrivateNetwork: true }
  - { name: gone, protocol: anthropic-messages, baseUrl: "http://127.0.0.1:1", auth: { type: none }, allowPrivateNetwork: true }
models:
  - { name: pair, targets: [{ provider: first, model: up-1, priority: 1 }, { provider: second, model: up-2, priority: 2 }] }
  - { name: single, targets: [{ provider: first, model: up-1 }] }
  - { name: static, targets: [{ provider: static, model: up-1, priority: 1 }, { provider: second, model: up-2, priority: 2 }] }
  - { name: unconnected, targets: [{ provider: lost, model: up-1, priority: 1 }, { provider: second, model: up-2, priority: 2 }] }
  - { name: oauth, targets: [{ provider: oauth, model: up-1, priority: 1 }, { provider: second, model: up-2, priority: 2 }] }
  - { name: unreachable, targets: [{ provider: gone, model: up-1, priority: 1 }, { provider: second, model: up-2, priority: 2 }] }
  - { name: equals, targets: [{ provider: first, model: up-1 }, { provider: second, model: up-2 }] }
`;

describe('failover', () => {
  let redisUrl: string;
  let redis: Redis;
  let first: FakeUpstream;
  let second: FakeUpstream;
  let gateway: TestGateway;
  const gateways: TestGateway[] = [];

  beforeAll(async () => {
    redisUrl = (await startRedis()).url;
    redis = new Redis(redisUrl);
    first = await startUpstream();
    second = await startUpstream();
  });
  afterAll(async () => {
    redis?.disconnect();
    await first?.close();
    await second?.close();
  });
  beforeEach(async () => {
    first.received.length = 0;
    second.received.length = 0;
    first.answer = stream(WHOLE);
    second.answer = stream(WHOLE);
    await redis.flushall();
    gateway = await open();
  });
  afterEach(async () => {
    for (const one of gateways.splice(0)) await one.shutDown();
  });

  async function open(tuning: Record<string, number> = {}): Promise<TestGateway> {
    const opened = await startGateway(
      redisUrl,
      yaml(first.url, second.url),
      { tuning: { coolDownMs: 400, coolDownRereadMs: 60_000, ...tuning } },
      { STATIC_KEY: 'k-1' },
    );
    gateways.push(opened);
    await connectCredential(opened.vault, 'idp', 'at-1');
    return opened;
  }
  const ask = (model = 'pair', extra: Record<string, unknown> = {}, to = gateway, headers = {}) =>
    post(`${to.url}/v1/messages`, JSON.stringify({ model, stream: true, ...extra }), {
      'x-api-key': to.key,
      ...headers,
    });
  const metric = async (name: string, labels: string, of = gateway): Promise<number> => {
    const text = await (await fetch(`${of.managementUrl}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`${name}{${labels}`));
    return line === undefined ? Number.NaN : Number(line.slice(line.lastIndexOf(' ') + 1));
  };
  const coolDown = (of = gateway): Promise<number> =>
    metric('muxgate_target_cooldown', 'provider="first",model="up-1"', of);

  it.each([
    ['529', json(529, { type: 'error' })],
    ['500', json(500, {})],
    ['429', json(429, {})],
    ['hanging', () => undefined],
    ['silent after its headers', begins('')],
    ['silent after message_start', begins(START)],
    ['resetting', (_request: unknown, res: ServerResponse) => void res.destroy()],
    ['cut after message_start', begins(START, reset)],
    ['an error as its first event', stream(ERROR('overloaded_error'))],
    ['an error after message_start', begins(START + ERROR('api_error'))],
    ['ended without content', stream(START)],
  ])('1,000 streams succeed through the second target: %s', async (_how, answer) => {
    first.answer = answer;
    let begun = 0;
    const worker = async (): Promise<void> => {
      while (begun++ < 1_000) {
        const { status, text, headers } = await ask();
        expect([status, text, headers['x-muxgate-provider']]).toEqual([200, WHOLE, 'second']);
      }
    };
    await Promise.all(Array.from({ length: 50 }, worker));
    expect(second.received).toHaveLength(1_000);
    // those who met the failure together, and a probe now and then
    expect(first.received.length).toBeLessThan(100);
    expect(await coolDown()).not.toBeNaN();
  });

  it.each([400, 404, 413, 422])('%i never fails over and starts no cool-down', async (status) => {
    first.answer = json(status, { type: 'error', of: 'first' });
    const answer = await ask();
    expect([answer.status, answer.text]).toEqual([status, '{"type":"error","of":"first"}']);
    expect(answer.headers['x-muxgate-attempts']).toBe('1');
    expect(second.received).toHaveLength(0);
    expect(await coolDown()).toBe(0);
  });

  it('an invalid request that the stream itself names is not tried elsewhere', async () => {
    first.answer = stream(ERROR('invalid_request_error'));
    expect((await ask()).text).toBe(ERROR('invalid_request_error'));
    expect(second.received).toHaveLength(0);
  });

  it('sends the same body to the next target, with its own model, and says how many attempts it took', async () => {
    first.answer = json(529, {});
    const messages = [{ role: 'user', content: 'x'.repeat(100_000) }];
    const answer = await ask('pair', { messages });
    expect(answer.headers).toMatchObject({ 'x-muxgate-attempts': '2', 'x-muxgate-rule': 'default' });
    expect(first.received.map(({ body }) => body.toString())).toEqual([
      JSON.stringify({ model: 'up-1', stream: true, messages }),
    ]);
    expect(second.received.map(({ body }) => body.toString())).toEqual([
      JSON.stringify({ model: 'up-2', stream: true, messages }),
    ]);
  });

  it('with no target left gives the last upstream’s own answer', async () => {
    first.answer = json(500, { of: 'first' });
    second.answer = json(529, { of: 'second' }, { 'retry-after': '9', 'request-id': 'r2' });
    const answer = await ask();
    expect([answer.status, answer.text]).toEqual([529, '{"of":"second"}']);
    expect(answer.headers).toMatchObject({
      'retry-after': '9',
      'request-id': 'r2',
      'x-muxgate-provider': 'second',
    });
  });

  it('with every target resting answers 503 overloaded_error, and when to come back', async () => {
    first.answer = json(429, {}, { 'retry-after': '30' });
    second.answer = json(529, {}, { 'retry-after': '20' });
    expect((await ask()).status).toBe(529);
    const answer = await ask();
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.text)).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(15);
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(20);
    expect(answer.headers).toMatchObject({ 'x-muxgate-model': 'pair', 'x-muxgate-attempts': '0' });
    expect([first.received.length, second.received.length]).toEqual([1, 1]);
  });

  it('a model with one target is served as it was: no cool-down refuses its requests', async () => {
    first.answer = json(529, { n: 1 });
    for (let i = 0; i < 3; i++) expect((await ask('single')).status).toBe(529);
    first.answer = stream(WHOLE);
    expect((await ask('single')).text).toBe(WHOLE);
    expect(await coolDown()).toBe(0);
  });

  it.each([401, 403])('%i on a static key goes to the next target, which rests nobody', async (status) => {
    first.answer = json(status, {});
    expect((await ask('static')).headers['x-muxgate-provider']).toBe('second');
    await ask('static');
    expect(first.received).toHaveLength(2);
  });

  it('401 on a token that cannot be renewed goes to the next target', async () => {
    gateway = await open({ newerTokenMs: 100 });
    first.answer = json(401, {});
    expect((await ask('oauth')).headers).toMatchObject({
      'x-muxgate-provider': 'second',
      'x-muxgate-attempts': '2',
    });
  });

  it('a credential that is not connected is skipped', async () => {
    expect((await ask('unconnected')).headers).toMatchObject({
      'x-muxgate-provider': 'second',
      'x-muxgate-attempts': '1',
    });
  });

  it('a provider that cannot be reached is passed over', async () => {
    expect((await ask('unreachable')).text).toBe(WHOLE);
  });

  it('never sends a request again once content has come', async () => {
    first.answer = begins(START + DELTA, reset);
    const { text } = await ask();
    expect(text.startsWith(`${START}${DELTA}event: error\n`)).toBe(true);
    first.answer = (_request, res) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).flushHeaders();
      setTimeout(reset, 20, res);
    };
    await expect(ask('pair', { stream: false })).resolves.toMatchObject({ status: 502 });
    expect(second.received).toHaveLength(0);
  });

  it('a ping that has committed the stream does not stop failover, nor send half of the first answer', async () => {
    gateway = await open({ pingAfterMs: 100 });
    first.answer = begins(START);
    const { status, text } = await ask();
    expect(status).toBe(200);
    expect(text.startsWith(PING)).toBe(true);
    expect(text.replaceAll(PING, '')).toBe(WHOLE);
    first.answer = begins(START, (res) => void setTimeout(reset, 200, res));
    second.answer = json(529, {});
    await delay(1_000);
    expect((await ask()).text).toMatch(/^(event: ping\n.*\n\n)+event: error\n/);
  });

  it('tries no further target after the total deadline', async () => {
    gateway = await open({ failoverMs: 100 });
    first.answer = () => undefined;
    expect((await ask()).status).toBe(504);
    expect(second.received).toHaveLength(0);
  });

  it('cool-down, half-open and recovery: one request probes, and the metric shows it', async () => {
    first.answer = json(529, {}, { 'retry-after': '1' });
    await ask();
    expect(await coolDown()).toBe(1);
    await ask();
    expect(first.received).toHaveLength(1);

    await delay(1_100);
    let release: (() => void) | undefined;
    first.answer = (_request, res) => void (release = () => stream(WHOLE)(undefined, res));
    const probe = ask();
    while (release === undefined) await delay(5);
    const others = await Promise.all(Array.from({ length: 10 }, () => ask()));
    expect(others.map(({ headers }) => headers['x-muxgate-provider'])).toEqual(Array(10).fill('second'));
    expect(first.received).toHaveLength(2);
    release();
    expect((await probe).headers['x-muxgate-provider']).toBe('first');

    first.answer = stream(WHOLE);
    expect((await ask()).headers['x-muxgate-provider']).toBe('first');
    expect(await coolDown()).toBe(0);
    expect(await metric('muxgate_upstream_attempts_total', 'provider="first",outcome="overloaded"')).toBe(1);
    expect(await metric('muxgate_upstream_attempts_total', 'provider="first",outcome="answered"')).toBe(2);
  });

  it('replicas share cool-downs, recoveries and an operator’s reset', async () => {
    const other = await open();
    await delay(100);
    first.answer = json(529, {}, { 'retry-after': '60' });
    await ask();
    await expect.poll(() => coolDown(other)).toBe(1);
    expect((await ask('pair', {}, other)).headers['x-muxgate-attempts']).toBe('1');
    expect(await new CoolDownStore(redis).clearProvider('first')).toBe(1);
    await expect.poll(() => coolDown()).toBe(0);
    await expect.poll(() => coolDown(other)).toBe(0);
  });

  it('a gateway that starts later knows of cool-downs', async () => {
    first.answer = json(529, {}, { 'retry-after': '60' });
    await ask();
    const late = await open();
    await expect.poll(() => coolDown(late)).toBe(1);
  });

  it('keeps no body of a stream that has begun, while another target would still be there', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const held = async (): Promise<number> => {
      await delay(50);
      collect();
      return process.memoryUsage().arrayBuffers / 1024 / 1024;
    };
    const ends: Array<() => void> = [];
    // the fake upstreams keep what they receive; this one does not
    const forgetful = createServer((req, res) => {
      req.resume().on('end', () => {
        res.writeHead(200, { 'content-type': 'text/event-stream' }).write(START + DELTA);
        ends.push(() => res.end(END));
      });
    });
    await once(forgetful.listen(0, '127.0.0.1'), 'listening');
    const { port } = forgetful.address() as AddressInfo;
    gateway.config.swap(parseConfig(yaml(`http://127.0.0.1:${port}`, second.url), { STATIC_KEY: 'k-1' }));
    const before = await held();
    const open = Array.from({ length: 30 }, () => ask('pair', { system: 'x'.repeat(1_000_000) }));
    await expect.poll(() => ends.length, { timeout: 30_000 }).toBe(30);
    // more than one look: V8 frees buffers in the background, after the collection that found them dead
    await expect.poll(async () => (await held()) - before, { timeout: 10_000 }).toBeLessThan(6);
    for (const end of ends) end();
    for (const { text } of await Promise.all(open)) expect(text).toBe(WHOLE);
    forgetful.close();
    forgetful.closeAllConnections();
  });

  it('a session keeps its target for 100 turns, moves once when it dies, and stays there', async () => {
    const { model, session } = await sessionOn('first');
    const turn = async (): Promise<string> =>
      String((await ask(model, {}, gateway, session)).headers['x-muxgate-provider']);
    for (let i = 0; i < 100; i++) expect(await turn()).toBe('first');
    first.answer = json(529, {}, { 'retry-after': '60' });
    for (let i = 0; i < 100; i++) expect(await turn()).toBe('second');
    expect(first.received.length).toBeLessThanOrEqual(110);
  });

  async function sessionOn(provider: string) {
    for (let i = 0; ; i++) {
      const session = { 'x-claude-code-session-id': `s-${i}` };
      if ((await ask('equals', {}, gateway, session)).headers['x-muxgate-provider'] === provider)
        return { model: 'equals', session };
    }
  }
});
