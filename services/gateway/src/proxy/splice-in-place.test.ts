import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelEdit, scanBody, splice } from '@muxgate/json-scan';
import { spliceInPlace } from './splice-in-place.js';

function received(text: string, room: number): { bytes: Buffer; room: number } {
  const memory = Buffer.alloc(room + Buffer.byteLength(text), 'x');
  const bytes = memory.subarray(room);
  bytes.write(text);
  return { bytes, room };
}

describe('spliceInPlace', () => {
  it('gives the same bytes as splicing into a copy, however much room there is and wherever the model stands', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.json(),
        fc.json(),
        fc.nat(30),
        (model, newModel, before, after, room) => {
          const text = `{"a":${before},"model":${JSON.stringify(model)},"b":${after}}`;
          const body = received(text, room);
          const scanned = scanBody(body.bytes);
          const edit = modelEdit(scanned, newModel);
          const expected = Buffer.concat(splice(Buffer.from(text), edit === undefined ? [] : [edit]).chunks);
          expect(spliceInPlace(body, scanned, newModel).equals(expected)).toBe(true);
        },
      ),
    );
  });

  it('hands back the body itself when the name stays', () => {
    const body = received('{"model":"\\u006d"}', 8);
    expect(spliceInPlace(body, scanBody(body.bytes), 'm')).toBe(body.bytes);
  });
});
