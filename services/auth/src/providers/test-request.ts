import type { Protocol } from '@muxgate/config';

export interface TestRequest {
  /** appended to the base URL */
  readonly path: string;
  readonly body: object;
  /** what the protocol demands; a provider's own headers win */
  readonly headers?: Readonly<Record<string, string>>;
}

const SAY = 'Say OK.';

/** The smallest request that makes a model answer; undefined for protocols whose requests a cloud's library signs. */
export function testRequest(protocol: Protocol, model: string): TestRequest | undefined {
  const messages = [{ role: 'user', content: SAY }];
  switch (protocol) {
    case 'anthropic-messages':
      return {
        path: '/v1/messages',
        headers: { 'anthropic-version': '2023-06-01' },
        body: { model, max_tokens: 1, messages },
      };
    case 'openai-chat':
      // newer models take no `max_tokens`, other vendors no `max_completion_tokens`: the answer is short by itself
      return { path: '/chat/completions', body: { model, messages } };
    case 'openai-responses':
      return { path: '/responses', body: { model, max_output_tokens: 16, input: SAY, store: false } };
    case 'gemini':
      return {
        path: `/models/${encodeURIComponent(model)}:generateContent`,
        body: {
          contents: [{ role: 'user', parts: [{ text: SAY }] }],
          generationConfig: { maxOutputTokens: 16 },
        },
      };
    default:
      return undefined;
  }
}
