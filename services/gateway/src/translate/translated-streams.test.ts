import { readFileSync } from 'node:fs';
import type { ProviderConfig } from '@muxgate/config';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { converseStream } from '../../../../test/contract/bedrock.simulator.js';
import type { Dialect } from './dialect.js';
import { StreamedAnswer } from './streamed-answer.js';
import { ADAPTERS } from './surface-adapter.js';
import { upstreamModel } from './upstream-model.js';

type SurfaceName = keyof typeof ADAPTERS;

const facts = {
  id: 'x',
  model: 'asked-for',
  createdAt: 1,
  request: { stream_options: { include_usage: true } },
};
const provider = { name: 'p', baseUrl: 'https://vendor.example' } as ProviderConfig;
const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] }];
const BEDROCK = 'bedrock-tools';
const bytesOf = (name: string): Buffer =>
  name === BEDROCK
    ? Buffer.concat(converseStream())
    : readFileSync(new URL(`../../../../test/fixtures/streams/${name}.sse`, import.meta.url));

/** What the client sees of an upstream stream that arrives in these chunks: the events, or how they ended. */
async function translated(
  dialect: Dialect,
  chunks: readonly Uint8Array[],
  surface: SurfaceName,
): Promise<string> {
  const answer = new StreamedAnswer(ADAPTERS[surface].writer(facts), 'p');
  let out = '';
  try {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    });
    const type = dialect === 'bedrock' ? 'application/vnd.amazon.eventstream' : 'text/event-stream';
    const headers = { 'content-type': type };
    const model = upstreamModel(provider, dialect, 'm', () =>
      Promise.resolve(new Response(body, { headers })),
    );
    const { stream } = await model.doStream({ prompt });
    for await (const part of stream) if (part.type !== 'stream-start') out += answer.push(part);
  } catch (error) {
    return `${out}failed: ${(error as Error).message}`;
  }
  return answer.finished === undefined ? `${out}cut` : out;
}

/** The stream's beginnings, of one event and more, without its end. */
function cutEvents(bytes: Buffer): Buffer[] {
  const events = bytes.toString().split('\n\n');
  const ends =
    /message_stop|\[DONE\]|response\.(completed|failed)|finish_reason":"|finishReason|event: error|"error":\{/;
  const last = events.findIndex((event) => ends.test(event));
  return Array.from({ length: Math.max(0, last) }, (_, at) =>
    Buffer.from(`${events.slice(0, at + 1).join('\n\n')}\n\n`),
  );
}

function cutFrames(): Buffer[] {
  const frames = converseStream();
  return Array.from({ length: frames.length - 3 }, (_, at) => Buffer.concat(frames.slice(0, at + 1)));
}

const RECORDED: [string, Dialect, SurfaceName, SurfaceName][] = [
  ['anthropic-text', 'anthropic-messages', 'openai-chat', 'openai-responses'],
  ['anthropic-thinking', 'anthropic-messages', 'openai-chat', 'openai-responses'],
  ['anthropic-tools', 'anthropic-messages', 'openai-chat', 'openai-responses'],
  ['anthropic-error', 'anthropic-messages', 'openai-chat', 'openai-responses'],
  ['chat-text-no-usage', 'openai-chat', 'anthropic-messages', 'openai-responses'],
  ['chat-tools', 'openai-chat', 'anthropic-messages', 'openai-responses'],
  ['chat-error', 'openai-chat', 'anthropic-messages', 'openai-responses'],
  ['../translated/responses-text', 'openai-responses', 'anthropic-messages', 'openai-chat'],
  ['../translated/responses-tools', 'openai-responses', 'anthropic-messages', 'openai-chat'],
  ['responses-failed', 'openai-responses', 'anthropic-messages', 'openai-chat'],
  ['../translated/gemini-text', 'gemini', 'anthropic-messages', 'openai-chat'],
  ['../translated/gemini-tools', 'gemini', 'anthropic-messages', 'openai-responses'],
  [BEDROCK, 'bedrock', 'anthropic-messages', 'openai-responses'],
];

/** Thousands of translations: a machine that is busy takes minutes. */
const PATIENCE_MS = 600_000;

describe.each(RECORDED)('%s of %s', (name, dialect, first, second) => {
  const bytes = bytesOf(name);

  it(
    'gives the same events wherever it is split in two',
    async () => {
      const whole = await translated(dialect, [bytes], first);
      expect(whole.includes('failed: ')).toBe(/error|failed/.test(name));
      for (let at = 1; at < bytes.length; at++) {
        const split = await translated(dialect, [bytes.subarray(0, at), bytes.subarray(at)], first);
        if (split !== whole) throw new Error(`split at ${at}: ${split}`);
      }
    },
    PATIENCE_MS,
  );

  it.each([first, second])(
    'gives the same %s events however it is cut and merged',
    async (surface) => {
      const whole = await translated(dialect, [bytes], surface);
      expect(
        await translated(
          dialect,
          [...bytes].map((byte) => Uint8Array.of(byte)),
          surface,
        ),
      ).toBe(whole);
      const cuts = fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 30 });
      await fc.assert(
        fc.asyncProperty(cuts, async (places) => {
          const ends = [...places.toSorted((a, b) => a - b), bytes.length];
          const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
          expect(await translated(dialect, chunks, surface)).toBe(whole);
        }),
        { numRuns: 40 },
      );
    },
    PATIENCE_MS,
  );

  it('ends in a failure wherever it breaks off before its end', async () => {
    for (const cut of name === BEDROCK ? cutFrames() : cutEvents(bytes))
      expect(await translated(dialect, [cut], first)).toMatch(/failed: |cut$/);
  });
});

