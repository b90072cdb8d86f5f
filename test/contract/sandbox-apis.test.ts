import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type Sandbox } from '../../services/sandbox/src/sandbox.js';
import { connect, postJson, sandboxStats } from './sandbox-client.js';

let sandbox: Sandbox;
let token: string;
let anthropic: Anthropic;
let openai: OpenAI;
beforeAll(async () => {
  sandbox = await createSandbox({ host: '127.0.0.1', port: 0, accessTokenSeconds: 600 });
  token = (await connect(sandbox.url)).access_token;
  anthropic = new Anthropic({ baseURL: sandbox.url, apiKey: token, maxRetries: 0 });
  openai = new OpenAI({ baseURL: `${sandbox.url}/v1`, apiKey: token, maxRetries: 0 });
});
afterAll(() => sandbox.close());

const schema = {
  type: 'object' as const,
  properties: {
    city: { type: 'string' },
    unit: { type: 'string', enum: ['celsius', 'fahrenheit'] },
    days: { type: 'integer', minimum: 3 },
  },
  required: ['city', 'unit', 'days'],
};
const question = 'What is the weather in Paris?';
const expectedInput = { city: 'Paris', unit: 'celsius', days: 3 };

describe('Anthropic Messages', () => {
  const base = { model: 'claude-sandbox-1', max_tokens: 256 };
  const user = (content: string): { role: 'user'; content: string } => ({ role: 'user', content });
  const tools = ['get_weather', 'get_forecast'].map((name) => ({ name, input_schema: schema }));

  it('answers JSON and the same text as a stream, with equal usage', async () => {
    const messages = [user('Hello there')];
    const whole = await anthropic.messages.create({ ...base, messages });
    const streamed = await anthropic.messages.stream({ ...base, messages }).finalMessage();
    expect(whole.content[0]).toMatchObject({ type: 'text' });
    expect(JSON.stringify(whole.content)).toContain('Hello there');
    expect(streamed.content).toEqual(whole.content);
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens);
    expect([whole.stop_reason, streamed.stop_reason]).toEqual(['end_turn', 'end_turn']);
    const counted = await anthropic.messages.countTokens({ model: base.model, messages });
    expect(counted.input_tokens).toBe(whole.usage.input_tokens);
  });

  it('calls a tool by its schema, then quotes the result', async () => {
    const asked = [user(question)];
    for (const message of [
      await anthropic.messages.create({ ...base, messages: asked, tools }),
      await anthropic.messages.stream({ ...base, messages: asked, tools }).finalMessage(),
    ]) {
      expect(message.stop_reason).toBe('tool_use');
      expect(message.content).toMatchObject([
        { type: 'tool_use', name: 'get_weather', input: expectedInput },
      ]);
      const [call] = message.content;
      if (call?.type !== 'tool_use') throw new Error('no tool call');
      const result = { type: 'tool_result' as const, tool_use_id: call.id, content: 'Rain, 11 degrees' };
      const final = await anthropic.messages.create({
        ...base,
        tools,
        messages: [
          ...asked,
          { role: 'assistant', content: message.content },
          { role: 'user', content: [result] },
        ],
      });
      expect(final.stop_reason).toBe('end_turn');
      expect(JSON.stringify(final.content)).toContain('Rain, 11 degrees');
    }
  });

  it('calls several tools at once when asked, the named one when forced, and none when forbidden', async () => {
    const parallel = [user(`${question} In parallel, please.`)];
    const both = await anthropic.messages.stream({ ...base, messages: parallel, tools }).finalMessage();
    expect(both.content.map((block) => (block.type === 'tool_use' ? block.name : block.type))).toEqual([
      'get_weather',
      'get_forecast',
    ]);
    const forced = await anthropic.messages.create({
      ...base,
      messages: [user('hi')],
      tools,
      tool_choice: { type: 'tool', name: 'get_forecast' },
    });
    expect(forced.content).toMatchObject([{ name: 'get_forecast' }]);
    const none = await anthropic.messages.create({
      ...base,
      messages: parallel,
      tools,
      tool_choice: { type: 'none' },
    });
    expect(none.content).toMatchObject([{ type: 'text' }]);
  });

  it('leaves the tools of a coding agent alone unless one is named', async () => {
    const many = Array.from({ length: 24 }, (_, at) => ({ name: `Tool${at}`, input_schema: schema }));
    const quiet = await anthropic.messages.create({ ...base, messages: [user('hello')], tools: many });
    expect(quiet.stop_reason).toBe('end_turn');
    const named = await anthropic.messages.create({
      ...base,
      messages: [user('please use Tool7')],
      tools: many,
    });
    expect(named.content).toMatchObject([{ type: 'tool_use', name: 'Tool7' }]);
  });

  it.each([{ type: 'adaptive' as const }, { type: 'enabled' as const, budget_tokens: 1024 }])(
    'thinks before it answers: %o',
    async (thinking) => {
      const params = { ...base, max_tokens: 2048, messages: [user('hm')], thinking };
      for (const message of [
        await anthropic.messages.create(params),
        await anthropic.messages.stream(params).finalMessage(),
      ]) {
        expect(message.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
        expect(message.content[0]).toMatchObject({ signature: expect.stringMatching(/.{20}/) as string });
        expect(message.usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(0);
      }
    },
  );

  it('writes a marked prefix to the prompt cache once and reads it afterwards', async () => {
    const system = [
      {
        type: 'text' as const,
        text: 'Rules of the house. '.repeat(100),
        cache_control: { type: 'ephemeral' as const },
      },
    ];
    const ask = (text: string): Promise<Anthropic.Message> =>
      anthropic.messages.create({ ...base, system, messages: [user(text)] });
    const first = (await ask('one')).usage;
    const second = (await ask('two')).usage;
    expect(first).toMatchObject({ cache_read_input_tokens: 0 });
    expect(first.cache_creation_input_tokens).toBeGreaterThan(400);
    expect(second).toMatchObject({
      cache_read_input_tokens: first.cache_creation_input_tokens,
      cache_creation_input_tokens: 0,
      input_tokens: first.input_tokens,
    });
  });

  it('stops at max_tokens', async () => {
    const message = await anthropic.messages.create({ ...base, max_tokens: 2, messages: [user('hello')] });
    expect(message.stop_reason).toBe('max_tokens');
  });

  it('sends the wire of a real stream: ping, ids, rate limits, both versions, both credential headers', async () => {
    for (const headers of [
      { 'x-api-key': token, 'anthropic-version': '2023-06-01' },
      { authorization: `Bearer ${token}`, 'anthropic-version': '2026-10-21' },
    ]) {
      const response = await postJson(
        `${sandbox.url}/v1/messages?beta=true`,
        { ...base, stream: true, messages: [{ role: 'system', content: 'be brief' }, user('x')] },
        headers,
      );
      const events = [...(await response.text()).matchAll(/^event: (\w+)$/gm)].map(([, name]) => name);
      expect(events.slice(0, 3)).toEqual(['message_start', 'ping', 'content_block_start']);
      expect(events.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
      expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
      expect(response.headers.get('request-id')).toMatch(/^req_/);
      expect(response.headers.get('anthropic-ratelimit-output-tokens-remaining')).toMatch(/^\d+$/);
    }
  });

  it('refuses in its own envelope what the real one refuses', async () => {
    const messages = [user('x')];
    const refusal = async (call: Promise<unknown>): Promise<unknown> =>
      call.then(
        () => 'accepted',
        (error: unknown) => error,
      );
    const stranger = new Anthropic({ baseURL: sandbox.url, apiKey: 'not-a-token', maxRetries: 0 });
    expect(await refusal(stranger.messages.create({ ...base, messages }))).toBeInstanceOf(
      Anthropic.AuthenticationError,
    );
    expect(
      await refusal(anthropic.messages.create({ ...base, model: 'gpt-sandbox-1', messages })),
    ).toMatchObject({
      status: 404,
      error: {
        type: 'error',
        error: { type: 'not_found_error' },
        request_id: expect.stringMatching(/^req_/) as string,
      },
    });
    for (const wrong of [
      { messages: [] },
      { messages, max_tokens: 0 },
      { messages: [{ role: 'wizard', content: 'x' }] },
      { messages, temperature: 1 },
    ]) {
      expect(
        await refusal(anthropic.messages.create({ ...base, ...(wrong as { messages: [] }) })),
      ).toBeInstanceOf(Anthropic.BadRequestError);
    }
  });

  it('lists its models', async () => {
    const ids = (await anthropic.models.list()).data.map(({ id }) => id);
    expect(ids).toContain('claude-sandbox-1');
    expect((await anthropic.models.retrieve('claude-sandbox-1')).type).toBe('model');
    await expect(anthropic.models.retrieve('nothing')).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  });
});

describe('OpenAI Chat', () => {
  const model = 'gpt-sandbox-1';
  const messages = [{ role: 'user' as const, content: question }];
  const tools = ['get_weather', 'get_forecast'].map((name) => ({
    type: 'function' as const,
    function: { name, parameters: schema },
  }));

  it('answers JSON and the same text as a stream; usage in the stream only when asked for', async () => {
    const whole = await openai.chat.completions.create({ model, messages });
    expect(whole.choices[0]?.message.content).toContain(question);
    for (const include of [true, false]) {
      const stream = await openai.chat.completions.create({
        model,
        messages,
        stream: true,
        stream_options: { include_usage: include },
      });
      let text = '';
      let usage: OpenAI.CompletionUsage | undefined;
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? '';
        usage = chunk.usage ?? usage;
      }
      expect(text).toBe(whole.choices[0]?.message.content);
      expect(usage).toEqual(include ? whole.usage : undefined);
    }
  });

  it('calls tools, streamed and whole, one or several, and quotes the result', async () => {
    const whole = await openai.chat.completions.create({ model, messages, tools });
    const runner = openai.chat.completions.stream({ model, messages, tools });
    const streamed = (await runner.finalChatCompletion()).choices[0]?.message;
    for (const message of [whole.choices[0]?.message, streamed]) {
      const [call] = message?.tool_calls ?? [];
      if (call?.type !== 'function') throw new Error('no tool call');
      expect(call.function.name).toBe('get_weather');
      expect(JSON.parse(call.function.arguments)).toEqual(expectedInput);
    }
    expect(whole.choices[0]?.finish_reason).toBe('tool_calls');
    const call = whole.choices[0]?.message;
    if (call === undefined) throw new Error('no message');
    const final = await openai.chat.completions.create({
      model,
      tools,
      messages: [
        ...messages,
        call,
        { role: 'tool', tool_call_id: call.tool_calls?.[0]?.id ?? '', content: 'Rain' },
      ],
    });
    expect(final.choices[0]?.message.content).toContain('Rain');
    const both = await openai.chat.completions.create({
      model,
      tools,
      messages: [{ role: 'user', content: 'both in parallel' }],
    });
    expect(both.choices[0]?.message.tool_calls).toHaveLength(2);
  });

  it('reads long prompts from the prompt cache, counts reasoning, follows a JSON schema', async () => {
    const long = [{ role: 'system' as const, content: 'Rules of this house. '.repeat(400) }, ...messages];
    const first = await openai.chat.completions.create({ model, messages: long, reasoning_effort: 'low' });
    const second = await openai.chat.completions.create({ model, messages: long, reasoning_effort: 'low' });
    expect(first.usage?.prompt_tokens_details?.cached_tokens).toBe(0);
    expect(second.usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThanOrEqual(1024);
    expect(second.usage?.prompt_tokens).toBe(first.usage?.prompt_tokens);
    expect(first.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0);
    const structured = await openai.chat.completions.create({
      model,
      messages,
      response_format: { type: 'json_schema', json_schema: { name: 'weather', schema } },
    });
    expect(JSON.parse(structured.choices[0]?.message.content ?? '')).toEqual(expectedInput);
  });

  it('refuses in its own envelope what the real one refuses', async () => {
    const stranger = new OpenAI({ baseURL: `${sandbox.url}/v1`, apiKey: 'not-a-token', maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
    await expect(
      openai.chat.completions.create({ model: 'claude-sandbox-1', messages }),
    ).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    await expect(openai.chat.completions.create({ model, messages: [] })).rejects.toBeInstanceOf(
      OpenAI.BadRequestError,
    );
    const broken = await fetch(`${sandbox.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: '{"model":',
    });
    expect(broken.status).toBe(400);
    expect(await broken.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    expect((await openai.models.list()).data.map(({ id }) => id)).toContain(model);
  });
});

describe('OpenAI Responses', () => {
  const model = 'gpt-sandbox-1';
  const tools = ['get_weather', 'get_forecast'].map((name) => ({
    type: 'function' as const,
    name,
    parameters: schema,
    strict: false,
  }));

  it('answers JSON and the same as a stream, in numbered events', async () => {
    const whole = await openai.responses.create({ model, input: question });
    expect(whole.output_text).toContain(question);
    const stream = openai.responses.stream({ model, input: question });
    const numbers: number[] = [];
    for await (const event of stream) numbers.push(event.sequence_number);
    expect(numbers).toEqual(numbers.map((_, at) => at));
    const final = await stream.finalResponse();
    expect(final.output_text).toBe(whole.output_text);
    expect(final.status).toBe('completed');
    expect(final.usage).toEqual(whole.usage);
  });

  it('reasons when asked, calls tools by their schema, and quotes the result', async () => {
    const params = { model, input: `${question} In parallel.`, tools, reasoning: { effort: 'low' as const } };
    for (const response of [
      await openai.responses.create(params),
      await openai.responses.stream(params).finalResponse(),
    ]) {
      expect(response.output.map(({ type }) => type)).toEqual([
        'reasoning',
        'function_call',
        'function_call',
      ]);
      const call = response.output[1];
      if (call?.type !== 'function_call') throw new Error('no call');
      expect(JSON.parse(call.arguments)).toMatchObject(expectedInput);
      expect(response.usage?.output_tokens_details.reasoning_tokens).toBeGreaterThan(0);
      const final = await openai.responses.create({
        model,
        tools,
        input: [
          { role: 'user', content: question },
          call,
          { type: 'function_call_output', call_id: call.call_id, output: 'Snow at last' },
        ],
      });
      expect(final.output_text).toContain('Snow at last');
    }
  });

  it('stops at max_output_tokens, and refuses an unknown model and an unknown previous response', async () => {
    const cut = await openai.responses.create({ model, input: question, max_output_tokens: 2 });
    expect(cut).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
    await expect(openai.responses.create({ model: 'nothing', input: 'x' })).rejects.toMatchObject({
      status: 404,
    });
    await expect(
      openai.responses.create({ model, input: 'x', previous_response_id: 'resp_1' }),
    ).rejects.toMatchObject({ status: 400, param: 'previous_response_id' });
  });
});

it('bills what the answers said they used', async () => {
  const before = (await sandboxStats(sandbox.url)).api.billedTokens;
  const { usage } = await anthropic.messages.create({
    model: 'claude-sandbox-1',
    max_tokens: 64,
    messages: [{ role: 'user', content: 'bill me' }],
  });
  const after = (await sandboxStats(sandbox.url)).api.billedTokens;
  expect(after.input - before.input).toBe(usage.input_tokens);
  expect(after.output - before.output).toBe(usage.output_tokens);
});
