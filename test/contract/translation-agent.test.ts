import type { ServerResponse } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { startGateway, startUpstream, type FakeUpstream, type TestGateway } from './gateway.support.ts';

const TURNS = 20;
const yaml = (url: string): string => `
version: 1
providers:
  - { name: a, protocol: anthropic-messages, baseUrl: "${url}", auth: { type: none }, allowPrivateNetwork: true }
  - { name: c, protocol: openai-chat, baseUrl: "${url}/v1", auth: { type: none }, allowPrivateNetwork: true }
models:
  - { name: to-anthropic, targets: [{ provider: a, model: claude-up }] }
  - { name: to-chat, targets: [{ provider: c, model: gpt-up }] }
`;

/** What the model of these tests asks for in one turn: two calls at once, whose results the next turn builds on. */
interface Turn {
  readonly calls: readonly { id: string; name: string; input: { a: number; b: number } }[];
  readonly text: string;
}

const run = (name: string, { a, b }: { a: number; b: number }): number =>
  name === 'add' ? a + b : (a * b) % 9_973;

/** The right answer, by the same steps without a model. */
function rightAnswer(): number {
  let [sum, product] = [1, 2];
  for (let turn = 0; turn < TURNS; turn++)
    [sum, product] = [run('add', { a: sum, b: product }), run('multiply', { a: product, b: sum })];
  return sum + product;
}

/** A model with a plan: it goes on from the results it is shown, and trips over any that is missing or misplaced. */
function nextTurn(results: readonly { id: string; value: string }[]): Turn {
  const done = results.length / 2;
  const expected = Array.from({ length: results.length }, (_, at) => `call_${at >> 1}_${at % 2}`);
  if (results.some(({ id }, at) => id !== expected[at]))
    return { calls: [], text: 'the results are in disorder' };
  const [a, b] = done === 0 ? [1, 2] : [Number(results.at(-2)?.value), Number(results.at(-1)?.value)];
  if (done === TURNS) return { calls: [], text: `the answer is ${(a ?? 0) + (b ?? 0)}` };
  return {
    text: `turn ${done}`,
    calls: [
      { id: `call_${done}_0`, name: 'add', input: { a: a ?? 0, b: b ?? 0 } },
      { id: `call_${done}_1`, name: 'multiply', input: { a: b ?? 0, b: a ?? 0 } },
    ],
  };
}

type Message = { role: string; tool_call_id?: string; content: unknown };
type ToolResult = { type: string; tool_use_id: string; content: unknown };

function write(res: ServerResponse, events: readonly object[], named: boolean, end = ''): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events)
    res.write(
      `${named ? `event: ${(event as { type: string }).type}\n` : ''}data: ${JSON.stringify(event)}\n\n`,
    );
  res.end(end);
}