it('a client of Messages gets whole blocks, one after the other, of calls whose arguments interleave', async () => {
  const delta = (calls: object[], finish: string | null = null): string =>
    `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { tool_calls: calls }, finish_reason: finish }] })}\n\n`;
  const call = (index: number, text: string, id?: string): object => ({
    index,
    ...(id === undefined ? {} : { id, type: 'function' }),
    function: { ...(id === undefined ? {} : { name: `tool_${id}` }), arguments: text },
  });
  const stream =
    delta([call(0, '', 'a')]) +
    delta([call(0, '{"x":')]) +
    delta([call(1, '{"y"', 'b')]) +
    delta([call(0, '1')]) +
    delta([call(1, ':2}')]) +
    delta([call(0, '}')]) +
    delta([], 'tool_calls') +
    'data: [DONE]\n\n';
  const wire = await translated('openai-chat', [Buffer.from(stream)], 'anthropic-messages');
  const events = [...wire.matchAll(/^data: (.*)$/gm)].map(
    ([, data]) => JSON.parse(data ?? '') as Record<string, never>,
  );
  const shape = events.map(({ type, index }) =>
    index === undefined ? type : `${String(type)} ${String(index)}`,
  );
  expect(shape.filter((each, at) => each !== shape[at - 1])).toEqual([
    'message_start',
    'content_block_start 0',
    'content_block_delta 0',
    'content_block_stop 0',
    'content_block_start 1',
    'content_block_delta 1',
    'content_block_stop 1',
    'message_delta',
    'message_stop',
  ]);
  const text = (index: number): string =>
    [...wire.matchAll(new RegExp(`"index":${index},"delta":.*"partial_json":(".*?[^\\\\]")`, 'g'))]
      .map(([, json]) => JSON.parse(json ?? '""') as string)
      .join('');
  expect([text(0), text(1)]).toEqual(['{"x":1}', '{"y":2}']);
});

it('thoughts of a Chat upstream become a thinking block without a signature', async () => {
  const chunk = (delta: object, finish: string | null = null): string =>
    `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const stream =
    chunk({ reasoning_content: 'hm' }) + chunk({ content: 'yes' }) + chunk({}, 'stop') + 'data: [DONE]\n\n';
  const wire = await translated('openai-chat', [Buffer.from(stream)], 'anthropic-messages');
  expect(wire).toContain('"content_block":{"type":"thinking","thinking":"","signature":""}');
  expect(wire).toContain('{"type":"thinking_delta","thinking":"hm"}');
  expect(wire).not.toContain('signature_delta');
  expect(wire).toContain('{"type":"text_delta","text":"yes"}');
});
