import fc from 'fast-check';
import { scanBody } from '@muxgate/json-scan';
import { describe, expect, it } from 'vitest';
import { findImages } from './find-images.js';

function count(text: string): number {
  const body = Buffer.from(text);
  return findImages(body, scanBody(body).fields).length;
}
const ask = (content: unknown): string =>
  JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] });

describe('images in a request', () => {
  it.each([
    ['a bare string', ask('image'), 0],
    ['two blocks', ask([{ type: 'image' }, { type: 'text', text: 'image' }, { type: 'image_url' }]), 2],
    ['a nested result', ask([{ type: 'tool_result', content: [{ type: 'text' }, { type: 'image' }] }]), 1],
    ['an escaped type', ask([{ type: 'image' }]).replace('"image"', '"\\u0069mage"'), 1],
    ['every letter escaped', ask([{ type: 'X' }]).replace('"X"', '"\\u0069\\u006d\\u0061\\u0067\\u0065"'), 1],
    [
      'type given twice, the last counts',
      '{"model":"m","messages":[{"content":[{"type":"image","type":"text"}]}]}',
      0,
    ],
    ['a type that is no string', ask([{ type: ['image'] }, { type: { image: 1 } }, { type: 1 }]), 0],
    ['only the system', JSON.stringify({ model: 'm', system: [{ type: 'image' }], messages: [] }), 0],
    ['messages that are no array', '{"model":"m","messages":"image"}', 0],
  ])('%s', (_title, body, images) => {
    expect(count(body)).toBe(images);
  });

  it('never throws, whatever a client nests', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(count(ask([value, { type: 'image' }]))).toBeGreaterThan(0);
      }),
    );
  });
});
