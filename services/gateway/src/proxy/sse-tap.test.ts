import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_EVENT_BYTES } from './sse-events.js';
import { createStreamTap, type StreamTap } from './sse-tap.js';
import type { SurfaceName } from './surface.js';
import type { Usage } from './usage-reader.js';

const FOLDER = new URL('../../../../test/fixtures/streams/', import.meta.url);
const PROTOCOLS: readonly SurfaceName[] = ['anthropic-messages', 'openai-chat', 'openai-responses'];
const PREFIXES: Record<string, SurfaceName> = {
  anthropic: 'anthropic-messages',
  chat: 'openai-chat',
  responses: 'openai-responses',
};
const SEED = 20261123;

interface Seen {
  content: boolean;
  end: boolean;
  error: boolean;
  boundary: boolean;
  usage: Usage | undefined;
  tokens: number;
}

interface Expected extends Seen {
  /** Text of the event with which the first content arrives. */
  firstContent: string | undefined;
}

const usage = (input: number, output: number, read = 0, creation = 0, reasoning = 0): Usage => ({
  inputTokens: input,
  outputTokens: output,
  cacheReadTokens: read,
  cacheCreationTokens: creation,
  cacheCreation1hTokens: 0,
  reasoningTokens: reasoning,
});

const ended = { content: true, end: true, error: false, boundary: true };
const broken = { content: true, end: false, error: true, boundary: true };
const EXPECTED: Record<string, Expected> = {
  'anthropic-text': {
    ...ended,
    usage: usage(25, 15, 18_000, 320),
    tokens: 22,
    firstContent: 'content_block_start',
  },
  'anthropic-tools': { ...ended, usage: usage(480, 89, 12), tokens: 31, firstContent: 'content_block_start' },
  'anthropic-thinking': {
    ...ended,
    usage: usage(40, 120, 0, 2048, 96),
    tokens: 24,
    firstContent: '"thinking":""',
  },
  'anthropic-error': { ...broken, usage: usage(25, 1), tokens: 1, firstContent: 'content_block_start' },
  'anthropic-early-error': {
    ...broken,
    content: false,
    usage: usage(25, 1),
    tokens: 0,
    firstContent: undefined,
  },
  'chat-tools': {
    ...ended,
    usage: usage(176, 64, 1024, 0, 32),
    tokens: 6,
    firstContent: '"name":"read_file"',
  },
  'chat-text-no-usage': { ...ended, usage: undefined, tokens: 3, firstContent: '"content":"Hello"' },
  'chat-error': { ...broken, usage: undefined, tokens: 1, firstContent: '"content":"Hel"' },
  'responses-full': {
    ...ended,
    usage: usage(500, 211, 3072, 128, 192),
    tokens: 30,
    firstContent: 'output_item.added',
  },
  'responses-failed': {
    ...broken,
    content: false,
    end: true,
    usage: undefined,
    tokens: 0,
    firstContent: undefined,
  },
};

const FIXTURES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.sse'))
  .map((file) => {
    const name = file.slice(0, -'.sse'.length);
    return {
      name,
      protocol: PREFIXES[name.split('-')[0]!]!,
      text: readFileSync(new URL(file, FOLDER), 'utf8'),
    };
  });

const LINE_ENDS = { LF: '\n', CRLF: '\r\n', CR: '\r' };

function seen(tap: StreamTap): Seen {
  return {
    content: tap.firstContentSeen,
    end: tap.protocolEndSeen,
    error: tap.errorEventSeen,
    boundary: tap.atEventBoundary,
    usage: tap.usage,
    tokens: tap.outputTokens,
  };
}

function tapOf(protocol: SurfaceName, chunks: readonly Buffer[]): Seen {
  const tap = createStreamTap(protocol);
  for (const chunk of chunks) tap.push(chunk);
  tap.end();
  return seen(tap);
}

function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

function expectedOf(name: string): Seen {
  const { firstContent: _, ...rest } = EXPECTED[name]!;
  return rest;
}

