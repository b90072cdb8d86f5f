import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type Sandbox } from '../../services/sandbox/src/sandbox.ts';
import { startRedis } from '../support/redis.ts';
import { connectCredential, startGateway, type TestGateway } from './gateway.support.ts';
import { connect } from './sandbox-client.ts';

const provider = (name: string, protocol: string, baseUrl: string): string =>
  `  - { name: ${name}, protocol: ${protocol}, baseUrl: "${baseUrl}", auth: { type: oauth, credential: sandbox }, allowPrivateNetwork: true }`;
const yaml = (sandbox: string): string => `
version: 1
oauthProviders:
  - { name: sandbox, grant: authorization_code, issuer: "${sandbox}", clientId: muxgate, clientAuthentication: none, scopes: [llm.invoke], allowPrivateNetwork: true }
providers:
${provider('a', 'anthropic-messages', sandbox)}
${provider('o', 'openai-chat', `${sandbox}/v1`)}
${provider('r', 'openai-responses', `${sandbox}/v1`)}
${provider('g', 'gemini', `${sandbox}/v1beta`)}
models:
  - { name: claude, targets: [{ provider: a, model: claude-sandbox-1 }] }
  - { name: via-chat, targets: [{ provider: o, model: gpt-sandbox-1 }] }
  - { name: via-responses, targets: [{ provider: r, model: gpt-sandbox-1 }] }
  - { name: via-gemini, targets: [{ provider: g, model: gemini-sandbox-1 }] }
`;
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const SCHEMA = {
  type: 'object' as const,
  properties: { city: { type: 'string' as const } },
  required: ['city'],
  additionalProperties: false,
};
const NAMES = ['weather', 'news'];

