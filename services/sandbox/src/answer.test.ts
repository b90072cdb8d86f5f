import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideAnswer, type Turn } from './answer.js';
import { readSteering } from './steering.js';

const turn: Turn = {
  model: 'm',
  stream: true,
  userText: 'hello',
  toolResults: [],
  tools: [],
  toolChoice: 'auto',
  parallelTools: true,
  thinking: false,
  prompt: { total: 30, read: 10, written: 5 },
};

describe('the answer', () => {
  it('has exactly the events and the bytes that were asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 500, max: 20_000 }),
        (events, bytes) => {
          const headers = { 'x-sandbox-events': String(events), 'x-sandbox-bytes': String(bytes) };
          const { deltas } = decideAnswer(turn, readSteering(headers));
          expect(deltas).toHaveLength(events);
          expect(deltas.join('')).toHaveLength(bytes);
          expect(deltas.every((delta) => delta.length > 0)).toBe(true);
        },
      ),
    );
  });

  it('keeps a steered text whole however it is split', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.integer({ min: 1, max: 40 }),
        (text, events) => {
          const steering = { delayMs: 0, intervalMs: 0, text };
          expect(decideAnswer(turn, steering).deltas.join('')).toBe(text);
          expect(decideAnswer(turn, { ...steering, events }).deltas.join('')).toBe(text);
        },
      ),
    );
  });

  it('bills as input only what no cache served', () => {
    const { usage } = decideAnswer(turn, readSteering({}));
    expect(usage).toMatchObject({ input: 15, cacheRead: 10, cacheCreation: 5 });
  });
});