it('every recorded stream has an expectation', () => {
  expect(FIXTURES.map((fixture) => fixture.name).toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
});

describe.each(FIXTURES)('stream $name', ({ name, protocol, text }) => {
  describe.each(Object.entries(LINE_ENDS))('with %s line ends', (_, lineEnd) => {
    const bytes = Buffer.from(text.replaceAll('\n', lineEnd));

    it('is read whole', () => {
      expect(tapOf(protocol, [bytes])).toEqual(expectedOf(name));
    });

    it('is read the same when cut in two at any byte, and never changed', () => {
      const before = Buffer.from(bytes);
      for (let cut = 0; cut <= bytes.length; cut++) {
        const result = tapOf(protocol, [bytes.subarray(0, cut), bytes.subarray(cut)]);
        assert.deepEqual(result, expectedOf(name), `cut at ${cut}`);
      }
      expect(bytes.equals(before)).toBe(true);
    });

    it('is read the same byte by byte and in arbitrary pieces', () => {
      expect(tapOf(protocol, pieces(bytes, [...bytes.keys()]))).toEqual(expectedOf(name));
      fc.assert(
        fc.property(fc.array(fc.nat(bytes.length), { maxLength: 40 }), (cuts) => {
          expect(tapOf(protocol, pieces(bytes, cuts))).toEqual(expectedOf(name));
        }),
        { numRuns: 100, seed: SEED },
      );
    });
  });

  it('knows event boundaries, and its first content, at the very byte', () => {
    const bytes = Buffer.from(text);
    const tap = createStreamTap(protocol);
    let firstContent: string | undefined;
    expect(tap.atEventBoundary).toBe(true);
    for (let i = 0; i < bytes.length; i++) {
      tap.push(bytes.subarray(i, i + 1));
      const boundary = bytes[i] === 0x0a && bytes[i - 1] === 0x0a;
      assert.equal(tap.atEventBoundary, boundary, `boundary at byte ${i}`);
      if (tap.firstContentSeen && firstContent === undefined) {
        firstContent = bytes.toString('utf8', bytes.lastIndexOf('\n\n', i - 2) + 2, i + 1);
      }
    }
    const expected = EXPECTED[name]!.firstContent;
    expect(firstContent ?? 'none').toContain(expected ?? 'none');
  });

  it('reads nothing more from an event that was cut off', () => {
    const lastEvent = text.lastIndexOf('\n\n', text.length - 3) + 2;
    const whole = tapOf(protocol, [Buffer.from(text.slice(0, lastEvent))]);
    for (let length = lastEvent + 1; length < text.length - 1; length++) {
      const cut = tapOf(protocol, [Buffer.from(text.slice(0, length))]);
      assert.deepEqual(cut, { ...whole, boundary: false }, `cut at ${length}`);
    }
  });
});

describe('server-sent events', () => {
  const read = (protocol: SurfaceName, text: string) => tapOf(protocol, [Buffer.from(text)]);

  it('need no space after the colon', () => {
    expect(read('anthropic-messages', 'event:message_stop\ndata:{}\n\n').end).toBe(true);
    expect(read('openai-chat', 'data:[DONE]\n\n').end).toBe(true);
  });

  it('may have their data on several lines', () => {
    const text = 'data: {"choices":[],\ndata: "usage":{"prompt_tokens":5,\ndata: "completion_tokens":2}}\n\n';
    expect(read('openai-chat', text).usage).toEqual(usage(5, 2));
  });

  it('without a name are known by the type in their data', () => {
    expect(read('anthropic-messages', 'data: {"type":"message_stop"}\n\n').end).toBe(true);
    expect(read('openai-responses', 'data: {"type":"response.completed"}\n\n').end).toBe(true);
  });

  it('without data, and comments, are nothing', () => {
    expect(read('anthropic-messages', 'event: message_stop\n\n: message_stop\n\n\n\n')).toMatchObject({
      content: false,
      end: false,
    });
  });

  it('may lack the last blank line, and begin with a byte order mark', () => {
    expect(read('openai-chat', '\ufeffdata: [DONE]\n').end).toBe(true);
  });

  it('beyond the cap lose their usage but neither their end nor what follows', () => {
    const filler = 'x'.repeat(MAX_EVENT_BYTES);
    const big = `event: response.completed\ndata: {"type":"response.completed","response":{"text":"${filler}","usage":{"input_tokens":5,"output_tokens":2}}}\n\n`;
    const bytes = Buffer.from(`${big}event: error\ndata: {}\n\n`);
    for (const chunk of [bytes.length, 65_536, 1_000]) {
      const cuts = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, index) => index * chunk);
      expect(tapOf('openai-responses', pieces(bytes, cuts))).toMatchObject({
        end: true,
        error: true,
        boundary: true,
      });
    }
    const small = tapOf('openai-responses', [bytes.subarray(0, 100), bytes.subarray(100)]);
    expect(small.usage).toBeUndefined();
  });
});

describe('a chat stream', () => {
  const chunk = (delta: object, finish: string | null = null) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

  it.each([
    ['a role', { role: 'assistant' }, false],
    ['empty text', { role: 'assistant', content: '' }, false],
    ['text', { content: 'x' }, true],
    ['a tool call', { tool_calls: [{ index: 0 }] }, true],
    ['no tool calls', { tool_calls: [] }, false],
    ['reasoning', { reasoning_content: 'x' }, true],
    ['a refusal', { refusal: 'no' }, true],
  ])('with %s', (_, delta, content) => {
    expect(tapOf('openai-chat', [Buffer.from(chunk(delta))]).content).toBe(content);
  });

  it('with a finish reason only has content', () => {
    expect(tapOf('openai-chat', [Buffer.from(chunk({}, 'stop'))]).content).toBe(true);
  });

  it('that counts on in every chunk reports the last count', () => {
    const counted = (output: number) =>
      `data: {"choices":[{"delta":{"content":"x"}}],"usage":{"prompt_tokens":9,"completion_tokens":${output}}}\n\n`;
    expect(tapOf('openai-chat', [Buffer.from(counted(1) + counted(2) + counted(3))]).usage).toEqual(
      usage(9, 3),
    );
  });
});

describe('garbage', () => {
  const fragments = fc.constantFrom(
    'event: message_start\n', 'event: error\r\n', 'data: {', 'data: {"usage":{"prompt_tokens":', '_tokens"', '}}', '\n\n', '\r',
    '\r\n', 'data: [DONE', 'event: response.', '.delta', ':', 'data: null\n\n', 'data: {"choices":[null]}\n\n', '\ufeff', '"error"',
    'data: {"choices":5,"usage":7,"error":9}\n\n', 'data: {"message":{"usage":[]}}\n\n', 'event: message_delta\ndata: 5\n\n',
  ); // prettier-ignore
  const noise = fc.oneof(
    fragments.map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  );

  it.each(PROTOCOLS)('never makes the %s tap throw, and means the same in other pieces', (protocol) => {
    fc.assert(
      fc.property(
        fc.array(noise, { maxLength: 30 }),
        fc.array(fc.nat(400), { maxLength: 10 }),
        (parts, cuts) => {
          const bytes = Buffer.concat(parts);
          const whole = tapOf(protocol, [bytes]);
          expect(tapOf(protocol, pieces(bytes, cuts))).toEqual(whole);
        },
      ),
      { numRuns: 3_000, seed: SEED },
    );
  });
});
