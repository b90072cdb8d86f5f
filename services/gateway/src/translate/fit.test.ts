import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { readClaudeThinking } from './claude-thinking.js';
import { Dropped } from './dropped.js';
import { fit } from './fit.js';
import { present } from './json.js';

const user = { role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] };
const call = { type: 'tool-call' as const, toolCallId: 't', toolName: 'look', input: {} };
const result = {
  role: 'tool' as const,
  content: [
    {
      type: 'tool-result' as const,
      toolCallId: 't',
      toolName: 'look',
      output: { type: 'text' as const, value: 'x' },
    },
  ],
};
const thought = (signature?: string) => ({
  type: 'reasoning' as const,
  text: 'hm',
  ...(signature === undefined ? {} : { providerOptions: { anthropic: { signature } } }),
});

function fitted(
  dialect: Parameters<typeof fit>[1],
  options: LanguageModelV4CallOptions,
  model = 'm',
): { options: LanguageModelV4CallOptions; dropped: string | undefined } {
  const dropped = new Dropped();
  return { options: fit(options, dialect, model, dropped), dropped: dropped.headers[1] };
}

describe('thoughts', () => {
  const prompt = (signature?: string) => [
    user,
    { role: 'assistant' as const, content: [thought(signature), { type: 'text' as const, text: 'a' }] },
    user,
  ];

  it('with a signature go back to Anthropic', () => {
    const { options, dropped } = fitted('anthropic-messages', { prompt: prompt('sig') });
    expect(options.prompt[1]?.content).toHaveLength(2);
    expect(dropped).toBeUndefined();
  });

  it.each(['openai-chat', 'openai-responses', 'gemini', 'vertex', 'bedrock'] as const)(
    'never go to %s, and that is told',
    (dialect) => {
      const { options, dropped } = fitted(dialect, { prompt: prompt('sig') });
      expect(options.prompt[1]?.content).toHaveLength(1);
      expect(dropped).toBe('thinking');
    },
  );

  it('without a signature go nowhere', () => {
    expect(fitted('anthropic-messages', { prompt: prompt() }).dropped).toBe('thinking');
  });

  it('are not asked of Anthropic in a turn whose calls came without one', () => {
    const turn = (...content: object[]) =>
      [user, { role: 'assistant', content }, result] as LanguageModelV4CallOptions['prompt'];
    const unproven = fitted('anthropic-messages', { prompt: turn(call), reasoning: 'low' });
    expect(unproven.options.reasoning).toBeUndefined();
    expect(unproven.dropped).toBe('reasoning');
    const proven = fitted('anthropic-messages', { prompt: turn(thought('sig'), call), reasoning: 'low' });
    expect(proven.options.reasoning).toBe('low');
    const before = fitted('anthropic-messages', { prompt: [...turn(call), user], reasoning: 'low' });
    expect(before.options.reasoning).toBe('low');
  });
});

it.each([
  ['anthropic-messages', { anthropic: { disableParallelToolUse: true } }],
  ['openai-chat', { openaiCompatible: { parallel_tool_calls: false } }],
  ['openai-responses', { openai: { store: false, parallelToolCalls: false } }],
] as const)('one call at a time, as %s says it', (dialect, providerOptions) => {
  const options = { prompt: [user], providerOptions: { muxgate: { parallelTools: false } } };
  expect(fitted(dialect, options).options.providerOptions).toEqual(providerOptions);
});

it('Gemini cannot be told to call one at a time', () => {
  const options = { prompt: [user], providerOptions: { muxgate: { parallelTools: false } } };
  expect(fitted('gemini', options).dropped).toBe('parallel_tool_calls');
});

it('marks of the prompt cache are named where the upstream has none', () => {
  const marked = {
    ...user,
    content: [{ ...user.content[0]!, providerOptions: { anthropic: { cacheControl: {} } } }],
  };
  expect(fitted('openai-chat', { prompt: [marked] }).dropped).toBe('cache_control');
  expect(fitted('anthropic-messages', { prompt: [marked] }).dropped).toBeUndefined();
});

