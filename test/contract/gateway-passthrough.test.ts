import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis } from '../support/redis.ts';
import {
  connectCredential,
  json,
  post,
  startGateway,
  startUpstream,
  yamlFor,
  type FakeUpstream,
  type TestGateway,
} from './gateway.support.ts';

describe('passthrough', () => {
  let upstream: FakeUpstream;
  let gateway: TestGateway;
  const auth = (): Record<string, string> => ({ 'x-api-key': gateway.key });

  beforeAll(async () => {
    const redis = await startRedis();
    upstream = await startUpstream();
    gateway = await startGateway(redis.url, yamlFor(upstream.url));
    await connectCredential(gateway.vault, 'idp', 'at-1');
  });
  afterAll(async () => {
    await gateway?.shutDown();
    await upstream?.close();
  });
  beforeEach(() => {
    upstream.received.length = 0;
    upstream.answer = json(200, { ok: true });
  });

  const model = (name: string): string => JSON.stringify(name);

  it.each([
    ['plain', `{"model":${model('m')},"messages":[]}`, `{"model":"up-m","messages":[]}`],
    [
      'white space everywhere',
      ` {\n\t"model" \r\n: "m" ,"a" : [ 1 , 2 ] } `,
      ` {\n\t"model" \r\n: "up-m" ,"a" : [ 1 , 2 ] } `,
    ],
    ['escaped key and value', `{"mod\\u0065l":"\\u006d","x":"é😀"}`, `{"mod\\u0065l":"up-m","x":"é😀"}`],
    [
      'model inside messages, before the real one',
      `{"messages":[{"model":"x","content":"\\"model\\":\\"y\\""}],"metadata":{"model":"z"},"model":"m"}`,
      `{"messages":[{"model":"x","content":"\\"model\\":\\"y\\""}],"metadata":{"model":"z"},"model":"up-m"}`,
    ],
    [
      'other keys twice',
      `{"a":1,"a":2,"model":"m","b":{},"b":[]}`,
      `{"a":1,"a":2,"model":"up-m","b":{},"b":[]}`,
    ],
    [
      'numbers as they were written',
      `{"n":1.0e+2,"m":-0,"model":"m","big":12345678901234567890}`,
      `{"n":1.0e+2,"m":-0,"model":"up-m","big":12345678901234567890}`,
    ],
    ['the name unchanged', `{"model" :"same"}`, `{"model" :"same"}`],
  ])('sends the same bytes but for the model: %s', async (_name, sent, expected) => {
    const answer = await post(`${gateway.url}/v1/messages`, sent, auth());
    expect(answer.status).toBe(200);
    expect(upstream.received[0]?.body.toString()).toBe(expected);
    expect(upstream.received[0]?.headers['content-length']).toBe(String(Buffer.byteLength(expected)));
  });

  it('relays megabytes unchanged both ways', async () => {
    const text = 'x'.repeat(3_000_000);
    upstream.answer = json(200, { text });
    const answer = await post(`${gateway.url}/v1/messages`, JSON.stringify({ model: 'm', text }), auth());
    expect(upstream.received[0]?.body.equals(Buffer.from(JSON.stringify({ model: 'up-m', text })))).toBe(
      true,
    );
    expect(answer.body.equals(Buffer.from(JSON.stringify({ text })))).toBe(true);
  });

  it('keeps the query and puts the path behind the base URL, as the vendor’s SDK does', async () => {
    await post(`${gateway.url}/v1/messages?beta=true&x=%20`, '{"model":"m"}', auth());
    await post(`${gateway.url}/v1/messages/count_tokens`, '{"model":"m"}', auth());
    await post(`${gateway.url}/v1/chat/completions`, '{"model":"gpt"}', auth());
    await post(`${gateway.url}/v1/responses`, '{"model":"gpt-r"}', auth());
    expect(upstream.received.map(({ url }) => url)).toEqual([
      '/v1/messages?beta=true&x=%20',
      '/v1/messages/count_tokens',
      '/v1/chat/completions',
      '/v1/responses',
    ]);
    expect(upstream.received.map(({ body }) => body.toString())).toEqual([
      '{"model":"up-m"}',
      '{"model":"up-m"}',
      '{"model":"up-gpt"}',
      '{"model":"up-gpt-r"}',
    ]);
  });

  it('B4 sends the stored access token, never the client’s key', async () => {
    const answer = await post(`${gateway.url}/v1/messages`, '{"model":"secured"}', {
      authorization: `Bearer ${gateway.key}`,
    });
    expect(answer.status).toBe(200);
    expect(upstream.received[0]?.headers['authorization']).toBe('Bearer at-1');
    expect(JSON.stringify(upstream.received[0]?.rawHeaders)).not.toContain(gateway.key);
  });

  it('forwards request headers by denylist', async () => {
    await post(`${gateway.url}/v1/messages`, '{"model":"m"}', {
      ...auth(),
      'Anthropic-Beta': 'one,two',
      'anthropic-version': '2023-06-01',
      'X-Custom': ['a', 'b'],
      'user-agent': 'claude-cli/2',
      cookie: 'session=1',
      connection: 'keep-alive, x-hop',
      'x-hop': '1',
      te: 'trailers',
      'x-muxgate-note': 'for us only',
      'accept-encoding': 'gzip',
    });
    const raw = upstream.received[0]?.rawHeaders ?? [];
    const headers = upstream.received[0]?.headers ?? {};
    expect(headers).toMatchObject({
      'anthropic-beta': 'one,two',
      'anthropic-version': '2023-06-01',
      'x-custom': 'a, b',
      'user-agent': 'claude-cli/2',
      'accept-encoding': 'identity',
    });
    expect(raw).toContain('Anthropic-Beta');
    for (const name of ['cookie', 'x-hop', 'te', 'x-muxgate-note', 'x-api-key', 'authorization'])
      expect(headers).not.toHaveProperty(name);
    expect(headers.host).toBe(new URL(upstream.url).host);
  });

  it('relays status, headers and body as they are, and adds its own', async () => {
    upstream.answer = (_request, res) => {
      res.writeHead(529, 'Overloaded', [
        ['Content-Type', 'application/json'],
        ['Retry-After', '7'],
        ['x-should-retry', 'true'],
        ['anthropic-ratelimit-requests-remaining', '3'],
        ['request-id', 'req_upstream'],
        ['set-cookie', 'a=1'],
        ['x-hop', '1'],
        ['connection', 'keep-alive, x-hop'],
      ]);
      res.end('{"type":"error" }');
    };
    const answer = await post(`${gateway.url}/v1/messages`, '{"model":"m"}', {
      ...auth(),
      'x-request-id': 'mine-1',
    });
    expect(answer.status).toBe(529);
    expect(answer.text).toBe('{"type":"error" }');
    expect(answer.headers).toMatchObject({
      'retry-after': '7',
      'x-should-retry': 'true',
      'anthropic-ratelimit-requests-remaining': '3',
      'request-id': 'req_upstream',
      'x-request-id': 'mine-1',
      'x-muxgate-rule': 'default',
      'x-muxgate-model': 'm',
      'x-muxgate-provider': 'open',
      'x-muxgate-attempts': '1',
    });
    expect(answer.headers).not.toHaveProperty('set-cookie');
    expect(answer.headers).not.toHaveProperty('x-hop');
    expect(answer.rawHeaders).toContain('Retry-After');
  });
});
