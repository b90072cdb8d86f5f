import { describe, expect, it } from 'vitest';
import type { Block, Finish } from './answer.js';
import type { Json } from './json.js';
import { ADAPTERS } from './surface-adapter.js';

const facts = {
  id: 'x',
  model: 'asked-for',
  createdAt: 7,
  request: { stream_options: { include_usage: true } },
};
const usage = {
  inputTokens: 10,
  cacheReadTokens: 20,
  cacheCreationTokens: 5,
  cacheCreation1hTokens: 0,
  outputTokens: 8,
  reasoningTokens: 3,
};
const blocks: Block[] = [
  { start: { kind: 'thinking' }, text: 'hm', signature: 'sig' },
  { start: { kind: 'redacted', data: 'secret' }, text: '', signature: undefined },
  { start: { kind: 'text' }, text: 'one', signature: undefined },
  { start: { kind: 'tool', id: 't1', name: 'look' }, text: '{"at":1}', signature: undefined },
  { start: { kind: 'tool', id: 't2', name: 'look' }, text: '{}', signature: undefined },
];
const end: Finish = { reason: 'tool-calls', stopSequence: undefined, usage };

type Surface = keyof typeof ADAPTERS;
const whole = (surface: Surface, finish = end, content = blocks): Json =>
  ADAPTERS[surface].answer(content, finish, facts) as Json;
function events(surface: Surface, finish = end, content = blocks): Json[] {
  const writer = ADAPTERS[surface].writer(facts);
  let wire = writer.begin();
  for (const block of content) {
    wire += writer.open(block.start);
    if (block.text !== '') wire += writer.delta(block.text);
    wire += writer.close(block);
  }
  wire += writer.end(finish);
  return [...wire.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data ?? '') as Json);
}

describe('Messages', () => {
  it('a whole answer', () => {
    expect(whole('anthropic-messages')).toEqual({
      id: 'msg_x',
      type: 'message',
      role: 'assistant',
      model: 'asked-for',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 'sig' },
        { type: 'redacted_thinking', data: 'secret' },
        { type: 'text', text: 'one' },
        { type: 'tool_use', id: 't1', name: 'look', input: { at: 1 } },
        { type: 'tool_use', id: 't2', name: 'look', input: {} },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: {
        input_tokens: 10,
        cache_read_input_tokens: 20,
        cache_creation_input_tokens: 5,
        output_tokens: 8,
        output_tokens_details: { thinking_tokens: 3 },
      },
    });
  });

  it('a streamed one: a signature closes its thought, and usage comes with the end', () => {
    const seen = events('anthropic-messages');
    expect(
      seen.map(
        ({ type, index }) => `${String(type)}${index === undefined ? '' : ` ${JSON.stringify(index)}`}`,
      ),
    ).toEqual([
      'message_start',
      'content_block_start 0',
      'content_block_delta 0',
      'content_block_delta 0',
      'content_block_stop 0',
      'content_block_start 1',
      'content_block_stop 1',
      'content_block_start 2',
      'content_block_delta 2',
      'content_block_stop 2',
      'content_block_start 3',
      'content_block_delta 3',
      'content_block_stop 3',
      'content_block_start 4',
      'content_block_delta 4',
      'content_block_stop 4',
      'message_delta',
      'message_stop',
    ]);
    expect(seen[3]).toMatchObject({ delta: { type: 'signature_delta', signature: 'sig' } });
    expect(seen.at(-2)).toMatchObject({ usage: { input_tokens: 10, cache_read_input_tokens: 20 } });
  });

  it.each([
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['content-filter', 'refusal'],
    ['tool-calls', 'tool_use'],
    ['other', 'end_turn'],
  ] as const)('%s is %s', (reason, stop) => {
    expect(whole('anthropic-messages', { ...end, reason })['stop_reason']).toBe(stop);
  });

  it('tells which stop sequence it was', () => {
    const stopped = { ...end, reason: 'stop' as const, stopSequence: 'END' };
    expect(whole('anthropic-messages', stopped)).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: 'END',
    });
  });

  it('leaves out a call that broke off at the limit', () => {
    const cut: Block[] = [
      { start: { kind: 'tool', id: 't', name: 'rm' }, text: '{"path":"/', signature: undefined },
    ];
    expect(whole('anthropic-messages', { ...end, reason: 'length' }, cut)['content']).toEqual([]);
  });
});

