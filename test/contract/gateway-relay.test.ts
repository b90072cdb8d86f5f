import {
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { RequestLog } from '@muxgate/usage';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { eventually } from '../support/wait.ts';
import {
  post,
  startGateway,
  startUpstream,
  yamlFor,
  type FakeUpstream,
  type TestGateway,
} from './gateway.support.ts';

const PING_MS = 150;
const START =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"m1","usage":{"input_tokens":7,"cache_read_input_tokens":3,"output_tokens":1}}}\n\n';
const DELTA = (text: string): string =>
  `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":${JSON.stringify(text)}}}\n\n`;
const UPSTREAM_PING = 'event: ping\ndata: {"type":"ping"}\n\n';
const PING = 'event: ping\ndata: {"type": "ping"}\n\n';
const END =
  'event: message_delta\ndata: {"type":"message_delta","delta":{},"usage":{"output_tokens":5}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n';
const CHAT = (text: string): string => `data: {"choices":[{"index":0,"delta":{"content":"${text}"}}]}\n\n`;
const RESPONSE = (text: string): string =>
  `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"${text}"}\n\n`;

function stream(res: ServerResponse, headers: Record<string, string> = {}): ServerResponse {
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'request-id': 'req_up',
    ...headers,
  });
  res.flushHeaders();
  return res;
}

