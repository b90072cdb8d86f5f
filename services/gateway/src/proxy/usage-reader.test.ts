import { describe, expect, it } from 'vitest';
import { readJsonUsage, type StreamProtocol } from './usage-reader.js';

const read = (protocol: StreamProtocol, answer: unknown) =>
  readJsonUsage(protocol, Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer)));

describe('usage of a JSON answer', () => {
  it('of Anthropic excludes the cache from the input already', () => {
    const usage = {
      input_tokens: 10,
      cache_read_input_tokens: 300,
      cache_creation_input_tokens: 20,
      cache_creation: { ephemeral_5m_input_tokens: 15, ephemeral_1h_input_tokens: 5 },
      output_tokens: 7,
      output_tokens_details: { thinking_tokens: 4 },
    };
    expect(read('anthropic-messages', { content: [{ text: '"usage":{}' }], usage })).toEqual({
      inputTokens: 10,
      outputTokens: 7,
      cacheReadTokens: 300,
      cacheCreationTokens: 20,
      cacheCreation1hTokens: 5,
      reasoningTokens: 4,
    });
  });

  it.each<[StreamProtocol, string, string]>([
    ['openai-chat', 'prompt', 'completion'],
    ['openai-responses', 'input', 'output'],
  ])('of %s has the cache taken out of the input', (protocol, input, output) => {
    const usage = {
      [`${input}_tokens`]: 330,
      [`${input}_tokens_details`]: { cached_tokens: 300, cache_write_tokens: 20 },
      [`${output}_tokens`]: 7,
      [`${output}_tokens_details`]: { reasoning_tokens: 4 },
    };
    expect(read(protocol, { choices: [{ usage: 1 }], usage })).toEqual({
      inputTokens: 10,
      outputTokens: 7,
      cacheReadTokens: 300,
      cacheCreationTokens: 20,
      cacheCreation1hTokens: 0,
      reasoningTokens: 4,
    });
  });

  it('is never negative', () => {
    const usage = { prompt_tokens: 5, completion_tokens: -1, prompt_tokens_details: { cached_tokens: 9 } };
    expect(read('openai-chat', { usage })).toMatchObject({
      inputTokens: 0,
      outputTokens: 0,
      cacheReadTokens: 9,
    });
  });

  it('is the last where an answer has two, as JSON.parse reads it', () => {
    expect(
      read('anthropic-messages', ' {"usage":{"input_tokens":1},"usage":{"input_tokens":2}}'),
    ).toMatchObject({ inputTokens: 2 });
  });

  it.each([
    ['', '{', '[]', 'null', '{}', '{"usage":null}', '{"usage":[]}', '{"usage":{"input_tokens":"1"}}'],
    ['{"error":{"usage":{"input_tokens":1}}}', '<html>', '{"usage":{"input_tokens":1.5}}', '{"usage":{x}}'],
  ])('is unknown where the answer does not say', (...answers) => {
    for (const answer of answers) expect(read('anthropic-messages', answer)).toBeUndefined();
  });
});
