import type { JSONObject } from '@ai-sdk/provider';
import { expect, it } from 'vitest';
import { usageOf } from './answer.js';

it.each<[string, JSONObject | undefined, number]>([
  ['Anthropic', { cache_creation: { ephemeral_5m_input_tokens: 60, ephemeral_1h_input_tokens: 40 } }, 40],
  [
    'Bedrock',
    {
      cacheDetails: [
        { ttl: '5m', inputTokens: 60 },
        { ttl: '1h', inputTokens: 40 },
      ],
    },
    40,
  ],
  ['who does not tell', { cache_creation: null, cacheDetails: null }, 0],
  ['who tells nothing', undefined, 0],
])('what is written for an hour is told apart, as %s says it', (_vendor, raw, expected) => {
  const inputTokens = { total: 160, noCache: 10, cacheRead: 50, cacheWrite: 100 };
  const outputTokens = { total: 7, text: undefined, reasoning: undefined };
  expect(usageOf({ inputTokens, outputTokens, ...(raw === undefined ? {} : { raw }) })).toEqual({
    inputTokens: 10,
    outputTokens: 7,
    cacheReadTokens: 50,
    cacheCreationTokens: 100,
    cacheCreation1hTokens: expected,
    reasoningTokens: 0,
  });
});
