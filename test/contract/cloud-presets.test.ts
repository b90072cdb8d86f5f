import type { ServerResponse } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import { parseConfig } from '@muxgate/config';
import { findProviderPreset } from '@muxgate/providers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis } from '../support/redis.ts';
import {
  startGateway,
  startUpstream,
  type FakeUpstream,
  type Received,
  type TestGateway,
} from './gateway.support.ts';

const KEY = 'vendor-key';
const QUESTION = { max_tokens: 100, messages: [{ role: 'user' as const, content: 'weather in Oslo?' }] };
const TOOLS = [
  { name: 'weather', input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } } },
];

/** What every one of the simulators answers, in its own words. */
const EXPECTED = {
  content: [
    { type: 'text', text: 'Let me look.' },
    { type: 'tool_use', name: 'weather', input: { city: 'Oslo' } },
  ],
  stop_reason: 'tool_use',
  usage: { input_tokens: 20, output_tokens: 9 },
};

describe('presets of protocols that requests are translated to', () => {
  let vendor: FakeUpstream;
  let gateway: TestGateway;
  let client: Anthropic;

  beforeAll(async () => {
    const redis = await startRedis();
    vendor = await startUpstream(answer);
    const snapshot = parseConfig(configuration(vendor.url), { VENDOR_KEY: KEY });
    gateway = await startGateway(redis.url, 'version: 1', { snapshot });
    client = new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 });
  });
  afterAll(async () => {
    await gateway?.shutDown();
    await vendor?.close();
  });
  beforeEach(() => {
    vendor.received.length = 0;
  });

  const ask = (model: string, streaming: boolean): Promise<Anthropic.Message> =>
    streaming
      ? client.messages.stream({ model, tools: TOOLS, ...QUESTION }).finalMessage()
      : client.messages.create({ model, tools: TOOLS, ...QUESTION });

  describe.each([true, false])('streaming: %s', (streaming) => {
    it('gemini takes its key in x-goog-api-key', async () => {
      expect(await ask('gemini', streaming)).toMatchObject(EXPECTED);
      const [received] = vendor.received;
      expect(received?.url).toBe(
        streaming
          ? '/v1beta/models/vendor-model:streamGenerateContent?alt=sse'
          : '/v1beta/models/vendor-model:generateContent',
      );
      expect(received?.headers['x-goog-api-key']).toBe(KEY);
      expect(received?.headers.authorization).toBeUndefined();
    });
  });
});

/** Providers as an operator writes them, but with the simulator at the vendor's path. */
function configuration(simulator: string): string {
  const path = new URL(findProviderPreset('gemini')!.baseUrl!).pathname;
  const key = '{ type: apiKey, value: "${VENDOR_KEY}" }';
  const providers = [['gemini', `preset: gemini, baseUrl: "${simulator}${path}", auth: ${key}`]];
  return [
    'version: 1',
    'providers:',
    ...providers.map(([name, fields]) => `  - { name: ${name}, ${fields}, allowPrivateNetwork: true }`),
    'models:',
    ...providers.map(
      ([name]) => `  - { name: ${name}, targets: [{ provider: ${name}, model: vendor-model }] }`,
    ),
  ].join('\n');
}

function answer({ url }: Received, res: ServerResponse): void {
  answerGemini(url.includes('streamGenerateContent'), res);
}

function answerGemini(streaming: boolean, res: ServerResponse): void {
  const chunk = (part: object, more: object = {}): object => ({
    candidates: [{ index: 0, content: { role: 'model', parts: [part] }, ...more }],
    usageMetadata: { promptTokenCount: 20, candidatesTokenCount: 9, totalTokenCount: 29 },
    modelVersion: 'vendor-model',
    responseId: 'r1',
  });
  const text = { text: 'Let me look.' };
  const call = { functionCall: { name: 'weather', args: { city: 'Oslo' } } };
  if (streaming) {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.end(
      [chunk(text), chunk(call, { finishReason: 'STOP' })]
        .map((data) => `data: ${JSON.stringify(data)}\r\n\r\n`)
        .join(''),
    );
    return;
  }
  const whole = {
    ...chunk(text),
    candidates: [{ index: 0, content: { role: 'model', parts: [text, call] }, finishReason: 'STOP' }],
  };
  res.writeHead(200, { 'content-type': 'application/json' });
  res.end(JSON.stringify(whole));
}