describe('Chat', () => {
  const details = [
    { type: 'reasoning.text', text: 'hm', signature: 'sig', format: 'anthropic-claude-v1' },
    { type: 'reasoning.encrypted', data: 'secret', format: 'anthropic-claude-v1' },
  ];
  const calls = [
    { id: 't1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } },
    { id: 't2', type: 'function', function: { name: 'look', arguments: '{}' } },
  ];

  it('a whole answer', () => {
    expect(whole('openai-chat')).toMatchObject({
      object: 'chat.completion',
      created: 7,
      model: 'asked-for',
      choices: [
        {
          finish_reason: 'tool_calls',
          message: { content: 'one', reasoning_content: 'hm', reasoning_details: details, tool_calls: calls },
        },
      ],
      usage: {
        prompt_tokens: 35,
        completion_tokens: 8,
        total_tokens: 43,
        prompt_tokens_details: { cached_tokens: 20 },
        completion_tokens_details: { reasoning_tokens: 3 },
      },
    });
  });

  it('a streamed one adds up to the same', () => {
    const seen = events('openai-chat');
    const deltas = seen.flatMap(({ choices }) => (choices as { delta: Json }[]).map(({ delta }) => delta));
    const joined = (key: string): string =>
      deltas.map((delta) => (delta[key] as string | undefined) ?? '').join('');
    expect(joined('content')).toBe('one');
    expect(joined('reasoning_content')).toBe('hm');
    expect(deltas.flatMap((delta) => (delta['reasoning_details'] as Json[] | undefined) ?? [])).toEqual(
      details,
    );
    expect(
      deltas.flatMap((delta) => (delta['tool_calls'] as Json[] | undefined) ?? []).map(({ index }) => index),
    ).toEqual([0, 0, 1, 1]);
    expect(seen.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 35 } });
  });

  it('sends usage only where it was asked for', () => {
    const writer = ADAPTERS['openai-chat'].writer({ ...facts, request: {} });
    expect(writer.begin() + writer.end(end)).not.toContain('usage');
  });
});

describe('Responses', () => {
  it('a streamed answer ends with the whole one', () => {
    const response = whole('openai-responses');
    expect(response).toMatchObject({
      status: 'completed',
      model: 'asked-for',
      output: [
        {
          type: 'reasoning',
          summary: [{ text: 'hm' }],
          encrypted_content: 'muxgate.anthropic.signature.sig',
        },
        { type: 'reasoning', summary: [], encrypted_content: 'muxgate.anthropic.redacted.secret' },
        { type: 'message', content: [{ type: 'output_text', text: 'one' }] },
        { type: 'function_call', call_id: 't1', arguments: '{"at":1}' },
        { type: 'function_call', call_id: 't2', arguments: '{}' },
      ],
      usage: {
        input_tokens: 35,
        input_tokens_details: { cached_tokens: 20 },
        output_tokens: 8,
        total_tokens: 43,
      },
    });
    const seen = events('openai-responses');
    expect(seen.at(-1)).toMatchObject({ type: 'response.completed', response });
    expect(seen.map((event) => event['sequence_number'])).toEqual(seen.map((_, at) => at));
  });

  it.each([
    ['length', 'max_output_tokens'],
    ['content-filter', 'content_filter'],
  ] as const)('%s leaves it incomplete', (reason, why) => {
    const finish = { ...end, reason };
    expect(whole('openai-responses', finish)).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: why },
    });
    expect(events('openai-responses', finish).at(-1)).toMatchObject({ type: 'response.incomplete' });
  });
});
