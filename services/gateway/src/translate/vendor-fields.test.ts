import { createRequire } from 'node:module';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { Dropped } from './dropped.js';
import type { Json } from './json.js';
import { ADAPTERS } from './surface-adapter.js';

type Surface = 'anthropic-messages' | 'openai-chat' | 'openai-responses';

const schema = { type: 'object', properties: { at: { type: 'number' } } };
const user = { role: 'user', content: 'hi' };
const chatTool = { type: 'function', function: { name: 'look', parameters: schema } };
const responsesTool = { type: 'function', name: 'look', parameters: schema };
const named = { name: 'n', schema };
const format = { type: 'json_schema', schema };

/** What the surface itself answers: it does not go upstream, and is not lost. */
const ANSWERED: Readonly<Record<Surface, readonly string[]>> = {
  'anthropic-messages': ['model', 'stream'],
  'openai-chat': ['model', 'stream', 'stream_options', 'n'],
  'openai-responses': ['model', 'stream', 'include', 'store', 'metadata'],
};
/** A value of each field that goes upstream; the others get one that no vendor knows. */
const CARRIED: Readonly<Record<Surface, Json>> = {
  'anthropic-messages': {
    max_tokens: 9,
    messages: [{ role: 'user', content: 'other' }],
    system: 'be brief',
    temperature: 0.5,
    top_p: 0.5,
    top_k: 5,
    stop_sequences: ['x'],
    tools: [{ name: 'see', input_schema: schema }],
    tool_choice: { type: 'any' },
    thinking: { type: 'enabled', budget_tokens: 2_000 },
    output_config: { effort: 'low' },
    output_format: format,
  },
  'openai-chat': {
    max_tokens: 9,
    max_completion_tokens: 9,
    messages: [{ role: 'user', content: 'other' }],
    temperature: 0.5,
    top_p: 0.5,
    stop: 'x',
    seed: 1,
    presence_penalty: 0.5,
    frequency_penalty: 0.5,
    tools: [{ ...chatTool, function: { name: 'see' } }],
    tool_choice: 'required',
    parallel_tool_calls: false,
    reasoning_effort: 'low',
    response_format: { type: 'json_schema', json_schema: named },
  },
  'openai-responses': {
    max_output_tokens: 9,
    input: 'other',
    instructions: 'be brief',
    temperature: 0.5,
    top_p: 0.5,
    tools: [{ ...responsesTool, name: 'see' }],
    tool_choice: 'required',
    parallel_tool_calls: false,
    reasoning: { effort: 'low' },
    text: { format: { type: 'json_schema', ...named } },
  },
};
const BASE: Readonly<Record<Surface, Json>> = {
  'anthropic-messages': { max_tokens: 5, messages: [user], tools: [{ name: 'look', input_schema: schema }] },
  'openai-chat': { messages: [user], tools: [chatTool] },
  'openai-responses': { input: 'hi', tools: [responsesTool] },
};
/** A request for what is stored elsewhere cannot be served at all. */
const REFUSED: ReadonlySet<string> = new Set(['previous_response_id']);

const modules = createRequire(import.meta.url);
const PARAMETERS: readonly [Surface, string, string][] = [
  ['anthropic-messages', '@anthropic-ai/sdk/resources/messages/messages', 'MessageCreateParamsBase'],
  ['anthropic-messages', '@anthropic-ai/sdk/resources/beta/messages/messages', 'MessageCreateParamsBase'],
  ['openai-chat', 'openai/resources/chat/completions/completions', 'ChatCompletionCreateParamsBase'],
  ['openai-responses', 'openai/resources/responses/responses', 'ResponseCreateParamsBase'],
];

/** The fields of an interface as the vendor's own SDK declares them. */
function fieldsOf(module: string, name: string): string[] {
  const path = modules.resolve(module).replace(/\.m?js$/, '.d.ts');
  const source = ts.createSourceFile(path, ts.sys.readFile(path) ?? '', ts.ScriptTarget.Latest);
  const declared = source.statements.find(
    (each): each is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(each) && each.name.text === name,
  );
  return (declared?.members ?? []).flatMap(({ name: field }) =>
    field !== undefined && ts.isIdentifier(field) ? [field.text] : [],
  );
}

