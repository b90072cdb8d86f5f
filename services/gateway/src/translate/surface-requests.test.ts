import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { Dropped } from './dropped.js';
import type { Json } from './json.js';
import { ADAPTERS } from './surface-adapter.js';

type SurfaceName = keyof typeof ADAPTERS;

function read(surface: SurfaceName, body: Json): LanguageModelV4CallOptions & { dropped: string[] } {
  const dropped = new Dropped();
  const options = ADAPTERS[surface].read(body, dropped);
  return { ...options, dropped: dropped.headers[1]?.split(', ') ?? [] };
}

const user = { role: 'user', content: 'hi' };
const base: Record<'anthropic-messages' | 'openai-chat' | 'openai-responses', Json> = {
  'anthropic-messages': { model: 'm', max_tokens: 5, messages: [user] },
  'openai-chat': { model: 'm', max_tokens: 5, messages: [user] },
  'openai-responses': { model: 'm', max_output_tokens: 5, input: 'hi' },
};
const SURFACES = Object.keys(base) as (keyof typeof base)[];
const text = (value: string) => ({ type: 'text', text: value });

describe.each(SURFACES)('%s', (surface) => {
  const of = (extra: Json): ReturnType<typeof read> => read(surface, { ...base[surface], ...extra });

  it('reads a plain question', () => {
    expect(of({})).toEqual({
      prompt: [{ role: 'user', content: [text('hi')] }],
      maxOutputTokens: 5,
      dropped: [],
    });
  });

  it('names every field that it does not know', () => {
    expect(of({ brand_new: 1, another: {}, absent: null }).dropped).toEqual(['brand_new', 'another']);
  });

  it('keeps instructions in their place', () => {
    const late = { role: 'system', content: 'late' };
    const list = [user, late, user];
    const { prompt } = of(
      surface === 'openai-responses' ? { instructions: 'first', input: list } : { messages: list },
    );
    expect(prompt.map(({ role }) => role).slice(-3)).toEqual(['user', 'system', 'user']);
  });

  it('refuses a conversation that is empty', () => {
    expect(() => of({ messages: [], input: [] })).toThrow(
      surface === 'openai-responses' ? 'input' : 'messages',
    );
  });
});

describe('what makes no sense is refused, with its place', () => {
  const block = (content: unknown): Json => ({ messages: [{ role: 'user', content }] });
  it.each<[SurfaceName, Json, string]>([
    ['anthropic-messages', { temperature: 'hot' }, 'temperature: must be a number'],
    ['anthropic-messages', { max_tokens: '50' }, 'max_tokens: must be a number'],
    ['anthropic-messages', { messages: 'x' }, 'messages: must be a list of objects'],
    ['anthropic-messages', { messages: [null, user] }, 'messages: must be a list of objects'],
    ['anthropic-messages', { system: ['a'] }, 'content: must be a list of objects'],
    ['anthropic-messages', block(''), 'messages: at least one message must have content'],
    ['anthropic-messages', block([{ type: 'image' }]), 'messages.0.content.source: Field required'],
    [
      'anthropic-messages',
      block([{ type: 'image', source: { type: 'base64', media_type: 'image/png' } }]),
      'messages.0.content.source.data: Field required',
    ],
    [
      'anthropic-messages',
      block([{ type: 'tool_result' }]),
      'messages.0.content.tool_use_id: Field required',
    ],
    ['anthropic-messages', { tools: [{ input_schema: {} }] }, 'tools.name: Field required'],
    ['openai-chat', { temperature: [] }, 'temperature: must be a number'],
    ['openai-chat', { messages: ['x'] }, 'messages: must be a list of objects'],
    [
      'openai-chat',
      { messages: [user, { role: 'tool', content: 'x' }] },
      'messages[1].tool_call_id: Field required',
    ],
    [
      'openai-chat',
      block([{ type: 'image_url', image_url: {} }]),
      'messages[0].content.image_url.url: Field required',
    ],
    ['openai-responses', { input: [7] }, 'input: must be a list of objects'],
    [
      'openai-responses',
      { input: [{ type: 'function_call', call_id: 'a' }] },
      'input[0].name: Field required',
    ],
  ])('%s %j', (surface, extra, says) => {
    expect(() => read(surface, { ...base[surface as keyof typeof base], ...extra })).toThrow(says);
  });
});

