import { describe, expect, it } from 'vitest';
import type { Block, Finish } from './answer.js';
import { Dropped } from './dropped.js';
import type { Json } from './json.js';
import { ADAPTERS } from './surface-adapter.js';

const PATCH = '*** Begin Patch\n"quoted"\n*** End Patch';
const BLOCKS: Block[] = [
  {
    start: { kind: 'tool', id: 'c1', name: 'patch' },
    text: JSON.stringify({ input: PATCH }),
    signature: undefined,
  },
  { start: { kind: 'tool', id: 'c2', name: 'look' }, text: '{"at":1}', signature: undefined },
];
const END: Finish = { reason: 'tool-calls', stopSequence: undefined, usage: undefined };
const definition = {
  name: 'patch',
  description: 'Edits files.',
  format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
};
const look = { name: 'look', parameters: { type: 'object' } };

const SURFACES = {
  'openai-chat': {
    tools: [
      { type: 'custom', custom: definition },
      { type: 'function', function: look },
    ],
    tool_choice: { type: 'custom', custom: { name: 'patch' } },
    messages: [
      { role: 'user', content: 'hi' },
      {
        role: 'assistant',
        tool_calls: [{ id: 'c0', type: 'custom', custom: { name: 'patch', input: PATCH } }],
      },
      { role: 'tool', tool_call_id: 'c0', content: 'done' },
    ],
  },
  'openai-responses': {
    tools: [
      { type: 'custom', ...definition },
      { type: 'function', ...look },
    ],
    tool_choice: { type: 'custom', name: 'patch' },
    input: [
      { role: 'user', content: 'hi' },
      { type: 'custom_tool_call', call_id: 'c0', name: 'patch', input: PATCH },
      { type: 'custom_tool_call_output', call_id: 'c0', output: 'done' },
    ],
  },
};

describe.each(Object.entries(SURFACES))('custom tools of %s', (name, body) => {
  const surface = ADAPTERS[name as keyof typeof SURFACES];

  it('become functions of one field, their earlier calls too; the grammar is told', () => {
    const dropped = new Dropped();
    const { tools, toolChoice, prompt } = surface.read(body, dropped);
    expect(tools?.[0]).toMatchObject({
      type: 'function',
      name: 'patch',
      description: 'Edits files.\n\nThe input must match this grammar:\nstart: "x"',
      inputSchema: { required: ['input'] },
    });
    expect(toolChoice).toEqual({ type: 'tool', toolName: 'patch' });
    expect(prompt.slice(1)).toMatchObject([
      { role: 'assistant', content: [{ toolCallId: 'c0', toolName: 'patch', input: { input: PATCH } }] },
      { role: 'tool', content: [{ toolCallId: 'c0', toolName: 'patch' }] },
    ]);
    expect(dropped.headers).toEqual(['x-muxgate-dropped', 'tools.format']);
  });
});

const factsOf = (request: Json) => ({ id: 'x', model: 'm', createdAt: 1, request });

/** The answer of BLOCKS as events, each arguments in two deltas. */
function streamed(name: keyof typeof SURFACES): Json[] {
  const writer = ADAPTERS[name].writer(factsOf(SURFACES[name]));
  let wire = writer.begin();
  for (const block of BLOCKS) {
    wire += writer.open(block.start);
    for (const half of [block.text.slice(0, 9), block.text.slice(9)]) wire += writer.delta(half);
    wire += writer.close(block);
  }
  wire += writer.end(END);
  return [...wire.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data ?? '') as Json);
}

it('Responses gets calls with free text, whole or streamed, beside calls of functions', () => {
  const output = [
    { type: 'custom_tool_call', call_id: 'c1', name: 'patch', input: PATCH },
    { type: 'function_call', call_id: 'c2', name: 'look', arguments: '{"at":1}' },
  ];
  expect(
    ADAPTERS['openai-responses'].answer(BLOCKS, END, factsOf(SURFACES['openai-responses'])),
  ).toMatchObject({ output });
  const events = streamed('openai-responses');
  expect(events.at(-1)).toMatchObject({ response: { output } });
  expect(
    events.filter(({ type }) => String(type).startsWith('response.custom_tool_call_input')),
  ).toMatchObject([{ delta: PATCH }, { input: PATCH }]);
});

it('Chat gets calls with free text, whole or streamed, beside calls of functions', () => {
  const calls = [
    { id: 'c1', type: 'custom', custom: { name: 'patch', input: PATCH } },
    { id: 'c2', type: 'function', function: { name: 'look', arguments: '{"at":1}' } },
  ];
  expect(ADAPTERS['openai-chat'].answer(BLOCKS, END, factsOf(SURFACES['openai-chat']))).toMatchObject({
    choices: [{ message: { tool_calls: calls } }],
  });
  const deltas = streamed('openai-chat').flatMap(
    ({ choices }) =>
      (choices as { delta: { tool_calls?: { index: number }[] } }[])[0]?.delta.tool_calls ?? [],
  );
  expect(deltas[0]).toEqual({ index: 0, ...calls[0] });
  expect(deltas.slice(1).map(({ index }) => index)).toEqual([1, 1, 1]);
});