function read(surface: Surface, body: Json): { call: string; dropped: string[] } {
  const dropped = new Dropped();
  const call = ADAPTERS[surface].read({ model: 'm', ...BASE[surface], ...body }, dropped);
  return { call: JSON.stringify(call), dropped: dropped.headers[1]?.split(', ') ?? [] };
}

describe.each(PARAMETERS)('%s, as %s declares it', (surface, module, name) => {
  const fields = fieldsOf(module, name);
  const plain = read(surface, {});

  it('has the fields that every version had', () => {
    expect(fields).toEqual(expect.arrayContaining(['model', 'stream', 'tool_choice', 'tools']));
  });

  it.each(fields.filter((field) => !ANSWERED[surface].includes(field) && !REFUSED.has(field)))(
    '%s goes upstream or is named as dropped',
    (field) => {
      const value = CARRIED[surface][field];
      const { call, dropped } = read(surface, { [field]: value ?? 'x' });
      expect({ changed: call !== plain.call, dropped }).toEqual(
        value === undefined ? { changed: false, dropped: [field] } : { changed: true, dropped: [] },
      );
    },
  );
});

describe('a field inside one that is carried is named too', () => {
  const content = (part: Json): Json => ({ role: 'user', content: [part, { type: 'text', text: 'x' }] });
  const source = { type: 'base64', media_type: 'image/png', data: 'AAAA' };
  const call = { type: 'tool_use', id: 't', name: 'look', input: {}, caller: { type: 'direct' } };
  it.each<[Surface, Json, string[]]>([
    [
      'anthropic-messages',
      { tools: [{ name: 'a', input_schema: schema, defer_loading: true }] },
      ['tools.defer_loading'],
    ],
    [
      'anthropic-messages',
      { messages: [content({ type: 'image', source, transformations: 1 })] },
      ['image.transformations'],
    ],
    [
      'anthropic-messages',
      {
        messages: [
          user,
          { role: 'assistant', content: [{ ...call, toolset_name: 's' }] },
          content({ type: 'tool_result', tool_use_id: 't', content: 'y', toolset_name: 's' }),
        ],
      },
      ['tool_use.toolset_name', 'tool_result.toolset_name'],
    ],
    [
      'anthropic-messages',
      { output_config: { effort: 'utmost', task_budget: {} } },
      ['output_config.task_budget', 'effort'],
    ],
    [
      'anthropic-messages',
      { thinking: { type: 'enabled', budget_tokens: 1_024, display: 'omitted', new: 1 } },
      ['thinking.display', 'thinking.new'],
    ],
    ['openai-chat', { reasoning_effort: 'utmost' }, ['effort']],
    [
      'openai-chat',
      { stream_options: { include_usage: true, include_obfuscation: false } },
      ['stream_options.include_obfuscation'],
    ],
    ['openai-chat', { tools: [{ type: 'function', function: { name: 'a', new: 1 } }] }, ['tools.new']],
    [
      'openai-chat',
      { messages: [user, { role: 'assistant', content: 'a', function_call: {} }] },
      ['messages.function_call'],
    ],
    [
      'openai-responses',
      { tools: [{ ...responsesTool, async: true, output_schema: {} }] },
      ['tools.async', 'tools.output_schema'],
    ],
    [
      'openai-responses',
      { reasoning: { effort: 'low', summary: 'auto', mode: 'm', context: 'c' } },
      ['reasoning.mode', 'reasoning.context'],
    ],
    ['openai-responses', { reasoning: { effort: 'utmost' } }, ['effort']],
    ['openai-responses', { text: { verbosity: 'low' } }, ['text.verbosity']],
  ])('%s %j', (surface, body, names) => {
    expect(read(surface, body).dropped).toEqual(names);
  });
});
