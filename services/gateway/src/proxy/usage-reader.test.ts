import { describe, expect, it } from 'vitest';
import { NO_USAGE, readJsonUsage, readUsage, withoutCompaction, type Usage } from './usage-reader.js';
import type { SurfaceName } from './surface.js';

const read = (protocol: SurfaceName, answer: unknown) =>
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

  it('of Anthropic includes what a compaction took, of which its counts do not tell', () => {
    const taken = {
      input_tokens: 1000,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 0,
      output_tokens: 50,
    };
    const usage = {
      input_tokens: 10,
      output_tokens: 7,
      iterations: [
        { type: 'compaction', ...taken },
        { type: 'message', input_tokens: 10, output_tokens: 7 },
        { type: 'compaction', ...taken },
        { type: 'advisor_message', model: 'another', input_tokens: 5, output_tokens: 5 },
      ],
    };
    const told = read('anthropic-messages', { usage });
    const compaction = { ...NO_USAGE, inputTokens: 2000, cacheReadTokens: 200, outputTokens: 100 };
    expect(told).toEqual({ ...compaction, inputTokens: 2010, outputTokens: 107, compaction });
    expect(withoutCompaction(told!)).toEqual({ ...NO_USAGE, inputTokens: 10, outputTokens: 7 });
  });

  it('of an Anthropic stream counts a compaction once, whichever event tells of it', () => {
    const started = {
      input_tokens: 10,
      output_tokens: 1,
      iterations: [{ type: 'compaction', input_tokens: 1000 }],
    };
    const ended = { output_tokens: 7 };
    const next = (wire: object, previous?: Usage) => {
      const body = Buffer.from(JSON.stringify(wire));
      return readUsage('anthropic-messages', body, { start: 0, end: body.length }, previous);
    };
    const expected = { inputTokens: 1010, outputTokens: 7 };
    expect(next(ended, next(started))).toMatchObject(expected);
    expect(next({ ...ended, iterations: started.iterations }, next(started))).toMatchObject(expected);
    const { iterations, ...bare } = started;
    expect(next({ ...ended, iterations }, next(bare))).toMatchObject(expected);
  });

  it.each<[SurfaceName, string, string]>([
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
