import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextBuffer } from './text-buffer.js';

describe('a text buffer', () => {
  it('holds the lines that were appended, whatever their script and however many, and begins anew', () => {
    const lines = fc.array(fc.string({ unit: 'grapheme', maxLength: 60 }), { maxLength: 60 });
    fc.assert(
      fc.property(lines, lines, (first, second) => {
        const buffer = new TextBuffer(8);
        for (const texts of [first, second]) {
          for (const text of texts) buffer.append(text);
          expect(buffer.written.toString()).toBe(texts.map((text) => `${text}\n`).join(''));
          expect(buffer.isEmpty).toBe(texts.length === 0);
          buffer.clear();
        }
      }),
    );
  });
});
