import { createHash } from 'node:crypto';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSandbox, type Sandbox } from '../../services/sandbox/src/sandbox.ts';
import { startRedis } from '../support/redis.ts';
import { eventually } from '../support/wait.ts';
import { connectCredential, startGateway, type TestGateway } from './gateway.support.ts';
import { connect } from './sandbox-client.ts';

const yaml = (sandbox: string): string => `
version: 1
oauthProviders:
  - { name: sandbox, grant: authorization_code, issuer: "${sandbox}", clientId: muxgate, clientAuthentication: none, scopes: [llm.invoke], allowPrivateNetwork: true }
providers:
  - { name: a, protocol: anthropic-messages, baseUrl: "${sandbox}", auth: { type: oauth, credential: sandbox }, allowPrivateNetwork: true }
  - { name: o, protocol: openai-chat, baseUrl: "${sandbox}/v1", auth: { type: oauth, credential: sandbox }, allowPrivateNetwork: true }
  - { name: r, protocol: openai-responses, baseUrl: "${sandbox}/v1", auth: { type: oauth, credential: sandbox }, allowPrivateNetwork: true }
models:
  - { name: claude, targets: [{ provider: a, model: claude-sandbox-1 }] }
  - { name: gpt, targets: [{ provider: o, model: gpt-sandbox-1 }] }
  - { name: gpt-r, targets: [{ provider: r, model: gpt-sandbox-1 }] }
`;

interface SeenRequest {
  readonly bodySha256: string;
  readonly response: { readonly outcome: string };
}