/** The plan over Chat, with the arguments of both calls interleaved. */
const chatModel: FakeUpstream['answer'] = ({ body }, res) => {
  const { messages } = JSON.parse(body.toString()) as { messages: Message[] };
  const turn = nextTurn(
    messages
      .filter(({ role }) => role === 'tool')
      .map(({ tool_call_id: id, content }) => ({ id: id ?? '', value: String(content) })),
  );
  const chunk = (delta: object, finish: string | null = null): object => ({
    id: 'c',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const halves = turn.calls.map(({ input }) => JSON.stringify(input));
  const piece = (index: number, text: string): object =>
    chunk({ tool_calls: [{ index, function: { arguments: text } }] });
  const starts = turn.calls.map(({ id, name }, index) =>
    chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
  );
  write(
    res,
    [
      chunk({ content: turn.text }),
      ...starts,
      ...halves.map((text, index) => piece(index, text.slice(0, 4))),
      ...halves.map((text, index) => piece(index, text.slice(4))),
      chunk({}, turn.calls.length > 0 ? 'tool_calls' : 'stop'),
    ],
    false,
    'data: [DONE]\n\n',
  );
};

/** The plan over Messages. */
const anthropicModel: FakeUpstream['answer'] = ({ body }, res) => {
  const { messages } = JSON.parse(body.toString()) as { messages: Message[] };
  const blocks = messages.flatMap(({ content }) => (Array.isArray(content) ? (content as ToolResult[]) : []));
  const turn = nextTurn(
    blocks
      .filter(({ type }) => type === 'tool_result')
      .map(({ tool_use_id: id, content }) => ({
        id,
        value: typeof content === 'string' ? content : String((content as { text: string }[])[0]?.text),
      })),
  );
  const block = (index: number, start: object, delta: object): object[] => [
    { type: 'content_block_start', index, content_block: start },
    { type: 'content_block_delta', index, delta },
    { type: 'content_block_stop', index },
  ];
  const usage = { input_tokens: 1, output_tokens: 1 };
  write(
    res,
    [
      {
        type: 'message_start',
        message: { id: 'm', type: 'message', role: 'assistant', model: 'x', content: [], usage },
      },
      ...block(0, { type: 'text', text: '' }, { type: 'text_delta', text: turn.text }),
      ...turn.calls.flatMap(({ id, name, input }, at) =>
        block(
          at + 1,
          { type: 'tool_use', id, name, input: {} },
          { type: 'input_json_delta', partial_json: JSON.stringify(input) },
        ),
      ),
      {
        type: 'message_delta',
        delta: { stop_reason: turn.calls.length > 0 ? 'tool_use' : 'end_turn', stop_sequence: null },
        usage,
      },
      { type: 'message_stop' },
    ],
    true,
  );
};

describe(`an agent of ${TURNS} turns with two tools each, through a translated route`, () => {
  let upstream: FakeUpstream;
  let gateway: TestGateway;
  const parameters = {
    type: 'object' as const,
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
  };

  beforeAll(async () => {
    const redis = await startRedis();
    upstream = await startUpstream();
    gateway = await startGateway(redis.url, yaml(upstream.url));
  });
  afterAll(async () => {
    await gateway?.shutDown();
    await upstream?.close();
  });

  it('@anthropic-ai/sdk at a Chat upstream', async () => {
    upstream.answer = chatModel;
    const client = new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 });
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'compute' }];
    const tools = ['add', 'multiply'].map((name) => ({ name, input_schema: parameters }));
    let turns = 0;
    for (;;) {
      const answer = await client.messages
        .stream({ model: 'to-chat', max_tokens: 1_000, tools, messages })
        .finalMessage();
      messages.push({ role: 'assistant', content: answer.content });
      if (answer.stop_reason !== 'tool_use') break;
      turns++;
      messages.push({
        role: 'user',
        content: answer.content.flatMap((block) =>
          block.type === 'tool_use'
            ? [
                {
                  type: 'tool_result' as const,
                  tool_use_id: block.id,
                  content: String(run(block.name, block.input as { a: number; b: number })),
                },
              ]
            : [],
        ),
      });
    }
    expect(turns).toBe(TURNS);
    expect(messages.at(-1)?.content).toMatchObject([{ text: `the answer is ${rightAnswer()}` }]);
  });

  it('openai at an Anthropic upstream', async () => {
    upstream.answer = anthropicModel;
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 });
    const runner = client.chat.completions.runTools(
      {
        model: 'to-anthropic',
        stream: true,
        messages: [{ role: 'user', content: 'compute' }],
        tools: ['add', 'multiply'].map((name) => ({
          type: 'function' as const,
          function: {
            name,
            description: name,
            parameters,
            parse: (text: string) => JSON.parse(text) as { a: number; b: number },
            function: (input: { a: number; b: number }) => String(run(name, input)),
          },
        })),
      },
      { maxChatCompletions: TURNS + 5 },
    );
    expect(await runner.finalContent()).toBe(`the answer is ${rightAnswer()}`);
    expect(runner.allChatCompletions()).toHaveLength(TURNS + 1);
  });
});
