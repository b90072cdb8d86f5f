import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { eventually } from '../support/wait.ts';
import {
  connectCredential,
  json,
  post,
  startGateway,
  startUpstream,
  type FakeUpstream,
  type RawAnswer,
  type TestGateway,
} from './gateway.support.ts';

const yaml = (url: string): string => `
version: 1
oauthProviders:
  - { name: idp, grant: authorization_code, authorizationUrl: "http://127.0.0.1:1/a", tokenUrl: "http://127.0.0.1:1/t", clientId: muxgate, clientAuthentication: none, scopes: [llm.invoke], allowPrivateNetwork: true }
providers:
  - { name: a, protocol: anthropic-messages, baseUrl: "${url}", auth: { type: none }, allowPrivateNetwork: true, timeouts: { connectMs: 1000, firstByteMs: 700, idleMs: 700 } }
  - { name: c, protocol: openai-chat, baseUrl: "${url}/v1", auth: { type: apiKey, value: "\${CHAT_KEY}" }, headers: { x-team: platform }, allowPrivateNetwork: true, timeouts: { connectMs: 1000, firstByteMs: 700, idleMs: 700 } }
  - { name: r, protocol: openai-responses, baseUrl: "${url}/v1", auth: { type: none }, allowPrivateNetwork: true, timeouts: { connectMs: 1000, firstByteMs: 700, idleMs: 700 } }
  - { name: g, protocol: gemini, baseUrl: "${url}/v1beta", auth: { type: apiKey, value: "\${GEMINI_KEY}" }, allowPrivateNetwork: true, timeouts: { connectMs: 1000, firstByteMs: 700, idleMs: 700 } }
  - { name: s, protocol: openai-chat, baseUrl: "${url}/v1", auth: { type: oauth, credential: idp }, allowPrivateNetwork: true }
  - { name: gone, protocol: openai-chat, baseUrl: "http://127.0.0.1:1/v1", auth: { type: none }, allowPrivateNetwork: true }
  - { name: inside, protocol: openai-chat, baseUrl: "${url}/v1", auth: { type: none } }
models:
  - { name: to-anthropic, targets: [{ provider: a, model: claude-up }] }
  - { name: to-chat, targets: [{ provider: c, model: gpt-up }] }
  - { name: to-responses, targets: [{ provider: r, model: gpt-up }] }
  - { name: to-gemini, targets: [{ provider: g, model: gemini-up }] }
  - { name: secured, targets: [{ provider: s, model: gpt-up }] }
  - { name: gone, targets: [{ provider: gone, model: gpt-up }] }
  - { name: inside, targets: [{ provider: inside, model: gpt-up }] }
`;
const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/streams/${name}.sse`, import.meta.url), 'utf8');
const COMPLETION = {
  id: 'c1',
  choices: [{ index: 0, message: { role: 'assistant', content: 'fine' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } },
};
const MESSAGE = {
  id: 'm1',
  type: 'message',
  role: 'assistant',
  model: 'claude-up',
  content: [{ type: 'text', text: 'fine' }],
  stop_reason: 'stop_sequence',
  stop_sequence: 'END',
  usage: { input_tokens: 6, cache_read_input_tokens: 4, cache_creation_input_tokens: 3, output_tokens: 2 },
};
const sse = (text: string, end = true): FakeUpstream['answer'] => {
  return (_request, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write(text);
    if (end) res.end();
  };
};

/** Content first, and what breaks the stream once that has reached the client. */
const late = (head: string, rest: string, end = true): FakeUpstream['answer'] => {
  return (request, res) => {
    void sse(head, false)(request, res);
    setTimeout(() => {
      if (rest !== '') res.write(rest);
      if (end) res.end();
    }, 40);
  };
};

describe('translation on the wire', () => {
  let upstream: FakeUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    const redis = await startRedis();
    upstream = await startUpstream();
    const keys = { CHAT_KEY: 'sk-chat', GEMINI_KEY: 'sk-gemini' };
    gateway = await startGateway(redis.url, yaml(upstream.url), { tuning: { pingAfterMs: 250 } }, keys);
  });
  afterAll(async () => {
    await gateway?.shutDown();
    await upstream?.close();
  });
  beforeEach(() => {
    upstream.received.length = 0;
    upstream.aborted = 0;
  });

  const PATHS: Record<string, string> = {
    messages: '/v1/messages',
    chat: '/v1/chat/completions',
    responses: '/v1/responses',
  };
  const ask = (surface: string, body: object, headers: Record<string, string> = {}): Promise<RawAnswer> =>
    post(`${gateway.url}${PATHS[surface]}`, JSON.stringify(body), { 'x-api-key': gateway.key, ...headers });
  const says = (surface: string, model: string, stream = false): object => ({
    model,
    stream,
    max_tokens: 100,
    ...(surface === 'responses' ? { input: 'hi' } : { messages: [{ role: 'user', content: 'hi' }] }),
  });
  const sent = (): Record<string, unknown> =>
    JSON.parse(upstream.received[0]?.body.toString() ?? '{}') as Record<string, unknown>;
  const parsed = (answer: RawAnswer): Record<string, unknown> =>
    JSON.parse(answer.text) as Record<string, unknown>;
  const metric = async (pattern: RegExp): Promise<number> => {
    const text = await (await fetch(`${gateway.managementUrl}/metrics`)).text();
    return [...text.matchAll(new RegExp(pattern, 'gm'))].reduce((sum, found) => sum + Number(found[1]), 0);
  };

  describe('requests', () => {
    it('carry an Anthropic conversation to Chat whole, and name what stays behind', async () => {
      upstream.answer = json(200, COMPLETION);
      const answer = await ask('messages', {
        model: 'to-chat',
        max_tokens: 100,
        temperature: 0.5,
        top_k: 3,
        stop_sequences: ['END'],
        metadata: { user_id: 'u' },
        system: [
          { type: 'text', text: 'x-anthropic-billing-header: cc=1' },
          { type: 'text', text: 'one', cache_control: { type: 'ephemeral' } },
          { type: 'text', text: 'two' },
        ],
        tools: [
          { name: 'look', description: 'looks', input_schema: { type: 'object' } },
          { type: 'web_search_20250305', name: 'web_search' },
        ],
        tool_choice: { type: 'any', disable_parallel_tool_use: true },
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'see' },
              { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
              {
                type: 'document',
                source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
                title: 'a.pdf',
              },
            ],
          },
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'hm', signature: 'sig' },
              { type: 'text', text: 'looking' },
              { type: 'tool_use', id: 't1', name: 'look', input: { at: 1 } },
              { type: 'tool_use', id: 't2', name: 'look', input: {} },
            ],
          },
          { role: 'system', content: 'three' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'so?' },
              { type: 'tool_result', tool_use_id: 't1', is_error: true, content: 'no' },
              {
                type: 'tool_result',
                tool_use_id: 't2',
                content: [
                  { type: 'text', text: 'yes' },
                  {
                    type: 'image',
                    source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' },
                  },
                ],
              },
            ],
          },
        ],
      });
      expect(answer.status).toBe(200);
      const [request] = upstream.received;
      expect(request?.url).toBe('/v1/chat/completions');
      expect(request?.headers).toMatchObject({ authorization: 'Bearer sk-chat', 'x-team': 'platform' });
      expect(request?.headers['user-agent']).toMatch(/^muxgate\//);
      expect(request?.headers['x-api-key']).toBeUndefined();
      expect(sent()).toEqual({
        model: 'gpt-up',
        max_tokens: 100,
        temperature: 0.5,
        stop: ['END'],
        parallel_tool_calls: false,
        tool_choice: 'required',
        tools: [
          {
            type: 'function',
            function: { name: 'look', description: 'looks', parameters: { type: 'object' } },
          },
        ],
        messages: [
          { role: 'system', content: 'one\n\ntwo' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'see' },
              { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
              {
                type: 'file',
                file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
              },
            ],
          },
          {
            role: 'assistant',
            content: 'looking',
            tool_calls: [
              { id: 't1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } },
              { id: 't2', type: 'function', function: { name: 'look', arguments: '{}' } },
            ],
          },
          { role: 'tool', tool_call_id: 't1', content: '{"error":"no"}' },
          { role: 'tool', tool_call_id: 't2', content: 'yes' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Returned by tool call t2:' },
              { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
            ],
          },
          { role: 'system', content: 'three' },
          { role: 'user', content: 'so?' },
        ],
      });
      expect(answer.headers['x-muxgate-dropped']?.toString().split(', ').toSorted()).toEqual([
        'cache_control',
        'metadata',
        'system.billing_header',
        'thinking',
        'tools.web_search_20250305',
        'top_k',
      ]);
      expect(parsed(answer)).toMatchObject({
        type: 'message',
        model: 'to-chat',
        stop_reason: 'end_turn',
        usage: { input_tokens: 6, cache_read_input_tokens: 4, output_tokens: 2 },
      });
    });

    it('carry a Chat conversation to Anthropic whole, thoughts with their signatures', async () => {
      upstream.answer = json(200, MESSAGE);
      const answer = await ask('chat', {
        model: 'to-anthropic',
        max_completion_tokens: 100,
        stop: 'END',
        seed: 1,
        tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }],
        tool_choice: { type: 'function', function: { name: 'look' } },
        parallel_tool_calls: false,
        messages: [
          { role: 'system', content: [{ type: 'text', text: 'one', cache_control: { type: 'ephemeral' } }] },
          { role: 'user', content: 'see' },
          {
            role: 'assistant',
            content: null,
            reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature: 'sig' }],
            tool_calls: [
              { id: 'functions.look:0', type: 'function', function: { name: 'look', arguments: '{"at":1}' } },
            ],
          },
          { role: 'tool', tool_call_id: 'functions.look:0', content: 'yes' },
          { role: 'developer', content: 'two' },
          { role: 'user', content: 'so?' },
        ],
      });
      expect(answer.status).toBe(200);
      const [request] = upstream.received;
      expect(request?.url).toBe('/v1/messages');
      expect(request?.headers['anthropic-version']).toBe('2023-06-01');
      expect(sent()).toMatchObject({
        model: 'claude-up',
        max_tokens: 100,
        stop_sequences: ['END'],
        system: [{ type: 'text', text: 'one', cache_control: { type: 'ephemeral' } }],
        tool_choice: { type: 'tool', name: 'look', disable_parallel_tool_use: true },
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'see' }] },
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'hm', signature: 'sig' },
              { type: 'tool_use', id: 'functions_look_0', name: 'look', input: { at: 1 } },
            ],
          },
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: 'functions_look_0', content: 'yes' }],
          },
          { role: 'system', content: [{ type: 'text', text: 'two' }] },
          { role: 'user', content: [{ type: 'text', text: 'so?' }] },
        ],
      });
      expect(answer.headers['x-muxgate-dropped']).toBe('seed');
      expect(parsed(answer)).toMatchObject({
        model: 'to-anthropic',
        choices: [{ message: { content: 'fine' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 13, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } },
      });
    });

    it('carry late instructions and keys to Gemini as it takes them', async () => {
      upstream.answer = json(200, {
        candidates: [{ content: { role: 'model', parts: [{ text: 'fine' }] }, finishReason: 'STOP' }],
      });
      const answer = await ask('chat', {
        model: 'to-gemini',
        messages: [
          { role: 'system', content: 'one' },
          { role: 'user', content: 'hi' },
          { role: 'system', content: 'two' },
          { role: 'user', content: 'so?' },
        ],
      });
      expect(answer.status).toBe(200);
      expect(upstream.received[0]?.url).toBe('/v1beta/models/gemini-up:generateContent');
      expect(upstream.received[0]?.headers['x-goog-api-key']).toBe('sk-gemini');
      expect(upstream.received[0]?.headers.authorization).toBeUndefined();
      expect(sent()).toMatchObject({
        systemInstruction: { parts: [{ text: 'one' }] },
        contents: [
          { parts: [{ text: 'hi' }] },
          { parts: [{ text: '<system>\ntwo\n</system>' }] },
          { parts: [{ text: 'so?' }] },
        ],
      });
    });

    it('are refused where the client’s own API would refuse them', async () => {
      const body = says('messages', 'to-chat');
      const version = { 'anthropic-version': '2026-10-21' };
      const sampled = await ask('messages', { ...body, temperature: 1 }, version);
      expect(sampled.status).toBe(400);
      expect(parsed(sampled)).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
      upstream.answer = json(200, COMPLETION);
      expect((await ask('messages', body, version)).status).toBe(200);
      const older = { 'anthropic-version': '2023-06-01' };
      expect((await ask('messages', { ...body, temperature: 1 }, older)).status).toBe(200);
      const stored = await ask('responses', {
        model: 'to-anthropic',
        previous_response_id: 'resp_1',
        input: 'hi',
      });
      expect(stored.status).toBe(400);
      expect(stored.text).toContain('previous_response_id');
      expect((await ask('chat', { model: 'to-anthropic' })).status).toBe(400);
    });
  });

  describe('refusals of the upstream', () => {
    it.each([
      ['messages', 'to-chat', 529, { error: { message: 'busy', type: 'server_error' } }, 'overloaded_error'],
      ['messages', 'to-chat', 429, { error: { message: 'slow down', type: 'requests' } }, 'rate_limit_error'],
      [
        'messages',
        'to-responses',
        400,
        { error: { message: 'bad', type: 'invalid_request_error' } },
        'invalid_request_error',
      ],
      [
        'messages',
        'to-gemini',
        503,
        { error: { code: 503, message: 'gone', status: 'UNAVAILABLE' } },
        'api_error',
      ],
      [
        'chat',
        'to-anthropic',
        529,
        { type: 'error', error: { type: 'overloaded_error', message: 'busy' } },
        'server_error',
      ],
      [
        'responses',
        'to-anthropic',
        404,
        { type: 'error', error: { type: 'not_found_error', message: 'none' } },
        'invalid_request_error',
      ],
    ])('%s %s: keeps status %i in its own envelope', async (surface, model, status, body, type) => {
      for (const stream of [false, true]) {
        upstream.answer = json(status, body, { 'retry-after': '7' });
        const answer = await ask(surface, says(surface, model, stream));
        expect(answer.status).toBe(status);
        expect(answer.headers['retry-after']).toBe('7');
        expect(parsed(answer)['error']).toMatchObject({ type, message: body.error.message });
        expect(upstream.received.length).toBe(1);
        upstream.received.length = 0;
      }
    });

    it('that are no JSON still keep their status', async () => {
      upstream.answer = (_request, res) =>
        void res.writeHead(502, { 'content-type': 'text/html' }).end('<html>');
      const answer = await ask('messages', says('messages', 'to-chat'));
      expect(answer.status).toBe(502);
      expect(parsed(answer)).toMatchObject({ type: 'error', error: { type: 'api_error' } });
    });

    it('that come as the first event keep theirs too', async () => {
      upstream.answer = sse(fixture('anthropic-early-error'));
      const answer = await ask('chat', says('chat', 'to-anthropic', true));
      expect(answer.status).toBe(529);
      expect(parsed(answer)['error']).toMatchObject({ message: 'Overloaded' });
    });

    it('unreachable, private and silent providers are 502 and 504', async () => {
      expect((await ask('messages', says('messages', 'gone'))).status).toBe(502);
      expect((await ask('messages', says('messages', 'inside'))).status).toBe(502);
      upstream.answer = () => undefined;
      expect((await ask('messages', says('messages', 'to-chat'))).status).toBe(504);
    });
  });

  it('a refused token is replaced once and the request sent again', async () => {
    await connectCredential(gateway.vault, 'idp', 'old');
    upstream.answer = (request, res) => {
      if (request.headers.authorization === 'Bearer old')
        void connectCredential(gateway.vault, 'idp', 'new').then(() =>
          json(401, { error: { message: 'expired', type: 'x' } })(request, res),
        );
      else json(200, COMPLETION)(request, res);
    };
    const answer = await ask('messages', says('messages', 'secured'));
    expect(answer.status).toBe(200);
    expect(answer.headers['x-muxgate-attempts']).toBe('2');
    expect(upstream.received.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old',
      'Bearer new',
    ]);
  });

  it('a token refused after a ping is replaced as well', async () => {
    await connectCredential(gateway.vault, 'idp', 'late-old');
    await eventually(async () => (await gateway.vault.readAccess('idp'))?.accessToken === 'late-old');
    upstream.answer = (request, res) => {
      if (request.headers.authorization !== 'Bearer late-old')
        return sse(fixture('chat-text-no-usage'))(request, res);
      setTimeout(() => {
        void connectCredential(gateway.vault, 'idp', 'late-new').then(() =>
          json(401, { error: { message: 'expired', type: 'x' } })(request, res),
        );
      }, 400);
    };
    const { status, text } = await ask('messages', says('messages', 'secured', true));
    expect(status).toBe(200);
    expect(text).toMatch(/event: ping[^]*message_start[^]*message_stop/);
    expect(text).not.toContain('expired');
  });

  it('a burst of content and an error is a stream that failed', async () => {
    upstream.answer = sse(fixture('chat-error'));
    const { status, text } = await ask('messages', says('messages', 'to-chat', true));
    expect(status).toBe(200);
    expect(text).toMatch(/text_delta[^]*event: error/);
  });

  it('carry a Messages conversation to Responses whole', async () => {
    upstream.answer = json(200, {
      id: 'resp_1',
      created_at: 1,
      model: 'gpt-up',
      output: [
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'fine', annotations: [] }],
        },
      ],
      usage: { input_tokens: 10, input_tokens_details: { cached_tokens: 4 }, output_tokens: 2 },
    });
    const answer = await ask('messages', {
      model: 'to-responses',
      max_tokens: 100,
      system: [
        { type: 'text', text: 'one' },
        { type: 'text', text: 'two' },
      ],
      tools: [{ name: 'look', input_schema: { type: 'object' } }],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      stop_sequences: ['END'],
      messages: [
        {
          role: 'user',
          content: [{ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }],
        },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'look', input: { at: 1 } }] },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 't1', is_error: true, content: 'no' }],
        },
      ],
    });
    expect(answer.status).toBe(200);
    expect(sent()).toMatchObject({
      model: 'gpt-up',
      max_output_tokens: 100,
      store: false,
      parallel_tool_calls: false,
      tool_choice: 'auto',
      input: [
        { role: 'system', content: 'one\n\ntwo' },
        { role: 'user', content: [{ type: 'input_image', image_url: 'https://example.com/a.png' }] },
        { type: 'function_call', call_id: 't1', name: 'look', arguments: '{"at":1}' },
        { type: 'function_call_output', call_id: 't1', output: '{"error":"no"}' },
      ],
    });
    expect(answer.headers['x-muxgate-dropped']).toBe('stop');
    expect(parsed(answer)).toMatchObject({
      content: [{ type: 'text', text: 'fine' }],
      usage: { input_tokens: 6, cache_read_input_tokens: 4 },
    });
  });

  describe('broken streams end in the surface’s error event', () => {
    const chatStart = fixture('chat-text-no-usage').split('\n\n').slice(0, 3).join('\n\n') + '\n\n';
    const tool = (delta: object): string =>
      `data: ${JSON.stringify({ id: 'x', choices: [{ index: 0, delta: { tool_calls: [delta] } }] })}\n\n`;
    const chatEnd = (reason: string): string =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: reason }] })}\n\ndata: [DONE]\n\n`;
    const anthropic = fixture('anthropic-text').split('\n\n').slice(0, 4).join('\n\n') + '\n\n';
    const anthropicStart = fixture('anthropic-text').split('\n\n')[0] + '\n\n';
    const responses = fixture('../translated/responses-text').split('\n\n');
    const responsesStart =
      responses
        .slice(0, responses.findIndex((event) => event.includes('output_text.delta')) + 1)
        .join('\n\n') + '\n\n';
    const gemini = `data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts: [{ text: 'Hel' }] } }] })}\n\n`;

    const anthropicError = `${fixture('anthropic-error').split('\n\n').at(-2)}\n\n`;
    const table: [string, string, string, FakeUpstream['answer']][] = [
      ['chat without a finish reason', 'messages', 'to-chat', late(chatStart, 'data: [DONE]\n\n')],
      ['chat cut after an event', 'messages', 'to-chat', late(chatStart, '')],
      ['chat cut inside JSON', 'messages', 'to-chat', late(chatStart, 'data: {"choices":[{"ind')],
      [
        'chat with JSON that is broken',
        'responses',
        'to-chat',
        late(chatStart, `data: {"choices":[}\n\n${chatEnd('stop')}`),
      ],
      [
        'chat with an error',
        'messages',
        'to-chat',
        late(chatStart, fixture('chat-error').split('\n\n').slice(2).join('\n\n')),
      ],
      ['chat that falls silent', 'messages', 'to-chat', sse(chatStart, false)],
      [
        'chat that is reset',
        'messages',
        'to-chat',
        (request, res) => {
          void sse(chatStart, false)(request, res);
          setTimeout(() => res.socket?.resetAndDestroy(), 30);
        },
      ],
      [
        'a chat tool call whose arguments break off',
        'messages',
        'to-chat',
        late(
          chatStart,
          `${tool({ index: 0, id: 'a', function: { name: 'look', arguments: '{"at":' } })}${chatEnd('tool_calls')}`,
        ),
      ],
      ['anthropic without its end', 'chat', 'to-anthropic', late(anthropic, '')],
      [
        'anthropic that begins twice',
        'chat',
        'to-anthropic',
        late(anthropic, anthropicStart + fixture('anthropic-text')),
      ],
      [
        'anthropic with a block that begins twice',
        'responses',
        'to-anthropic',
        late(anthropic, fixture('anthropic-text').split('\n\n').slice(2).join('\n\n')),
      ],
      ['anthropic with an error', 'chat', 'to-anthropic', late(anthropic, anthropicError)],
      [
        'anthropic with an error, for Responses',
        'responses',
        'to-anthropic',
        late(anthropic, anthropicError),
      ],
      ['anthropic that falls silent', 'responses', 'to-anthropic', sse(anthropic, false)],
      ['responses without their end', 'messages', 'to-responses', late(responsesStart, '')],
      [
        'responses that fail',
        'chat',
        'to-responses',
        late(
          responsesStart,
          fixture('responses-failed')
            .split('\n\n')
            .filter((event) => event.includes('response.failed'))
            .join('') + '\n\n',
        ),
      ],
      ['responses that fall silent', 'chat', 'to-responses', sse(responsesStart, false)],
      ['gemini without a finish reason', 'messages', 'to-gemini', late(gemini, '')],
      ['gemini cut inside JSON', 'chat', 'to-gemini', late(gemini, 'data: {"candi')],
      [
        'gemini with an error',
        'messages',
        'to-gemini',
        late(gemini, `data: {"error":{"code":503,"message":"gone","status":"UNAVAILABLE"}}\n\n`),
      ],
    ];

    it.each(table)('%s (%s %s)', async (_name, surface, model, answer) => {
      const before = await metric(/^muxgate_stream_failures_total\{.*phase="mid_stream".*\} (\d+)$/);
      upstream.answer = answer;
      const { status, text } = await ask(surface, says(surface, model, true));
      expect(status).toBe(200);
      const last = text.trimEnd().split('\n\n').at(-1) ?? '';
      expect(last).toContain('"error"');
      expect(last.startsWith('event: error\n')).toBe(surface !== 'chat');
      for (const end of ['message_stop', '[DONE]', 'response.completed', 'finish_reason":"stop'])
        expect(text).not.toContain(end);
      expect(await metric(/^muxgate_stream_failures_total\{.*phase="mid_stream".*\} (\d+)$/)).toBe(
        before + 1,
      );
    });
  });

  it('fills silences with pings, and tells in the committed head what was dropped', async () => {
    upstream.answer = (request, res) =>
      void setTimeout(() => sse(fixture('chat-text-no-usage'))(request, res), 500);
    const answer = await ask('messages', {
      ...says('messages', 'to-chat', true),
      metadata: { user_id: 'u' },
    });
    expect(answer.text).toContain('event: ping');
    expect(answer.text).toContain('message_stop');
    expect(answer.headers['x-muxgate-dropped']).toBe('metadata');
  });

  it('a client that leaves stops the upstream, and what it used is counted', async () => {
    const before = await metric(/^muxgate_tokens_total\{type="output",model="to-chat".*\} (\d+)$/);
    upstream.answer = sse(
      fixture('chat-text-no-usage').split('\n\n').slice(0, 4).join('\n\n') + '\n\n',
      false,
    );
    const req = httpRequest(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': gateway.key },
    });
    req.on('error', () => undefined);
    req.on('response', (res) => res.once('data', () => req.destroy()));
    req.end(JSON.stringify(says('messages', 'to-chat', true)));
    await eventually(() => upstream.aborted === 1);
    await eventually(async () =>
      expect(await metric(/^muxgate_tokens_total\{type="output",model="to-chat".*\} (\d+)$/)).toBeGreaterThan(
        before,
      ),
    );
  });

  it('no stream keeps the conversation that it answers', async () => {
    const body = JSON.stringify({
      ...says('messages', 'to-chat', true),
      messages: [{ role: 'user', content: 'y'.repeat(1_000_000) }],
    });
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const used = (): number => {
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return (heapUsed + arrayBuffers) / 1e6;
    };
    const beat = fixture('chat-text-no-usage').split('\n\n')[2] ?? '';
    upstream.answer = (_request, res) => {
      upstream.received.length = 0;
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => res.write(`${beat}\n\n`), 100);
      res.on('close', () => clearInterval(timer));
    };
    const before = used();
    let begun = 0;
    const clients = Array.from({ length: 30 }, () => {
      const req = httpRequest(`${gateway.url}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': gateway.key },
      });
      req.on('error', () => undefined);
      req.on('response', (res) => {
        res.once('data', () => begun++);
        res.resume();
      });
      req.end(body);
      return req;
    });
    await eventually(() => begun === 30);
    await eventually(() => expect(used() - before).toBeLessThan(12));
    for (const client of clients) client.destroy();
    await eventually(() => upstream.aborted === 30);
  });

  it('a client that does not read holds the upstream back', async () => {
    let written = 0;
    const event = fixture('chat-text-no-usage')
      .split('\n\n')
      .find((each) => each.includes('Hello'));
    const chunk = `${event?.replace('Hello', 'x'.repeat(8_000))}\n\n`;
    const pour = (res: ServerResponse): void => {
      while (written < 5_000 && res.write(chunk)) written++;
      if (written < 5_000) res.once('drain', () => pour(res));
    };
    upstream.answer = (_request, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      pour(res);
    };
    const req = httpRequest(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': gateway.key },
    });
    req.on('error', () => undefined);
    req.on('response', (res) => res.pause());
    req.end(JSON.stringify(says('messages', 'to-chat', true)));
    let last = -1;
    await eventually(() => {
      const still = written > 0 && written === last;
      last = written;
      return still;
    });
    expect(written).toBeLessThan(4_000);
    req.destroy();
    await eventually(() => upstream.aborted === 1);
  });
});