it('Anthropic, which demands a limit, gets one large enough for whole files', () => {
  expect(fitted('anthropic-messages', { prompt: [user] }).options.maxOutputTokens).toBe(32_000);
  expect(fitted('anthropic-messages', { prompt: [user], maxOutputTokens: 7 }).options.maxOutputTokens).toBe(
    7,
  );
});

describe('thinking that a Messages client asks for', () => {
  const asking = (thinking: object, effort?: string) => ({
    prompt: [user],
    maxOutputTokens: 9_000,
    reasoning: 'medium' as const,
    providerOptions: { muxgate: present({ thinking: readClaudeThinking(thinking, effort) }) },
  });
  const enabled = { type: 'enabled', budget_tokens: 2_000 };

  it('reaches Claude to the token, within the limit that counts both', () => {
    const vertex = fitted('vertex-anthropic', asking(enabled), 'claude-sonnet-4-5@20250929');
    expect(vertex.dropped).toBeUndefined();
    expect(vertex.options).toMatchObject({
      maxOutputTokens: 7_000,
      providerOptions: { anthropic: { thinking: { type: 'enabled', budgetTokens: 2_000 } } },
    });
    expect(vertex.options.reasoning).toBeUndefined();
  });

  it('is adaptive, and its budget named, where the model takes no budget', () => {
    const { options, dropped } = fitted('vertex-anthropic', asking(enabled), 'claude-opus-5-5');
    expect(dropped).toBe('thinking.budget_tokens');
    expect(options).toMatchObject({
      maxOutputTokens: 9_000,
      providerOptions: { anthropic: { thinking: { type: 'adaptive' } } },
    });
  });

  it('adaptive stays adaptive, with its effort and display', () => {
    const adaptive = { type: 'adaptive', display: 'summarized' };
    const model = 'eu.anthropic.claude-opus-4-6-v1';
    expect(fitted('bedrock', asking(adaptive, 'max'), model).options.providerOptions).toEqual({
      amazonBedrock: {
        reasoningConfig: { type: 'adaptive', display: 'summarized', maxReasoningEffort: 'max' },
      },
    });
    expect(
      fitted('vertex-anthropic', asking(adaptive, 'max'), 'claude-opus-4-6').options.providerOptions,
    ).toEqual({
      anthropic: { thinking: { type: 'adaptive', display: 'summarized' }, effort: 'max' },
    });
  });

  it.each(['openai-chat', 'openai-responses', 'gemini', 'vertex'] as const)(
    'becomes an effort at %s, and the budget is named',
    (dialect) => {
      const { options, dropped } = fitted(dialect, asking(enabled));
      expect(options.reasoning).toBe('medium');
      expect(dropped).toBe('thinking.budget_tokens');
    },
  );
});

it.each([
  ['claude-opus-4-6', undefined],
  ['claude-sonnet-4-5', 'effort'],
] as const)('an effort is told to %s; dropped: %s, for which a budget stands', (model, expected) => {
  const { options, dropped } = fitted('anthropic-messages', { prompt: [user], reasoning: 'high' }, model);
  expect(options.reasoning).toBe('high');
  expect(dropped).toBe(expected);
});

it('how thoughts are to be shown is only told to Claude', () => {
  const thinking = readClaudeThinking({ type: 'adaptive', display: 'omitted' }, undefined);
  const options = { prompt: [user], providerOptions: { muxgate: present({ thinking }) } };
  expect(fitted('gemini', options).dropped).toBe('thinking.display');
});

describe('bedrock', () => {
  it('loses what it has no word for, and that is told', () => {
    const { dropped } = fitted('bedrock', {
      prompt: [user],
      responseFormat: { type: 'json' },
      providerOptions: { muxgate: { parallelTools: false } },
    });
    expect(dropped).toBe('parallel_tool_calls, response_format');
  });

  it('does not think within a tool loop, whose thoughts it has lost; instructions stay where they were', () => {
    const late = { role: 'system' as const, content: 'be brief' };
    const { options, dropped } = fitted('bedrock', {
      prompt: [user, { role: 'assistant', content: [call] }, result, late],
      reasoning: 'high',
    });
    expect(dropped).toBe('reasoning');
    expect(options.reasoning).toBeUndefined();
    expect(options.prompt[3]).toMatchObject({
      role: 'user',
      content: [{ text: '<system>\nbe brief\n</system>' }],
    });
  });
});