describe('the vendors’ own SDKs at targets that speak another protocol', () => {
  let sandbox: Sandbox;
  let gateway: TestGateway;
  let anthropic: Anthropic;
  let openai: OpenAI;

  beforeAll(async () => {
    const redis = await startRedis();
    sandbox = await createSandbox({ host: '127.0.0.1', port: 0, accessTokenSeconds: 600 });
    gateway = await startGateway(redis.url, yaml(sandbox.url));
    const tokens = await connect(sandbox.url);
    await connectCredential(gateway.vault, 'sandbox', tokens.access_token);
    anthropic = new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 });
    openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 });
  });
  afterAll(async () => {
    await gateway?.shutDown();
    await sandbox?.close();
  });

  describe.each(['via-chat', 'via-responses', 'via-gemini'])('@anthropic-ai/sdk %s', (model) => {
    const base = { model, max_tokens: 500 };
    const tools = NAMES.map((name) => ({ name, description: `the ${name}`, input_schema: SCHEMA }));
    const send = (
      streaming: boolean,
      body: Omit<Anthropic.MessageCreateParamsNonStreaming, 'model' | 'max_tokens'>,
    ) =>
      streaming
        ? anthropic.messages.stream({ ...base, ...body }).finalMessage()
        : anthropic.messages.create({ ...base, ...body });

    describe.each([true, false])('streaming: %s', (streaming) => {
      it('gets an answer under the name it asked for, with its cost', async () => {
        const message = await send(streaming, {
          system: [{ type: 'text', text: 'be brief', cache_control: { type: 'ephemeral' } }],
          messages: [{ role: 'user', content: 'hello there' }],
        });
        expect(message.model).toBe(model);
        expect(message.content.find(({ type }) => type === 'text')).toMatchObject({
          text: expect.stringContaining('hello there'),
        });
        expect(message.stop_reason).toBe('end_turn');
        expect(message.usage.input_tokens).toBeGreaterThan(0);
        expect(message.usage.output_tokens).toBeGreaterThan(0);
      });

      it('calls tools in parallel and takes all their results, over several turns', async () => {
        const question = { role: 'user' as const, content: 'both in parallel for me in Oslo' };
        const first = await send(streaming, { tools, messages: [question] });
        const uses = first.content.filter((block) => block.type === 'tool_use');
        expect(first.stop_reason).toBe('tool_use');
        expect(uses.map(({ name, input }) => ({ name, input }))).toEqual(
          NAMES.map((name) => ({ name, input: { city: 'Oslo' } })),
        );
        expect(new Set(uses.map(({ id }) => id)).size).toBe(2);
        const second = await send(streaming, {
          tools,
          messages: [
            question,
            { role: 'assistant', content: first.content },
            {
              role: 'user',
              content: uses.map(({ id, name }, at) => ({
                type: 'tool_result' as const,
                tool_use_id: id,
                is_error: at === 1,
                content: `result of ${name}`,
              })),
            },
          ],
        });
        const text = second.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
        expect(second.stop_reason).toBe('end_turn');
        for (const name of NAMES) expect(text).toContain(`result of ${name}`);
      });

      it('sends images and documents, also as results of tools', async () => {
        const image = {
          type: 'image' as const,
          source: { type: 'base64' as const, media_type: 'image/png' as const, data: PIXEL },
        };
        const message = await send(streaming, {
          tools,
          messages: [
            { role: 'user', content: [image, { type: 'text', text: 'what is on this picture' }] },
            {
              role: 'assistant',
              content: [{ type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'x' } }],
            },
            {
              role: 'user',
              content: [
                {
                  type: 'tool_result',
                  tool_use_id: 'toolu_1',
                  content: [{ type: 'text', text: 'a map' }, image],
                },
                {
                  type: 'document',
                  source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0xLjQK' },
                },
                { type: 'text', text: 'and the weather there' },
              ],
            },
          ],
        });
        expect(message.content.length).toBeGreaterThan(0);
      });

      it('stops at max_tokens and says so', async () => {
        const message = await send(streaming, { messages: [{ role: 'user', content: 'x '.repeat(50) }] });
        expect(message.stop_reason).toBe('end_turn');
        const short = await (streaming
          ? anthropic.messages
              .stream({ model, max_tokens: 3, messages: [{ role: 'user', content: 'long' }] })
              .finalMessage()
          : anthropic.messages.create({
              model,
              max_tokens: 3,
              messages: [{ role: 'user', content: 'long' }],
            }));
        expect(short.stop_reason).toBe('max_tokens');
      });

      it('keeps to a schema', async () => {
        const message = await send(streaming, {
          messages: [{ role: 'user', content: 'as JSON about Oslo' }],
          output_config: { format: { type: 'json_schema', schema: SCHEMA } },
        });
        const text = message.content.find((block) => block.type === 'text');
        expect(JSON.parse(text?.text ?? '')).toEqual({ city: expect.any(String) });
      });
    });

    it('counts tokens with a tokenizer', async () => {
      const messages = [{ role: 'user' as const, content: 'word '.repeat(1_000) }];
      const { input_tokens } = await anthropic.messages.countTokens({ model, messages });
      expect(input_tokens).toBeGreaterThan(990);
      expect(input_tokens).toBeLessThan(1_020);
    });
  });

  it('@anthropic-ai/sdk sees the thoughts of a Responses upstream', async () => {
    const message = await anthropic.messages
      .stream({
        model: 'via-responses',
        max_tokens: 8_000,
        thinking: { type: 'enabled', budget_tokens: 2_000 },
        messages: [{ role: 'user', content: 'think about it' }],
      })
      .finalMessage();
    expect(message.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
  });

  describe.each([true, false])('openai chat at an Anthropic upstream, streaming: %s', (streaming) => {
    type Body = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'model' | 'stream'>;
    const send = async (body: Body): Promise<OpenAI.ChatCompletion> =>
      streaming
        ? await openai.chat.completions
            .stream({ model: 'claude', ...body, stream_options: { include_usage: true } })
            .finalChatCompletion()
        : await openai.chat.completions.create({ model: 'claude', ...body });
    const tools = NAMES.map((name) => ({
      type: 'function' as const,
      function: { name, parameters: SCHEMA },
    }));

    it('gets an answer under the name it asked for, with its cost', async () => {
      const completion = await send({
        messages: [
          { role: 'developer', content: 'be brief' },
          { role: 'user', content: 'hello there' },
          { role: 'assistant', content: 'yes?' },
          { role: 'system', content: 'be kind too' },
          { role: 'user', content: 'hello again' },
        ],
      });
      expect(completion.model).toBe('claude');
      expect(completion.choices[0]).toMatchObject({
        finish_reason: 'stop',
        message: { content: expect.stringContaining('hello again') },
      });
      expect(completion.usage?.prompt_tokens).toBeGreaterThan(0);
      expect(completion.usage?.completion_tokens).toBeGreaterThan(0);
    });

    it('calls tools in parallel and takes all their results', async () => {
      const question = { role: 'user' as const, content: 'both in parallel for me in Oslo' };
      const first = await send({ tools, messages: [question] });
      const calls = (first.choices[0]?.message.tool_calls ?? []).filter((call) => call.type === 'function');
      expect(first.choices[0]?.finish_reason).toBe('tool_calls');
      expect(calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)])).toEqual(
        NAMES.map((name) => [name, { city: 'Oslo' }]),
      );
      const second = await send({
        tools,
        messages: [
          question,
          { role: 'assistant', content: null, tool_calls: calls },
          ...calls.map((call) => ({
            role: 'tool' as const,
            tool_call_id: call.id,
            content: `result of ${call.function.name}`,
          })),
        ],
      });
      for (const name of NAMES) expect(second.choices[0]?.message.content).toContain(`result of ${name}`);
    });

    it('sends images, thinks, and keeps to a schema', async () => {
      const completion = await send({
        reasoning_effort: 'low',
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'as JSON about Oslo' },
              { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
            ],
          },
        ],
      });
      expect(completion.choices[0]?.message).toMatchObject({
        reasoning_details: [{ text: expect.stringContaining('think'), signature: expect.any(String) }],
      });
      const structured = await send({
        messages: [{ role: 'user', content: 'as JSON about Oslo' }],
        response_format: { type: 'json_schema', json_schema: { name: 'place', schema: SCHEMA } },
      });
      expect(JSON.parse(structured.choices[0]?.message.content ?? '')).toEqual({ city: expect.any(String) });
    });
  });

  describe.each([true, false])('openai responses at an Anthropic upstream, streaming: %s', (streaming) => {
    type Body = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'model' | 'stream'>;
    const send = async (body: Body): Promise<OpenAI.Responses.Response> =>
      streaming
        ? await openai.responses.stream({ model: 'claude', ...body }).finalResponse()
        : await openai.responses.create({ model: 'claude', ...body });
    const tools = NAMES.map((name) => ({
      type: 'function' as const,
      name,
      parameters: SCHEMA,
      strict: false,
    }));

    it('gets an answer under the name it asked for, with its cost', async () => {
      const response = await send({ instructions: 'be brief', input: 'hello there' });
      expect(response).toMatchObject({ model: 'claude', status: 'completed' });
      expect(response.output_text).toContain('hello there');
      expect(response.usage?.input_tokens).toBeGreaterThan(0);
    });

    it('calls tools in parallel, after a thought that it sends back with its signature', async () => {
      const question = { role: 'user' as const, content: 'both in parallel for me in Oslo' };
      const settings = { tools, reasoning: { effort: 'low' as const }, store: false };
      const first = await send({ ...settings, input: [question] });
      expect(first.output.map(({ type }) => type)).toEqual(['reasoning', 'function_call', 'function_call']);
      const calls = first.output.filter((item) => item.type === 'function_call');
      const second = await send({
        ...settings,
        input: [
          question,
          ...(first.output as OpenAI.Responses.ResponseInputItem[]),
          ...calls.map(({ call_id, name }) => ({
            type: 'function_call_output' as const,
            call_id,
            output: `result of ${name}`,
          })),
        ],
      });
      for (const name of NAMES) expect(second.output_text).toContain(`result of ${name}`);
      expect(second.output[0]?.type).toBe('reasoning');
    });

    it('sends images and keeps to a schema', async () => {
      const response = await send({
        input: [
          {
            role: 'user',
            content: [
              { type: 'input_image', image_url: `data:image/png;base64,${PIXEL}`, detail: 'auto' },
              { type: 'input_text', text: 'as JSON about Oslo' },
            ],
          },
        ],
        text: { format: { type: 'json_schema', name: 'place', schema: SCHEMA } },
      });
      expect(JSON.parse(response.output_text)).toEqual({ city: expect.any(String) });
    });
  });
});