describe('what is not carried is named', () => {
  it.each<[SurfaceName, Json, string[]]>([
    [
      'anthropic-messages',
      { tools: [{ name: 't', input_schema: {}, defer_loading: true, input_examples: [{}] }] },
      ['tools.defer_loading', 'tools.input_examples'],
    ],
    [
      'anthropic-messages',
      {
        messages: [
          {
            role: 'user',
            content: [
              {
                type: 'document',
                source: { type: 'text', data: 'x' },
                citations: { enabled: true },
                context: 'c',
              },
            ],
          },
          { role: 'assistant', content: [{ type: 'text', text: 'a', citations: [{}] }] },
        ],
      },
      ['citations', 'document.context'],
    ],
    [
      'anthropic-messages',
      { messages: [{ role: 'user', content: [{ type: 'container_upload', file_id: 'f' }, text('hi')] }] },
      ['container_upload'],
    ],
    [
      'openai-chat',
      {
        logprobs: true,
        modalities: ['text', 'audio'],
        messages: [
          {
            role: 'user',
            name: 'ann',
            content: [
              { type: 'input_audio', input_audio: {} },
              { type: 'image_url', image_url: { url: 'https://e.example/a.png', detail: 'high' } },
            ],
          },
        ],
      },
      ['logprobs', 'modalities', 'messages.name', 'input_audio', 'image.detail'],
    ],
    [
      'openai-responses',
      {
        store: true,
        include: ['reasoning.encrypted_content', 'message.output_text.logprobs'],
        text: { verbosity: 'low' },
        input: [user, { type: 'web_search_call', id: 'w' }],
      },
      ['store', 'include.message.output_text.logprobs', 'text.verbosity', 'input.web_search_call'],
    ],
  ])('%s', (surface, extra, dropped) => {
    expect(read(surface, { ...base[surface as keyof typeof base], ...extra }).dropped).toEqual(dropped);
  });
});

describe('thinking and effort', () => {
  it.each([
    [{ thinking: { type: 'disabled' } }, 'none'],
    [{ thinking: { type: 'adaptive' } }, undefined],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }, 'max'],
    [{ thinking: { type: 'enabled', budget_tokens: 1_024 } }, 'low'],
    [{ thinking: { type: 'enabled', budget_tokens: 10_000 } }, 'medium'],
    [{ thinking: { type: 'enabled', budget_tokens: 31_999 } }, 'high'],
    [{ output_config: { effort: 'low' } }, 'low'],
  ])('Messages: %j is %s', (extra, effort) => {
    expect(read('anthropic-messages', { ...base['anthropic-messages'], ...extra }).reasoning).toBe(effort);
  });

  it('Chat and Responses say it in words', () => {
    expect(read('openai-chat', { ...base['openai-chat'], reasoning_effort: 'high' }).reasoning).toBe('high');
    expect(
      read('openai-responses', { ...base['openai-responses'], reasoning: { effort: 'minimal' } }).reasoning,
    ).toBe('minimal');
  });
});

describe('tool choice', () => {
  const schema = { type: 'object', properties: {} };
  const tools = {
    'anthropic-messages': [{ name: 'look', input_schema: schema }],
    'openai-chat': [{ type: 'function', function: { name: 'look', parameters: schema } }],
    'openai-responses': [{ type: 'function', name: 'look', parameters: schema }],
  };
  it.each([
    ['anthropic-messages', { type: 'auto' }, { type: 'auto' }],
    ['anthropic-messages', { type: 'any' }, { type: 'required' }],
    ['anthropic-messages', { type: 'none' }, { type: 'none' }],
    ['anthropic-messages', { type: 'tool', name: 'look' }, { type: 'tool', toolName: 'look' }],
    ['openai-chat', 'required', { type: 'required' }],
    ['openai-chat', { type: 'function', function: { name: 'look' } }, { type: 'tool', toolName: 'look' }],
    ['openai-responses', 'none', { type: 'none' }],
    ['openai-responses', { type: 'function', name: 'look' }, { type: 'tool', toolName: 'look' }],
  ] as const)('%s %j', (surface, choice, expected) => {
    const options = read(surface, { ...base[surface], tools: tools[surface], tool_choice: choice });
    expect(options.toolChoice).toEqual(expected);
    expect(options.tools).toEqual([{ type: 'function', name: 'look', inputSchema: schema }]);
  });

  it.each(SURFACES)('%s: a choice of a tool that had to be dropped is dropped with it', (surface) => {
    const choice =
      surface === 'anthropic-messages' ? { type: 'tool', name: 'gone' } : { type: 'function', name: 'gone' };
    const options = read(surface, {
      ...base[surface],
      tools: [...tools[surface], { type: 'web_search_20250305', name: 'gone' }],
      tool_choice: choice,
    });
    expect(options.toolChoice).toBeUndefined();
    expect(options.dropped).toEqual(['tools.web_search_20250305', 'tool_choice']);
  });
});

describe('results of tools', () => {
  it('follow their calls directly, whatever stands between them', () => {
    const { prompt } = read('anthropic-messages', {
      ...base['anthropic-messages'],
      messages: [
        user,
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'look', input: {} }] },
        { role: 'system', content: 'note' },
        { role: 'user', content: [text('and?'), { type: 'tool_result', tool_use_id: 't', content: 'seen' }] },
      ],
    });
    expect(prompt.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'system', 'user']);
    expect(prompt[2]).toMatchObject({
      content: [{ toolCallId: 't', toolName: 'look', output: { type: 'text', value: 'seen' } }],
    });
  });

  it('keep their failure and their images', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };
    const { prompt } = read('anthropic-messages', {
      ...base['anthropic-messages'],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a', is_error: true, content: 'no' },
            { type: 'tool_result', tool_use_id: 'b', content: [text('yes'), image] },
          ],
        },
      ],
    });
    expect(prompt[0]).toMatchObject({
      role: 'tool',
      content: [
        { output: { type: 'error-text', value: 'no' } },
        {
          output: {
            type: 'content',
            value: [
              text('yes'),
              { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'AAAA' } },
            ],
          },
        },
      ],
    });
  });

  it('of parallel calls in Responses items become one message, as the calls do', () => {
    const call = (id: string) => ({
      type: 'function_call',
      call_id: id,
      name: 'look',
      arguments: '{"at":1}',
    });
    const output = (id: string) => ({ type: 'function_call_output', call_id: id, output: id });
    const { prompt } = read('openai-responses', {
      model: 'm',
      input: [user, call('a'), call('b'), output('a'), output('b')],
    });
    expect(prompt.map(({ role, content }) => [role, content.length])).toEqual([
      ['user', 1],
      ['assistant', 2],
      ['tool', 2],
    ]);
  });
});

