import { describe, expect, it } from 'vitest';
import { valueFor } from './tool-input.js';

describe('a value for a tool schema', () => {
  it.each([
    ['a constant', { const: 7 }, 7],
    ['the first of an enumeration', { type: 'string', enum: ['b', 'a'] }, 'b'],
    ['the default', { type: 'integer', default: 3 }, 3],
    ['the least integer', { type: 'integer', minimum: 5 }, 5],
    ['the first alternative', { anyOf: [{ type: 'boolean' }, { type: 'null' }] }, true],
    ['a nullable type', { type: ['null', 'number'] }, 1],
    ['as many items as asked', { type: 'array', minItems: 2, items: { type: 'boolean' } }, [true, true]],
    ['a format', { type: 'string', format: 'email' }, 'someone@example.com'],
    ['a long enough string', { type: 'string', minLength: 9 }, 'sandbox..'],
    ['a reference', { $ref: '#/$defs/x', $defs: { x: { const: 'found' } } }, 'found'],
    ['no schema at all', undefined, 'sandbox'],
  ])('%s', (_name, schema, expected) => {
    expect(valueFor(schema, 'nothing to go by')).toEqual(expected);
  });

  it('fills the required properties, with a name from the text', () => {
    const city = { type: 'string' };
    const schema = { type: 'object', properties: { city, unit: { type: 'string' } }, required: ['city'] };
    expect(valueFor(schema, 'How is the weather in Oslo?')).toEqual({ city: 'Oslo' });
  });

  it('ends on a schema that refers to itself', () => {
    const node = { type: 'object', properties: { next: { $ref: '#' } } };
    expect(JSON.stringify(valueFor(node, ''))).toContain('null');
  });
});
