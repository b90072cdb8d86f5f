import { describe, expect, it } from 'vitest';
import { PromptCache } from './prompt-cache.js';

const block = (text: string, marked = false): { content: object; marked: boolean } => ({
  content: { text, ...(marked ? { cache_control: { type: 'ephemeral' } } : {}) },
  marked,
});

describe('the prompt cache', () => {
  it('neither reads nor writes without a breakpoint', () => {
    const cache = new PromptCache();
    cache.measure([block('a'.repeat(400))]);
    expect(cache.measure([block('a'.repeat(400))])).toMatchObject({ read: 0, written: 0 });
  });

  it('reads the longest known prefix and writes the rest as a conversation grows and its breakpoint moves', () => {
    const cache = new PromptCache();
    const first = cache.measure([block('a'.repeat(400)), block('b'.repeat(400), true)]);
    expect(first).toMatchObject({ read: 0, written: first.total });
    const grown = cache.measure([
      block('a'.repeat(400)),
      block('b'.repeat(400), true),
      block('c'.repeat(400), true),
      block('tail'),
    ]);
    expect(grown.read).toBe(first.total);
    expect(grown.written).toBeGreaterThan(100);
    expect(grown.read + grown.written).toBeLessThan(grown.total);
  });

  it('does not take a changed prefix for a known one', () => {
    const cache = new PromptCache();
    cache.measure([block('system one', true)]);
    expect(cache.measure([block('system two', true)]).read).toBe(0);
  });
});