describe('files', () => {
  it.each([
    ['openai-chat', { type: 'image_url', image_url: { url: 'https://e.example/a.webp?x=1' } }, 'image/webp'],
    ['openai-chat', { type: 'image_url', image_url: { url: 'data:image/gif;base64,AAAA' } }, 'image/gif'],
    [
      'openai-chat',
      { type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA' } },
      'application/pdf',
    ],
    ['openai-responses', { type: 'input_image', image_url: 'https://e.example/photo' }, 'image/jpeg'],
    ['openai-responses', { type: 'input_file', file_url: 'https://e.example/a.pdf' }, 'application/pdf'],
    [
      'anthropic-messages',
      { type: 'document', source: { type: 'url', url: 'https://e.example/a' } },
      'application/pdf',
    ],
    [
      'anthropic-messages',
      { type: 'image', source: { type: 'url', url: 'https://e.example/a.png' } },
      'image/png',
    ],
  ] as const)('%s %j', (surface, part, mediaType) => {
    const message = { role: 'user', content: [part] };
    const { prompt, dropped } = read(surface, { ...base[surface], messages: [message], input: [message] });
    expect(prompt[0]?.content[0]).toMatchObject({ type: 'file', mediaType });
    expect(dropped.filter((name) => name !== 'input' && name !== 'messages')).toEqual([]);
  });

  it.each(['file:///etc/passwd', 'gopher://x', 'nonsense'])('refuses the address %s', (url) => {
    const part = { type: 'image_url', image_url: { url } };
    const body = { ...base['openai-chat'], messages: [{ role: 'user', content: [part] }] };
    expect(() => read('openai-chat', body)).toThrow('messages[0].content.image_url');
  });

  it.each([
    ['openai-chat', { type: 'input_audio', input_audio: {} }, 'input_audio'],
    ['openai-responses', { type: 'input_image', file_id: 'file_1' }, 'input_image'],
    ['anthropic-messages', { type: 'image', source: { type: 'file', file_id: 'f' } }, 'image.file'],
    ['anthropic-messages', { type: 'container_upload' }, 'container_upload'],
  ] as const)('%s names %j as dropped', (surface, part, name) => {
    const message = {
      role: 'user',
      content: [part, { type: surface === 'openai-responses' ? 'input_text' : 'text', text: 'x' }],
    };
    const { dropped } = read(surface, { ...base[surface], messages: [message], input: [message] });
    expect(dropped).toContain(name);
  });
});

it('marks of the prompt cache are kept for an upstream that knows them', () => {
  const mark = { type: 'ephemeral', ttl: '1h' };
  const providerOptions = { anthropic: { cacheControl: mark } };
  const marked = { ...text('hi'), cache_control: mark };
  for (const surface of ['anthropic-messages', 'openai-chat'] as const) {
    const { prompt } = read(surface, { ...base[surface], messages: [{ role: 'user', content: [marked] }] });
    expect(prompt[0]?.content[0]).toEqual({ ...text('hi'), providerOptions });
  }
});

it('search results keep where they were found', () => {
  const result = {
    type: 'search_result',
    title: 'Fjords',
    source: 'https://f.example',
    content: [text('deep')],
  };
  const { prompt } = read('anthropic-messages', {
    ...base['anthropic-messages'],
    messages: [{ role: 'user', content: [result] }],
  });
  expect(prompt).toMatchObject([{ content: [text('Fjords\nhttps://f.example'), text('deep')] }]);
});

it('structured output is asked for alike', () => {
  const schema = { type: 'object' };
  expect(
    read('anthropic-messages', {
      ...base['anthropic-messages'],
      output_config: { format: { type: 'json_schema', schema } },
    }).responseFormat,
  ).toEqual({ type: 'json', schema });
  const named = { name: 'n', schema };
  expect(
    read('openai-chat', {
      ...base['openai-chat'],
      response_format: { type: 'json_schema', json_schema: named },
    }).responseFormat,
  ).toEqual({ type: 'json', ...named });
  expect(
    read('openai-responses', {
      ...base['openai-responses'],
      text: { format: { type: 'json_schema', ...named } },
    }).responseFormat,
  ).toEqual({ type: 'json', ...named });
  expect(
    read('openai-chat', { ...base['openai-chat'], response_format: { type: 'json_object' } }).responseFormat,
  ).toEqual({ type: 'json' });
});
