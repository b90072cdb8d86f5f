import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { startRedis } from '../support/redis.ts';
import {
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
export const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/streams/${name}.sse`, import.meta.url), 'utf8');
export const COMPLETION = {
  id: 'c1',
  choices: [{ index: 0, message: { role: 'assistant', content: 'fine' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } },
};
export const MESSAGE = {
  id: 'm1',
  type: 'message',
  role: 'assistant',
  model: 'claude-up',
  content: [{ type: 'text', text: 'fine' }],
  stop_reason: 'stop_sequence',
  stop_sequence: 'END',
  usage: { input_tokens: 6, cache_read_input_tokens: 4, cache_creation_input_tokens: 3, output_tokens: 2 },
};
export const sse = (text: string, end = true): FakeUpstream['answer'] => {
  return (_request, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write(text);
    if (end) res.end();
  };
};

/** Content first, and what breaks the stream once that has reached the client. */
export const late = (head: string, rest: string, end = true): FakeUpstream['answer'] => {
  return (request, res) => {
    void sse(head, false)(request, res);
    setTimeout(() => {
      if (rest !== '') res.write(rest);
      if (end) res.end();
    }, 40);
  };
};

const PATHS: Record<string, string> = {
  messages: '/v1/messages',
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
};

/** The least that a surface takes. */
export const says = (surface: string, model: string, stream = false): object => ({
  model,
  stream,
  max_tokens: 100,
  ...(surface === 'responses' ? { input: 'hi' } : { messages: [{ role: 'user', content: 'hi' }] }),
});

export const parsed = (answer: RawAnswer): Record<string, unknown> =>
  JSON.parse(answer.text) as Record<string, unknown>;

/** A gateway whose models lead to one upstream by every protocol, for the tests of a suite. */
export class TranslatingGateway {
  upstream!: FakeUpstream;
  gateway!: TestGateway;

  /** Starts it before the suite's tests, and ends it after them. */
  constructor() {
    beforeAll(async () => {
      const redis = await startRedis();
      this.upstream = await startUpstream();
      const keys = { CHAT_KEY: 'sk-chat', GEMINI_KEY: 'sk-gemini' };
      this.gateway = await startGateway(
        redis.url,
        yaml(this.upstream.url),
        { tuning: { pingAfterMs: 250 } },
        keys,
      );
    });
    afterAll(async () => {
      await this.gateway?.shutDown();
      await this.upstream?.close();
    });
    beforeEach(() => {
      this.upstream.received.length = 0;
      this.upstream.aborted = 0;
    });
  }

  readonly ask = (surface: string, body: object, headers: Record<string, string> = {}): Promise<RawAnswer> =>
    post(`${this.gateway.url}${PATHS[surface]}`, JSON.stringify(body), {
      'x-api-key': this.gateway.key,
      ...headers,
    });

  /** What the upstream got first. */
  readonly sent = (): Record<string, unknown> =>
    JSON.parse(this.upstream.received[0]?.body.toString() ?? '{}') as Record<string, unknown>;

  /** The sum of the series whose lines match, by their first group. */
  readonly metric = async (pattern: RegExp): Promise<number> => {
    const text = await (await fetch(`${this.gateway.managementUrl}/metrics`)).text();
    return [...text.matchAll(new RegExp(pattern, 'gm'))].reduce((sum, found) => sum + Number(found[1]), 0);
  };
}