describe('the vendors’ own SDKs', () => {
  let sandbox: Sandbox;
  let gateway: TestGateway;

  beforeAll(async () => {
    const redis = await startRedis();
    sandbox = await createSandbox({ host: '127.0.0.1', port: 0, accessTokenSeconds: 600 });
    gateway = await startGateway(redis.url, yaml(sandbox.url));
    const tokens = await connect(sandbox.url);
    await connectCredential(gateway.vault, 'sandbox', tokens.access_token);
  });
  afterAll(async () => {
    await gateway?.shutDown();
    await sandbox?.close();
  });

  const requestsOf = async (tag: string): Promise<SeenRequest[]> => {
    const answer = await fetch(`${sandbox.url}/sandbox/requests/${tag}`);
    return answer.ok ? ((await answer.json()) as { requests: SeenRequest[] }).requests : [];
  };

  describe.each(['x-api-key', 'authorization'])('@anthropic-ai/sdk with its key in %s', (style) => {
    let client: Anthropic;
    const base = { model: 'claude', max_tokens: 200 };

    beforeEach(() => {
      client = new Anthropic({
        baseURL: gateway.url,
        maxRetries: 0,
        ...(style === 'authorization'
          ? { apiKey: gateway.key }
          : { apiKey: 'unused', defaultHeaders: { 'x-api-key': gateway.key, authorization: null } }),
      });
    });
    const says = (content: string) => ({ ...base, messages: [{ role: 'user' as const, content }] });

    it('gets an answer', async () => {
      const message = await client.messages.create(says('hello there'));
      expect(message.content[0]).toMatchObject({
        type: 'text',
        text: expect.stringContaining('hello there'),
      });
      expect(message.usage.output_tokens).toBeGreaterThan(0);
    });

    it('streams', async () => {
      const stream = client.messages.stream(says('stream this'));
      const parts: string[] = [];
      stream.on('text', (text) => parts.push(text));
      const message = await stream.finalMessage();
      expect(parts.length).toBeGreaterThan(1);
      expect(parts.join('')).toContain('stream this');
      expect(message.stop_reason).toBe('end_turn');
    });

    it('calls tools, and takes their results', async () => {
      const tools = [
        {
          name: 'weather',
          input_schema: {
            type: 'object' as const,
            properties: { city: { type: 'string' } },
            required: ['city'],
          },
        },
      ];
      const stream = client.messages.stream({ ...says('weather in Oslo'), tools });
      const first = await stream.finalMessage();
      const use = first.content.find((block) => block.type === 'tool_use');
      expect(first.stop_reason).toBe('tool_use');
      expect(use).toMatchObject({ name: 'weather', input: { city: expect.any(String) } });
      const second = await client.messages.create({
        ...base,
        tools,
        messages: [
          { role: 'user', content: 'weather in Oslo' },
          { role: 'assistant', content: first.content },
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: use?.id ?? '', content: 'seven degrees' }],
          },
        ],
      });
      expect(second.content[0]).toMatchObject({ text: expect.stringContaining('seven degrees') });
    });

    it('aborts, and the vendor notices', async () => {
      const tag = `abort-${style}`;
      const headers = { 'x-sandbox-tag': tag, 'x-sandbox-interval-ms': '50', 'x-sandbox-events': '200' };
      const stream = await client.messages.create({ ...says('long'), stream: true }, { headers });
      for await (const event of stream) if (event.type === 'content_block_delta') break;
      stream.controller.abort();
      await eventually(async () => (await requestsOf(tag))[0]?.response.outcome === 'aborted', 1_500);
      expect(await requestsOf(tag)).toHaveLength(1);
    });

    it('counts tokens', async () => {
      const { input_tokens } = await client.messages.countTokens({
        model: 'claude',
        messages: [{ role: 'user', content: 'how long is this?' }],
      });
      expect(input_tokens).toBeGreaterThan(0);
    });

    it('lists models', async () => {
      const { data: models } = await client.models.list();
      expect(models.map(({ id }) => id)).toEqual(['claude', 'gpt', 'gpt-r']);
      expect(await client.models.retrieve('claude')).toMatchObject({ id: 'claude', type: 'model' });
    });

    it('sees errors as its own classes', async () => {
      await expect(client.messages.create({ ...says('x'), model: 'nope' })).rejects.toBeInstanceOf(
        Anthropic.NotFoundError,
      );
      const other = client.withOptions({ apiKey: 'mxg_wrong', defaultHeaders: { 'x-api-key': 'mxg_wrong' } });
      await expect(other.messages.create(says('x'))).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
      const limited = client.messages.create(says('x'), {
        headers: { 'x-sandbox-status': '429', 'x-sandbox-retry-after': '3' },
      });
      await expect(limited).rejects.toSatisfy(
        (error) => error instanceof Anthropic.RateLimitError && error.headers.get('retry-after') === '3',
      );
      const broken = client.messages.stream(says('x'), { headers: { 'x-sandbox-fail': 'truncate' } });
      await expect(broken.finalMessage()).rejects.toThrow(/api_error|ended before/);
    });

    it('reaches the vendor with the bytes that it sent, but for the model', async () => {
      const tag = `bytes-${style}`;
      let sent = '';
      const spy: typeof fetch = (url, init) => {
        sent = init?.body as string;
        return fetch(url, init);
      };
      await client
        .withOptions({ fetch: spy })
        .messages.create(says('bytes'), { headers: { 'x-sandbox-tag': tag } });
      const expected = sent.replace('"model":"claude"', '"model":"claude-sandbox-1"');
      expect(expected).not.toBe(sent);
      expect((await requestsOf(tag))[0]?.bodySha256).toBe(
        createHash('sha256').update(expected).digest('hex'),
      );
    });
  });

  describe('openai', () => {
    let client: OpenAI;
    const messages = [{ role: 'user' as const, content: 'hello there' }];

    beforeEach(() => {
      client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 });
    });

    it('gets an answer from Chat Completions', async () => {
      const answer = await client.chat.completions.create({ model: 'gpt', messages });
      expect(answer.choices[0]?.message.content).toContain('hello there');
      expect(answer.usage?.completion_tokens).toBeGreaterThan(0);
      expect(answer._request_id).toMatch(/^req_/);
    });

    it('streams Chat Completions', async () => {
      const stream = await client.chat.completions.create({
        model: 'gpt',
        messages,
        stream: true,
        stream_options: { include_usage: true },
      });
      let text = '';
      let tokens = 0;
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? '';
        tokens = chunk.usage?.completion_tokens ?? tokens;
      }
      expect(text).toContain('hello there');
      expect(tokens).toBeGreaterThan(0);
    });

    it('calls tools', async () => {
      const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
      const answer = await client.chat.completions.create({
        model: 'gpt',
        messages: [{ role: 'user', content: 'weather in Oslo' }],
        tools: [{ type: 'function', function: { name: 'weather', parameters } }],
      });
      const [call] = answer.choices[0]?.message.tool_calls ?? [];
      expect(call?.type === 'function' && call.function.name).toBe('weather');
    });

    it('gets an answer from Responses, and streams it', async () => {
      const answer = await client.responses.create({ model: 'gpt-r', input: 'hello there' });
      expect(answer.output_text).toContain('hello there');
      const stream = client.responses.stream({ model: 'gpt-r', input: 'hello again' });
      expect((await stream.finalResponse()).output_text).toContain('hello again');
    });

    it('aborts, and the vendor notices', async () => {
      const headers = {
        'x-sandbox-tag': 'abort-openai',
        'x-sandbox-interval-ms': '50',
        'x-sandbox-events': '200',
      };
      const stream = await client.chat.completions.create(
        { model: 'gpt', messages, stream: true },
        { headers },
      );
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
      stream.controller.abort();
      await eventually(
        async () => (await requestsOf('abort-openai'))[0]?.response.outcome === 'aborted',
        1_500,
      );
      expect(await requestsOf('abort-openai')).toHaveLength(1);
    });

    it('lists models', async () => {
      const { data: models } = await client.models.list();
      expect(models.map(({ id }) => id)).toEqual(['claude', 'gpt', 'gpt-r']);
      expect(await client.models.retrieve('gpt')).toMatchObject({ id: 'gpt', object: 'model' });
    });

    it('sees errors as its own classes, in the middle of a stream too', async () => {
      await expect(client.chat.completions.create({ model: 'nope', messages })).rejects.toBeInstanceOf(
        OpenAI.NotFoundError,
      );
      const other = client.withOptions({ apiKey: 'mxg_wrong' });
      await expect(other.chat.completions.create({ model: 'gpt', messages })).rejects.toBeInstanceOf(
        OpenAI.AuthenticationError,
      );
      const drain = async (stream: AsyncIterable<unknown>): Promise<void> => {
        for await (const _part of stream);
      };
      const headers = { 'x-sandbox-fail': 'truncate' };
      const chat = await client.chat.completions.create(
        { model: 'gpt', messages, stream: true },
        { headers },
      );
      await expect(drain(chat)).rejects.toBeInstanceOf(OpenAI.APIError);
      const response = await client.responses.create(
        { model: 'gpt-r', input: 'x', stream: true },
        { headers },
      );
      await expect(drain(response)).rejects.toBeInstanceOf(OpenAI.APIError);
    });
  });
});
