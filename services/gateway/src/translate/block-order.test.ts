import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { BlockOrder } from './block-order.js';

/** What a sink sees of these parts, as one line a block: its kind, its text, its signature. */
function ordered(parts: readonly LanguageModelV4StreamPart[], cut = false): string[] {
  const seen: string[] = [];
  const order = new BlockOrder({
    open: (start) => seen.push(start.kind === 'tool' ? `tool ${start.name}: ` : `${start.kind}: `),
    delta: (text) => (seen[seen.length - 1] += text),
    close: ({ signature }) => (seen[seen.length - 1] += signature === undefined ? '.' : ` (${signature}).`),
  });
  for (const part of parts) order.push(part);
  order.finish(cut);
  return seen;
}

const text = (id: string, delta: string): LanguageModelV4StreamPart => ({ type: 'text-delta', id, delta });
const textStart = (id: string): LanguageModelV4StreamPart => ({ type: 'text-start', id });
const tool = (id: string): LanguageModelV4StreamPart => ({ type: 'tool-input-start', id, toolName: id });
const input = (id: string, delta: string): LanguageModelV4StreamPart => ({
  type: 'tool-input-delta',
  id,
  delta,
});
const signed = (id: string, signature: string): LanguageModelV4StreamPart => ({
  type: 'reasoning-delta',
  id,
  delta: '',
  providerMetadata: { anthropic: { signature } },
});

describe('blocks', () => {
  it('are closed when another begins, though their own end comes late', () => {
    expect(
      ordered([textStart('t'), text('t', 'one'), tool('a'), input('a', '{}'), { type: 'text-end', id: 't' }]),
    ).toEqual(['text: one.', 'tool a: {}.']);
  });

  it('go on as new ones when their text goes on behind a call', () => {
    expect(
      ordered([textStart('t'), text('t', 'one'), tool('a'), input('a', '{}'), text('t', 'two')]),
    ).toEqual(['text: one.', 'tool a: {}.', 'text: two.']);
  });

  it('without content are left out, but for a thought that is only its proof', () => {
    const parts: LanguageModelV4StreamPart[] = [
      { type: 'reasoning-start', id: 'r' },
      signed('r', 'sig'),
      { type: 'reasoning-end', id: 'r' },
      textStart('t'),
      { type: 'text-end', id: 't' },
    ];
    expect(ordered(parts)).toEqual(['thinking:  (sig).']);
  });

  it('of calls that come whole are opened and closed', () => {
    expect(ordered([{ type: 'tool-call', toolCallId: 'a', toolName: 'a', input: '{"x":1}' }])).toEqual([
      'tool a: {"x":1}.',
    ]);
  });

  it('of calls without arguments get an empty object', () => {
    expect(ordered([tool('a'), { type: 'tool-input-end', id: 'a' }])).toEqual(['tool a: {}.']);
  });

  it('of calls that interleave wait for their turn, in the order in which they began', () => {
    expect(
      ordered([
        tool('a'),
        tool('b'),
        input('b', '{"y":'),
        input('a', '{"x":1'),
        input('b', '2}'),
        input('a', '}'),
      ]),
    ).toEqual(['tool a: {"x":1}.', 'tool b: {"y":2}.']);
  });

  it('of calls that the vendor runs itself are not the client’s', () => {
    expect(ordered([{ ...tool('a'), providerExecuted: true } as LanguageModelV4StreamPart])).toEqual([]);
  });
});

describe('what makes no sense is refused', () => {
  it.each<[string, LanguageModelV4StreamPart[]]>([
    ['a text that begins twice', [textStart('t'), text('t', 'x'), textStart('t')]],
    [
      'a call that begins twice',
      [tool('a'), input('a', '{}'), { type: 'tool-input-end', id: 'a' }, tool('a')],
    ],
    ['a delta without a beginning', [text('t', 'x')]],
    ['arguments that break off', [tool('a'), input('a', '{"x":')]],
    ['arguments that are no object', [tool('a'), input('a', '[1]')]],
    ['arguments behind whole ones', [tool('a'), input('a', '{}'), tool('b'), input('a', ',1')]],
  ])('%s', (_name, parts) => {
    expect(() => ordered(parts)).toThrow('the provider sent');
  });

  it('but arguments may break off at the limit', () => {
    expect(ordered([tool('a'), input('a', '{"x":')], true)).toEqual(['tool a: {"x":.']);
  });
});
