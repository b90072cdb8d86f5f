import fc from 'fast-check';
import { scanBody, splice } from '@muxgate/json-scan';
import { describe, expect, it } from 'vitest';
import { findSubagentTags } from './subagent-tags.js';

function find(text: string): { model: string | undefined; left: string } {
  const body = Buffer.from(text);
  const { model, places } = findSubagentTags(body, scanBody(body).fields);
  return { model, left: Buffer.concat(splice(body, places).chunks).toString() };
}

const OPEN = '<CCM-SUBAGENT-MODEL>';
const CLOSE = '</CCM-SUBAGENT-MODEL>';

describe('subagent tags', () => {
  it.each([
    ['plain', `{"model":"m","system" : "a${OPEN}x${CLOSE}\\nb"}`, 'x', `{"model":"m","system" : "a\\nb"}`],
    [
      'brackets and slash escaped',
      `{"model":"m","system":"\\u003cCCM-SUBAGENT-MODEL\\u003eo\\/x\\u003C\\/CCM-SUBAGENT-MODEL\\u003E!"}`,
      'o/x',
      '{"model":"m","system":"!"}',
    ],
    [
      'an escaped backslash before the tag',
      `{"model":"m","system":"\\\\${OPEN}x${CLOSE}"}`,
      'x',
      '{"model":"m","system":"\\\\"}',
    ],
    [
      'text that only looks like an escape',
      `{"model":"m","system":"\\\\u003cCCM-SUBAGENT-MODEL>x${CLOSE}"}`,
      undefined,
      `{"model":"m","system":"\\\\u003cCCM-SUBAGENT-MODEL>x${CLOSE}"}`,
    ],
    [
      'several, beside multibyte text',
      `{"system":[{"text":"é😀${OPEN} ünï ${CLOSE}"},{"text":"${OPEN}b${CLOSE}${OPEN}c${CLOSE}"}],"model":"m"}`,
      'ünï',
      '{"system":[{"text":"é😀"},{"text":""}],"model":"m"}',
    ],
    [
      'white space only is no name',
      `{"model":"m","system":"${OPEN} ${CLOSE}"}`,
      undefined,
      `{"model":"m","system":""}`,
    ],
    [
      'a control character, which JSON does not allow',
      `{"model":"m","system":"${OPEN}a\nb${CLOSE}"}`,
      undefined,
      `{"model":"m","system":"${OPEN}a\nb${CLOSE}"}`,
    ],
  ])('%s', (_title, body, model, left) => {
    expect(find(body)).toEqual({ model, left });
  });

  it('removes from the JSON text what a replacement would remove from the parsed one', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 6 }).filter((text) => !/[<>]/.test(text)),
      fc.constantFrom(OPEN, CLOSE, `${OPEN}n/1${CLOSE}`, '\\', '\\u003c', '"', '<', '>'),
    );
    const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    const tags = /<(MUXGATE|CCM|CCR)-SUBAGENT-MODEL>([^<>"\\]{1,512})<\/\1-SUBAGENT-MODEL>/g;
    const cleaned = (value: string): string => value.replace(tags, '');
    fc.assert(
      fc.property(text, text, fc.boolean(), (system, first, escaped) => {
        const message = {
          model: 'm',
          system: [{ type: 'text', text: system }],
          messages: [{ role: 'user', content: first }],
        };
        let json = JSON.stringify(message);
        if (escaped) json = json.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e');
        const { left, model } = find(json);
        expect(JSON.parse(left)).toEqual({
          model: 'm',
          system: [{ type: 'text', text: cleaned(system) }],
          messages: [{ role: 'user', content: cleaned(first) }],
        });
        const named = [...system.matchAll(tags), ...first.matchAll(tags)].map(([, , name]) => name?.trim());
        expect(model).toBe(named.find((name) => name !== ''));
      }),
      { numRuns: 3_000 },
    );
  });

  it('takes linear time for hostile text', () => {
    const hostile = [
      `${OPEN}`.repeat(20_000),
      `${'\\\\'.repeat(200_000)}${OPEN}`,
      `${OPEN}${'a'.repeat(500_000)}`,
    ];
    for (const text of hostile) {
      const begun = performance.now();
      find(`{"model":"m","system":"${text}"}`);
      expect(performance.now() - begun).toBeLessThan(500);
    }
  });
});
