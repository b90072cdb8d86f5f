import { describe, expect, it } from 'vitest';
import { connectCredential, json } from './gateway.support.ts';
import {
  COMPLETION,
  fixture,
  MESSAGE,
  parsed,
  says,
  sse,
  TranslatingGateway,
} from './translation.support.ts';

describe('translation on the wire', () => {
  const world = new TranslatingGateway();
  const { ask, sent } = world;

  describe('requests', () => {
    it('carry an Anthropic conversation to Chat whole, and name what stays behind', async () => {
      world.upstream.answer = json(200, COMPLETION);
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
      const [request] = world.upstream.received;
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
      world.upstream.answer = json(200, MESSAGE);
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
      const [request] = world.upstream.received;
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
      world.upstream.answer = json(200, {
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
      expect(world.upstream.received[0]?.url).toBe('/v1beta/models/gemini-up:generateContent');
      expect(world.upstream.received[0]?.headers['x-goog-api-key']).toBe('sk-gemini');
      expect(world.upstream.received[0]?.headers.authorization).toBeUndefined();
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
      world.upstream.answer = json(200, COMPLETION);
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
        world.upstream.answer = json(status, body, { 'retry-after': '7' });
        const answer = await ask(surface, says(surface, model, stream));
        expect(answer.status).toBe(status);
        expect(answer.headers['retry-after']).toBe('7');
        expect(parsed(answer)['error']).toMatchObject({ type, message: body.error.message });
        expect(world.upstream.received.length).toBe(1);
        world.upstream.received.length = 0;
      }
    });

    it('that are no JSON still keep their status', async () => {
      world.upstream.answer = (_request, res) =>
        void res.writeHead(502, { 'content-type': 'text/html' }).end('<html>');
      const answer = await ask('messages', says('messages', 'to-chat'));
      expect(answer.status).toBe(502);
      expect(parsed(answer)).toMatchObject({ type: 'error', error: { type: 'api_error' } });
    });

    it('that come as the first event keep theirs too', async () => {
      world.upstream.answer = sse(fixture('anthropic-early-error'));
      const answer = await ask('chat', says('chat', 'to-anthropic', true));
      expect(answer.status).toBe(529);
      expect(parsed(answer)['error']).toMatchObject({ message: 'Overloaded' });
    });

    it('unreachable, private and silent providers are 502 and 504', async () => {
      expect((await ask('messages', says('messages', 'gone'))).status).toBe(502);
      expect((await ask('messages', says('messages', 'inside'))).status).toBe(502);
      world.upstream.answer = () => undefined;
      expect((await ask('messages', says('messages', 'to-chat'))).status).toBe(504);
    });
  });

  it('a refused token is replaced once and the request sent again', async () => {
    await connectCredential(world.gateway.vault, 'idp', 'old');
    world.upstream.answer = (request, res) => {
      if (request.headers.authorization === 'Bearer old')
        void connectCredential(world.gateway.vault, 'idp', 'new').then(() =>
          json(401, { error: { message: 'expired', type: 'x' } })(request, res),
        );
      else json(200, COMPLETION)(request, res);
    };
    const answer = await ask('messages', says('messages', 'secured'));
    expect(answer.status).toBe(200);
    expect(answer.headers['x-muxgate-attempts']).toBe('2');
    expect(world.upstream.received.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old',
      'Bearer new',
    ]);
  });

  it('carry a Messages conversation to Responses whole', async () => {
    world.upstream.answer = json(200, {
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
});