describe('relay', () => {
  let upstream: FakeUpstream;
  let gateway: TestGateway;
  /** fills silences as late as the contract says, so a busy machine makes it fill none here */
  let calm: TestGateway;

  beforeAll(async () => {
    const redis = await startRedis();
    upstream = await startUpstream();
    gateway = await startGateway(redis.url, yamlFor(upstream.url), { tuning: { pingAfterMs: PING_MS } });
    calm = await startGateway(redis.url, yamlFor(upstream.url));
  });
  afterAll(async () => {
    await Promise.all([gateway?.shutDown(), calm?.shutDown()]);
    await upstream?.close();
  });
  beforeEach(() => {
    upstream.received.length = 0;
    upstream.aborted = 0;
  });

  const key = (): Record<string, string> => ({ 'x-api-key': gateway.key });
  const ask = (model = 'patient', path = '/v1/messages') =>
    post(`${gateway.url}${path}`, JSON.stringify({ model, stream: true }), key());
  const metric = async (pattern: RegExp): Promise<number> => {
    const text = await (await fetch(`${gateway.managementUrl}/metrics`)).text();
    return [...text.matchAll(new RegExp(pattern, 'gm'))].reduce((sum, found) => sum + Number(found[1]), 0);
  };

  /** A streaming request whose parts a test looks at as they come. */
  function open(model = 'patient', path = '/v1/messages') {
    const seen = {
      status: 0,
      text: '',
      headers: {} as IncomingMessage['headers'],
      ended: false,
      failed: false,
    };
    const req: ClientRequest = httpRequest(`${gateway.url}${path}`, { method: 'POST', headers: key() });
    const answered = new Promise<IncomingMessage>((resolve) => {
      req.on('response', (res) => {
        seen.status = res.statusCode ?? 0;
        seen.headers = res.headers;
        res.on('data', (chunk: Buffer) => (seen.text += chunk.toString()));
        res.on('end', () => (seen.ended = true));
        res.on('error', () => (seen.failed = true));
        resolve(res);
      });
    });
    req.on('error', () => undefined);
    req.end(JSON.stringify({ model, stream: true }));
    return { req, seen, answered };
  }

  it('relays the bytes of a stream as they are, however they are cut', async () => {
    const events = Buffer.from(START + UPSTREAM_PING + DELTA('a\nä😀') + DELTA('b') + END);
    for (const size of [1, 3, 50, 1000]) {
      upstream.answer = async (_request, res) => {
        stream(res);
        for (let i = 0; i < events.length; i += size) {
          res.write(events.subarray(i, i + size));
          if (size > 1) await delay(1);
        }
        res.end();
      };
      const body = JSON.stringify({ model: 'patient', stream: true });
      const answer = await post(`${calm.url}/v1/messages`, body, { 'x-api-key': calm.key });
      expect(answer.status).toBe(200);
      expect(answer.body.toString()).toBe(events.toString());
      expect(answer.headers['request-id']).toBe('req_up');
    }
  });

  it('relays CRLF streams and odd but legal events unchanged', async () => {
    const events = `: comment\r\n\r\n${(START + DELTA('x') + END).replaceAll('\n', '\r\n')}`;
    upstream.answer = (_request, res) => void stream(res).end(events);
    expect((await ask()).text).toBe(events);
  });

  it('sends every event as soon as it is whole', async () => {
    let go = (): void => undefined;
    upstream.answer = async (_request, res) => {
      stream(res).write(START + DELTA('first') + DELTA('half').slice(0, 20));
      await new Promise<void>((resolve) => (go = resolve));
      res.end(DELTA('half').slice(20) + END);
    };
    const { seen } = open();
    await eventually(() => seen.text.includes('first'), 1_000);
    expect(seen.text.startsWith(START + DELTA('first'))).toBe(true);
    go();
    await eventually(() => seen.ended);
    expect(seen.text.replaceAll(PING, '')).toBe(START + DELTA('first') + DELTA('half') + END);
  });

  describe('before the first content', () => {
    it('holds the status, so that a failure still has its own', async () => {
      upstream.answer = async (_request, res) => {
        stream(res).write(START + UPSTREAM_PING);
        await delay(30);
        res.destroy();
      };
      const answer = await ask();
      expect(answer.status).toBe(502);
      expect(JSON.parse(answer.text)).toMatchObject({ type: 'error', error: { type: 'api_error' } });
      expect(
        await metric(/^muxgate_stream_failures_total\{phase="before_first_event",.*\} (\d+)/),
      ).toBeGreaterThan(0);
    });

    it('says 502 for a stream that ends without anything', async () => {
      upstream.answer = (_request, res) => void stream(res).end();
      expect((await ask()).status).toBe(502);
    });

    it('commits a silent stream with a ping, with the upstream’s headers if it has sent them', async () => {
      upstream.answer = async (_request, res) => {
        stream(res).write(START);
        await delay(PING_MS * 2);
        res.end(DELTA('late') + END);
      };
      const answer = await ask();
      expect(answer.status).toBe(200);
      expect(answer.headers['request-id']).toBe('req_up');
      expect(answer.text.startsWith(START + PING)).toBe(true);
      expect(answer.text.replaceAll(PING, '')).toBe(START + DELTA('late') + END);
    });

    it('commits as a stream when even the upstream’s headers are late', async () => {
      upstream.answer = async (_request, res) => {
        await delay(PING_MS * 1.7);
        stream(res).end(START + DELTA('late') + END);
      };
      const answer = await ask();
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toContain('text/event-stream');
      expect(answer.headers['x-muxgate-provider']).toBe('patient');
      expect(answer.text).toBe(PING + START + DELTA('late') + END);
    });

    it('turns a late refusal into an error event', async () => {
      upstream.answer = async (_request, res) => {
        await delay(PING_MS * 1.7);
        res.writeHead(429, { 'content-type': 'application/json' }).end('{}');
      };
      const answer = await ask();
      expect(answer.status).toBe(200);
      expect(answer.text).toMatch(/^event: ping\n.*\n\nevent: error\ndata: \{"type":"error",.*429.*\}\n\n$/s);
    });

    it('does not ping a request that did not ask for a stream', async () => {
      upstream.answer = async (_request, res) => {
        await delay(PING_MS * 2);
        res.writeHead(200, { 'content-type': 'application/json' }).end('{"a":1}');
      };
      const answer = await post(`${gateway.url}/v1/messages`, '{"model":"patient"}', key());
      expect(answer.text).toBe('{"a":1}');
    });
  });

  describe('after the first content', () => {
    it('fills every silence with a ping, also while an event is half there, never inside it', async () => {
      upstream.answer = async (_request, res) => {
        stream(res).write(START + DELTA('one'));
        await delay(PING_MS * 2.5);
        const event = DELTA('two');
        res.write(event.slice(0, 40));
        await delay(PING_MS * 2.5);
        res.end(event.slice(40) + END);
      };
      const { text } = await ask();
      expect(text.split(PING).length - 1).toBeGreaterThanOrEqual(3);
      expect(text.replaceAll(PING, '')).toBe(START + DELTA('one') + DELTA('two') + END);
    });

    it('pings with a comment on OpenAI’s surfaces', async () => {
      upstream.answer = async (_request, res) => {
        stream(res).write(CHAT('a'));
        await delay(PING_MS * 1.7);
        res.end(`${CHAT('b')}data: [DONE]\n\n`);
      };
      expect((await ask('gpt', '/v1/chat/completions')).text).toBe(
        `${CHAT('a')}: ping\n\n${CHAT('b')}data: [DONE]\n\n`,
      );
    });

    it.each([
      ['cut', (res: ServerResponse): void => void res.destroy()],
      ['ended without the protocol’s end', (res: ServerResponse): void => void res.end()],
    ])('sends the surface’s error event on a fresh boundary when the stream is %s', async (_how, stop) => {
      const before = await metric(/^muxgate_stream_failures_total\{phase="mid_stream",.*\} (\d+)/);
      upstream.answer = async (_request, res) => {
        stream(res).write(START + DELTA('one') + DELTA('two').slice(0, 33));
        await delay(30);
        stop(res);
      };
      const anthropic = await ask();
      expect(anthropic.status).toBe(200);
      expect(anthropic.text.startsWith(`${START}${DELTA('one')}event: error\ndata: {"type":"error",`)).toBe(
        true,
      );
      const data = JSON.parse(anthropic.text.slice(anthropic.text.lastIndexOf('data: ') + 6)) as object;
      expect(data).toMatchObject({
        error: { type: 'api_error' },
        request_id: anthropic.headers['x-request-id'],
      });

      upstream.answer = async (_request, res) => {
        stream(res).write(CHAT('a'));
        await delay(30);
        stop(res);
      };
      const chat = await ask('gpt', '/v1/chat/completions');
      expect(chat.text).toMatch(/"a"\}\}\]\}\n\ndata: \{"error":\{"message":.*\}\}\n\n$/);

      upstream.answer = async (_request, res) => {
        stream(res).write(RESPONSE('a'));
        await delay(30);
        stop(res);
      };
      const responses = await ask('gpt-r', '/v1/responses');
      expect(responses.text.startsWith(`${RESPONSE('a')}event: error\ndata: {"type":"error","code":`)).toBe(
        true,
      );
      expect(await metric(/^muxgate_stream_failures_total\{phase="mid_stream",.*\} (\d+)/)).toBeGreaterThan(
        before,
      );
    });

    it('leaves an error event of the upstream alone, and counts it as a failure, before or after content', async () => {
      const failures = (phase: string) =>
        metric(
          new RegExp(`^muxgate_stream_failures_total\\{phase="${phase}",reason="stream_failed"\\} (\\d+)`),
        );
      const before = await Promise.all([failures('mid_stream'), failures('before_first_event')]);
      const error =
        'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n';
      upstream.answer = (_request, res) => void stream(res).end(START + DELTA('one') + error);
      expect((await ask()).text).toBe(START + DELTA('one') + error);
      upstream.answer = (_request, res) => void stream(res).end(error);
      expect((await ask()).text).toBe(error);
      const failed =
        'event: response.failed\ndata: {"type":"response.failed","response":{"error":{"code":"server_error"}}}\n\n';
      upstream.answer = (_request, res) => void stream(res).end(RESPONSE('a') + failed);
      expect((await ask('gpt-r', '/v1/responses')).text).toBe(RESPONSE('a') + failed);
      await eventually(async () => (await failures('mid_stream')) === before[0]! + 2);
      expect(await failures('before_first_event')).toBe(before[1]! + 1);
    });

    it('cuts a JSON answer that breaks, so that it does not look whole', async () => {
      upstream.answer = async (_request, res) => {
        res.writeHead(200, { 'content-type': 'application/json' });
        res.write('{"half":');
        await delay(30);
        res.destroy();
      };
      await expect(post(`${gateway.url}/v1/messages`, '{"model":"m"}', key())).rejects.toThrow('aborted');
    });
  });

  it('relays a compressed error of the upstream untouched', async () => {
    const body = gzipSync('{"type":"error","error":{"type":"rate_limit_error"}}');
    upstream.answer = (_request, res) => {
      res.writeHead(429, {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        'retry-after': '9',
      });
      res.end(body);
    };
    const answer = await ask('m');
    expect(answer.status).toBe(429);
    expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', 'retry-after': '9' });
    expect(answer.body.equals(body)).toBe(true);
  });

  it('relays a compressed stream untouched, without writing into it', async () => {
    const body = gzipSync(START + DELTA('x') + END);
    upstream.answer = async (_request, res) => {
      stream(res, { 'content-encoding': 'gzip' }).write(body.subarray(0, 20));
      await delay(PING_MS * 2);
      res.end(body.subarray(20));
    };
    expect((await ask()).body.equals(body)).toBe(true);
  });

  describe('a client that leaves', () => {
    it('aborts the upstream within a second and is counted with what was used', async () => {
      const used = await metric(/^muxgate_tokens_total\{type="input",model="patient".*\} (\d+)/);
      upstream.answer = (_request, res) => {
        stream(res).write(START + DELTA('one'));
        const timer = setInterval(() => res.write(DELTA('more')), 20);
        res.on('close', () => clearInterval(timer));
      };
      const { req, seen } = open();
      await eventually(() => seen.text.includes('more'));
      req.destroy();
      await eventually(() => upstream.aborted === 1, 1_000);
      await eventually(
        async () =>
          (await metric(/^muxgate_client_disconnects_total\{surface="anthropic-messages"\} (\d+)/)) > 0,
      );
      expect(await metric(/^muxgate_tokens_total\{type="input",model="patient".*\} (\d+)/)).toBeGreaterThan(
        used,
      );
      await eventually(
        async () => (await metric(/^muxgate_open_streams\{surface="anthropic-messages"\} (\d+)/)) === 0,
      );
    });

    it('aborts the upstream before it has answered as well', async () => {
      upstream.answer = () => undefined;
      const { req } = open();
      await eventually(() => upstream.received.length === 1);
      req.destroy();
      await eventually(() => expect(upstream.aborted).toBe(1), 1_000);
    });
  });

  it('slows the upstream down to a client that does not read, in bounded memory', async () => {
    let written = 0;
    const chunk = DELTA('x'.repeat(64 * 1024));
    upstream.answer = (_request, res) => {
      stream(res).write(START);
      const more = (): void => {
        while (written < 200_000_000) {
          written += chunk.length;
          if (!res.write(chunk)) return void res.once('drain', more);
        }
        res.end(END);
      };
      more();
    };
    const { req, answered } = open();
    (await answered).pause();
    await delay(800);
    const stalled = written;
    expect(stalled).toBeLessThan(60_000_000);
    await delay(300);
    expect(written).toBe(stalled);
    req.destroy();
    await eventually(() => upstream.aborted === 1, 1_000);
  });

  it('counts usage read in passing, of JSON and of streams', async () => {
    const count = (type: string, model: string) =>
      metric(
        new RegExp(
          `^muxgate_tokens_total\\{type="${type}",model="${model}",provider="[a-z]+",team="core"\\} (\\d+)`,
        ),
      );
    const [input, cached, output] = [
      await count('input', 'm'),
      await count('cache_read', 'm'),
      await count('output', 'm'),
    ];
    upstream.answer = (_request, res) => void stream(res).end(START + DELTA('x') + END);
    await ask('m');
    upstream.answer = (_request, res) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      res.end('{"content":[],"usage":{"input_tokens":100,"output_tokens":10}}');
    };
    await post(`${gateway.url}/v1/messages`, '{"model":"m"}', key());
    await eventually(async () => (await count('input', 'm')) === input + 107);
    expect(await count('cache_read', 'm')).toBe(cached + 3);
    expect(await count('output', 'm')).toBe(output + 15);
  });

  it('names surfaces as the contract does, and what is only counted by its operation', async () => {
    const answered = (surface: string, rule = 'default') =>
      metric(new RegExp(`^muxgate_requests_total\\{surface="${surface}",rule="${rule}".* (\\d+)$`));
    upstream.answer = (_request, res) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      res.end('{"input_tokens":7}');
    };
    const before = await answered('anthropic-messages');
    const { headers } = await post(`${gateway.url}/v1/messages/count_tokens`, '{"model":"m"}', key());
    await eventually(async () => (await answered('anthropic-messages')) === before + 1);
    for (const path of ['chat/completions', 'responses'])
      await post(`${gateway.url}/v1/${path}`, '{"model":"nobody-has-it"}', key());
    await eventually(async () => (await answered('openai-chat', 'none')) === 1);
    await eventually(async () => (await answered('openai-responses', 'none')) === 1);
    expect(await metric(/^gen_ai_server_request_duration_seconds_count\{.*"count_tokens".* (\d+)$/m)).toBe(1);
    const log = new RequestLog(gateway.redis);
    const row = await eventually(async () => (await log.get(headers['x-request-id'] as string)) ?? false);
    expect(row).toMatchObject({ surface: 'anthropic-messages', operation: 'count_tokens' });
    const { items } = await log.list({ limit: 5, operation: 'count_tokens' });
    expect(items.map(({ requestId }) => requestId)).toEqual([row.requestId]);
  });

  it('labels metrics from the configuration only', async () => {
    await ask('never-heard-of');
    const text = await (await fetch(`${gateway.managementUrl}/metrics`)).text();
    expect(text).not.toContain('never-heard-of');
    expect(text).toMatch(
      /muxgate_requests_total\{surface="anthropic-messages",rule="none",model="other",provider="other",status="404"\} \d/,
    );
    expect(text).not.toContain(gateway.key);
  });
});
