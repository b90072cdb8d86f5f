import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyUnreadable, scanBody, textAt, type ScannedBody, type UnreadableKind } from './body-scan.js';
import { MAX_DEPTH } from './json-walk.js';
import { modelEdit, splice, type SplicedBody } from './splice.js';

const SEED = 20261123;
const DOCUMENTS = 100_000;

type Outcome = { scanned: ScannedBody } | { refused: UnreadableKind };

function outcomeOf(body: Buffer): Outcome {
  try {
    return { scanned: scanBody(body) };
  } catch (error) {
    if (error instanceof BodyUnreadable) return { refused: error.kind };
    throw error;
  }
}

function modelOf(body: Buffer | string): string | undefined {
  const outcome = outcomeOf(Buffer.from(body));
  return 'scanned' in outcome ? outcome.scanned.model.value : undefined;
}

function spliceModel(body: Buffer, scanned: ScannedBody, model: string): SplicedBody {
  const edit = modelEdit(scanned, model);
  return splice(body, edit === undefined ? [] : [edit]);
}

function spliced(body: Buffer, model: string): string {
  const spliced = spliceModel(body, scanBody(body), model);
  const bytes = Buffer.concat(spliced.chunks);
  assert.equal(bytes.length, spliced.length);
  return bytes.toString();
}

describe('the model is found', () => {
  it.each([
    ['first', '{"model":"m","messages":[]}'],
    ['last, with white space anywhere', ' \r\n\t{ "messages" : [ ] ,\n"model"\t:\r"m" } \n'],
    ['after "model" in nested values', '{"messages":[{"model":"x"}],"metadata":{"model":"y"},"model":"m"}'],
    ['after "model" in strings', '{"system":"{\\"model\\":\\"x\\"}","a\\"model\\":":1,"model":"m"}'],
    ['under an escaped key', '{"mod\\u0065l":"m"}'],
    ['under a key that is nothing but escapes', '{"\\u006D\\u006f\\u0064\\u0065\\u006C":"m"}'],
    ['as an escaped value', '{"model":"\\u006d"}'],
    ['beside keys of the same length', '{"modem":"x","Model":"y","mode\\u006d":"z","model":"m","mode":1}'],
    ['beside an empty key and __proto__', '{"":1,"__proto__":{"model":"x"},"constructor":"c","model":"m"}'],
    ['beside other keys twice', '{"stream":true,"stream":false,"a":1,"a":2,"model":"m"}'],
    ['after a value that ends in escaped backslashes', '{"a":"\\\\\\\\","b":"\\\\\\"","model":"m"}'],
    [
      'after long strings that end in backslashes',
      `{"a":"${'x'.repeat(99)}\\\\","b":"${'\\"'.repeat(99)}","model":"m"}`,
    ],
    ['after numbers and literals', '{"a":-1.5E+10,"b":null,"c":true,"d":false,"e":0e-1,"model":"m"}'],
    ['after lone surrogates', '{"a":"\\ud800","\\udfff":1,"model":"m"}'],
    ['after brackets in strings', '{"a":["}]","{[",{"]":"}"}],"model":"m"}'],
    ['deep down to the limit', `{"a":${'['.repeat(MAX_DEPTH)}${']'.repeat(MAX_DEPTH)},"model":"m"}`],
  ])('%s', (_, body) => {
    expect(modelOf(body)).toBe('m');
    expect(JSON.parse(body)).toMatchObject({ model: 'm' });
  });

  it.each(['', '\ud800', '模型 🌍', 'a"b\\c\nd', '\u2028', 'claude-opus-4-5[1m]'])(
    'with the value %j',
    (value) => {
      expect(modelOf(JSON.stringify({ model: value }))).toBe(value);
    },
  );
});

describe('a body is refused', () => {
  it.each<[UnreadableKind, string, string | number[]]>([
    [
      'not_utf8',
      'a stray continuation byte',
      [...Buffer.from('{"model":"m","a":"'), 0x80, ...Buffer.from('"}')],
    ],
    ['not_utf8', 'UTF-16', [0xff, 0xfe, 0x7b, 0x00]],
    ['not_utf8', 'an overlong quote', [...Buffer.from('{"model":"m'), 0xc0, 0xa2, 0x7d]],
    [
      'not_utf8',
      'a surrogate in UTF-8',
      [...Buffer.from('{"model":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')],
    ],
    ['byte_order_mark', 'a byte order mark', '\ufeff{"model":"m"}'],
    ['not_an_object', 'nothing', ''],
    ['not_an_object', 'white space only', ' \n'],
    ['not_an_object', 'an array', '[{"model":"m"}]'],
    ['not_an_object', 'a string', '"model"'],
    ['not_an_object', 'a comment first', '/**/{"model":"m"}'],
    ['not_an_object', 'white space that is not JSON', '\u00a0{"model":"m"}'],
    ['no_model', 'an empty object', '{}'],
    ['no_model', 'a nested model only', '{"a":{"model":"m"}}'],
    ['no_model', 'another spelling', '{"Model":"m"," model":"m","model ":"m","model\\u0000":"m"}'],
    ['model_not_a_string', 'null', '{"model":null}'],
    ['model_not_a_string', 'a number', '{"model":1}'],
    ['model_not_a_string', 'an array', '{"model":["m"]}'],
    ['model_not_a_string', 'an object', '{"model":{"model":"m"}}'],
    ['model_twice', 'the same model twice', '{"model":"m","model":"m"}'],
    ['model_twice', 'the second escaped', '{"model":"m","messages":[],"mod\\u0065l":"n"}'],
    ['model_twice', 'the first escaped', '{"\\u006dodel":"m","model":"n"}'],
    ['model_twice', 'the second not a string', '{"model":"m","model":null}'],
    ['malformed', 'a second document', '{"model":"m"}{"model":"n"}'],
    ['malformed', 'trailing garbage', '{"model":"m"}x'],
    ['malformed', 'a trailing NUL', '{"model":"m"}\0'],
    ['malformed', 'a trailing comma', '{"model":"m",}'],
    ['malformed', 'a missing comma', '{"a":1 "model":"m"}'],
    ['malformed', 'a missing colon', '{"model" "m"}'],
    ['malformed', 'a missing value', '{"model":}'],
    ['malformed', 'a comment that hides a key', '{"a":1/*,"model":"m"*/,"model":"n"}'],
    ['malformed', 'a comment after a value', '{"model":"m"/**/}'],
    ['malformed', 'a bare key', '{model:"m"}'],
    ['malformed', 'single quotes', "{'model':'m'}"],
    ['malformed', 'a key with a broken escape', '{"mode\\l":"m"}'],
    ['malformed', 'a model with a broken escape', '{"model":"\\x"}'],
    ['malformed', 'a model with a raw control character', '{"model":"a\nb"}'],
    ['malformed', 'an open string', '{"model":"m'],
    ['malformed', 'a string that ends in a backslash', '{"model":"m\\'],
    ['malformed', 'an escaped end quote', '{"model":"m\\"}'],
    ['malformed', 'an open object', '{"model":"m"'],
    ['malformed', 'an open array', '{"model":"m","a":[{}'],
    ['malformed', 'a brace only', '{'],
    ['too_deep', 'too many brackets', `{"model":"m","a":${'['.repeat(MAX_DEPTH + 1)}`],
  ])('as %s: %s', (kind, _, body) => {
    expect(outcomeOf(Buffer.from(body as string))).toEqual({ refused: kind });
  });

  it('with a message fit for the client', () => {
    const refuse = (): unknown => scanBody(Buffer.from('{"model":"secret","model":"n"}'));
    expect(refuse).toThrow(expect.objectContaining({ status: 400, code: 'body_unreadable', expose: true }));
    expect(refuse).toThrow('model: given more than once');
  });

  it('cut off at every byte', () => {
    const body = Buffer.from('{"a":[1,"x\\"",{"b":null}],"model":"m\\u0065","c":-1e5,"d":{"e":[]},"f":true}');
    for (let end = 0; end < body.length; end++) {
      expect(outcomeOf(body.subarray(0, end))).toHaveProperty('refused');
    }
  });
});

describe('beside the model', () => {
  const body = Buffer.from(
    JSON.stringify({
      model: 'm',
      max_tokens: 1024,
      system: [{ text: 's' }],
      thinking: { type: 'enabled', budget_tokens: 5 },
      metadata: { user_id: 'user_é' },
      messages: [{ content: '"messages":[]' }],
      tools: [{ name: 'x' }],
      stream: true,
      prompt_cache_key: 'k',
    }),
  );

  it('the fields that routing asks for are read', () => {
    const scanned = scanBody(body);
    expect(scanned).toMatchObject({ stream: true, hasTools: true, maxTokens: 1024, thinkingType: 'enabled' });
    const textOf = ({ start, end }: { start: number; end: number }) => body.toString('utf8', start, end);
    expect(textOf(scanned.fields.messages!)).toBe('[{"content":"\\"messages\\":[]"}]');
    expect(textOf(scanned.fields.system!)).toBe('[{"text":"s"}]');
    expect(textOf(scanned.fields.tools!)).toBe('[{"name":"x"}]');
    expect(textAt(body, scanned.fields.metadata, 'user_id')).toBe('user_é');
    expect(textAt(body, scanned.fields.prompt_cache_key)).toBe('k');
    expect(textAt(body, scanned.fields.metadata, 'session')).toBeUndefined();
    expect(textAt(body, scanned.fields.input, 'user_id')).toBeUndefined();
  });

  it.each([
    ['{"model":"m","stream":"true","tools":[ ],"max_tokens":-5,"thinking":null}'],
    ['{"model":"m","stream":1,"tools":{},"max_tokens":1.5,"thinking":{"type":1}}'],
    ['{"model":"m","stream":true,"stream":false,"tools":[1],"tools":[],"max_tokens":"9","thinking":[]}'],
  ])('values of the wrong type count as absent, and the last of two keys counts: %s', (text) => {
    expect(scanBody(Buffer.from(text))).toMatchObject({
      stream: false,
      hasTools: false,
      maxTokens: undefined,
      thinkingType: undefined,
    });
  });
});

describe('splicing', () => {
  it('changes the model literal and no other byte', () => {
    const body = Buffer.from(' {"a" : "\\u00e9\\/", "model" :\t"\\u006d" , "b":1e2, "b":[ ]}\n');
    expect(spliced(body, 'n"\\🌍')).toBe(
      ' {"a" : "\\u00e9\\/", "model" :\t"n\\"\\\\🌍" , "b":1e2, "b":[ ]}\n',
    );
  });

  it('hands back the body itself when the name stays', () => {
    const body = Buffer.from('{"model":"\\u006d"}');
    expect(spliceModel(body, scanBody(body), 'm').chunks).toEqual([body]);
    expect(spliceModel(body, scanBody(body), 'm').chunks[0]).toBe(body);
  });
});

describe('hostile bodies take linear time', () => {
  const MIB = 1024 * 1024;
  it.each([
    ['backslashes', `{"model":"m","a":"${'\\'.repeat(8 * MIB)}"}`],
    ['escaped quotes', `{"model":"m","a":"${'\\"'.repeat(4 * MIB)}"}`],
    ['long runs of backslashes before quotes', `{"model":"m","a":"${`${'\\'.repeat(8191)}"`.repeat(1024)}"}`],
    ['keys', `{"model":"m"${',"\\u0061":0'.repeat(800_000)}}`],
    ['empty strings', `{"model":"m","a":[${'"",'.repeat(2 * MIB)}0]}`],
    ['white space', `{"model":"m"${' '.repeat(8 * MIB)}}`],
    ['an open string', `{"model":"m","a":"${'x'.repeat(8 * MIB)}`],
    ['brackets', `{"model":"m","a":[${'[],'.repeat(2 * MIB)}0]}`],
  ])('8 MiB of %s', (_, text) => {
    const body = Buffer.from(text);
    const begun = performance.now();
    outcomeOf(body);
    expect(performance.now() - begun).toBeLessThan(1_500);
  });
});

describe('agreement with JSON.parse', () => {
  const NAMES = [
    'model',
    'Model',
    'mode',
    'models',
    'stream',
    'tools',
    'metadata',
    '',
    '__proto__',
    'toString',
    'é',
  ];
  const escaped = (text: string) =>
    Array.from(
      { length: text.length },
      (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join('');
  /** A JSON string in which any character may be escaped or not. */
  const literal = fc
    .tuple(fc.oneof(fc.constantFrom(...NAMES), fc.string({ unit: 'binary', maxLength: 30 })), fc.nat(63))
    .map(([text, mask]) => {
      const characters = Array.from(text).map((character, i) =>
        (mask >> (i % 6)) & 1 ? escaped(character) : JSON.stringify(character).slice(1, -1),
      );
      return `"${characters.join('')}"`;
    });
  const space = fc.constantFrom('', '', '', ' ', '\n', '\t\r ');
  const scalar = fc.constantFrom('0', '-1.5e+3', '1E400', 'true', 'false', 'null');
  const { value } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, literal, scalar, tie('object'), tie('array')),
    object: fc
      .array(fc.tuple(space, literal, space, tie('value')), { maxLength: 4 })
      .map((fields) => `{${fields.map(([a, key, b, v]) => `${a}${key}${b}:${a}${v}${b}`).join(',')}}`),
    array: fc.array(tie('value'), { maxLength: 4 }).map((values) => `[${values.join(' ,')}]`),
  }));
  const modelKey = fc.constantFrom('"model"', '"model"', '"mod\\u0065l"', '"\\u006dodel"', '"modem"');
  const field = fc
    .tuple(fc.oneof({ weight: 9, arbitrary: literal }, { weight: 1, arbitrary: modelKey }), space, value)
    .map(([key, s, v]) => `${s}${key}${s}:${s}${v}${s}`);
  const modelField = fc.tuple(modelKey, literal).map(([key, text]) => `${key}:${text}`);
  const document = fc
    .tuple(
      fc.array(field, { maxLength: 6 }),
      fc.oneof({ weight: 8, arbitrary: fc.tuple(modelField) }, fc.array(modelField, { maxLength: 2 })),
      fc.nat(4),
      space,
    )
    .map(([fields, models, at, s]) =>
      Buffer.from(`${s}{${fields.toSpliced(at, 0, ...models).join(',')}}${s}`),
    );

  const SYNTAX = [
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"model":"x",',
    ',"model":1',
    '\\u',
    '/*',
    '\0',
    '\ufeff',
    '1',
  ];
  const insertion = fc.oneof(
    fc.constantFrom(...SYNTAX).map((text) => Buffer.from(text)),
    fc.uint8Array({ minLength: 1, maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
  );
  const mutation = fc.record({
    kind: fc.constantFrom('flip', 'insert', 'delete', 'cut'),
    at: fc.nat(1_000),
    insertion,
  });
  const mutated = fc
    .tuple(document, fc.oneof(fc.constant([]), fc.array(mutation, { maxLength: 3 })))
    .map(([body, mutations]) => mutations.reduce(mutate, body));

  function mutate(
    body: Buffer,
    { kind, at, insertion: bytes }: { kind: string; at: number; insertion: Buffer },
  ): Buffer {
    const i = at % (body.length + 1);
    if (kind === 'cut') return body.subarray(0, i);
    if (kind === 'insert') return Buffer.concat([body.subarray(0, i), bytes, body.subarray(i)]);
    const rest = body.subarray(Math.min(i + 1, body.length));
    return Buffer.concat([body.subarray(0, i), ...(kind === 'flip' ? [bytes.subarray(0, 1)] : []), rest]);
  }

  /** The object that JSON.parse reads, of bytes that are UTF-8. */
  function oracle(body: Buffer): { parsed: Record<string, unknown> } | undefined {
    try {
      const parsed: unknown = JSON.parse(
        new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body),
      );
      const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
      return isObject ? { parsed: parsed as Record<string, unknown> } : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * The number of top-level `model` keys of a document that JSON.parse accepts, without any code of the scanner:
   * tokens by regular expression, depth by counting.
   */
  function countModels(text: string): number {
    let depth = 0;
    let models = 0;
    for (const match of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/gs)) {
      const [token, string, colon] = match;
      if (token === '{' || token === '[') depth++;
      else if (token === '}' || token === ']') depth--;
      else if (depth === 1 && colon !== undefined && JSON.parse(string!) === 'model') models++;
    }
    return models;
  }

  type Class = 'accepted' | 'refused' | 'invalid but passed' | 'invalid and refused';

  /** Which of the four cases a document is; throws where the scanner does not agree. */
  function check(body: Buffer): Class {
    const outcome = outcomeOf(body);
    const expected = oracle(body);
    if (expected === undefined) {
      if ('refused' in outcome) return 'invalid and refused';
      const { start, end, value: model } = outcome.scanned.model;
      assert.equal(JSON.parse(body.toString('utf8', start, end)), model);
      const bytes = Buffer.concat([body.subarray(0, start), Buffer.from('"other"'), body.subarray(end)]);
      assert.deepEqual(Buffer.concat(spliceModel(body, outcome.scanned, 'other').chunks), bytes);
      return 'invalid but passed';
    }
    const models = countModels(body.toString());
    const model = expected.parsed['model'];
    if (models !== 1 || typeof model !== 'string') {
      const kind = models === 0 ? 'no_model' : models > 1 ? 'model_twice' : 'model_not_a_string';
      assert.deepEqual(outcome, { refused: kind });
      return 'refused';
    }
    assert.ok('scanned' in outcome, 'refused what JSON.parse accepts');
    assert.equal(outcome.scanned.model.value, model);
    assert.equal(outcome.scanned.stream, expected.parsed['stream'] === true);
    const other: unknown = JSON.parse(spliced(body, 'spliced-"é"'));
    assert.deepEqual(other, { ...expected.parsed, model: 'spliced-"é"' });
    return 'accepted';
  }

  it(
    `holds for ${DOCUMENTS.toLocaleString('en')} generated and mutated documents (seed ${SEED})`,
    { timeout: 60_000 },
    () => {
      const met = new Map<Class, number>();
      fc.assert(
        fc.property(mutated, (body) => {
          const found = check(body);
          met.set(found, (met.get(found) ?? 0) + 1);
        }),
        { numRuns: DOCUMENTS, seed: SEED },
      );
      // The generator must keep meeting every kind of document, or the agreement above is empty.
      expect(met.size).toBe(4);
      expect(Math.min(...met.values())).toBeGreaterThan(DOCUMENTS / 200);
    },
  );

  it('holds for bytes of any kind: nothing but BodyUnreadable is thrown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => outcomeOf(Buffer.from(bytes))).not.toThrow();
      }),
      { numRuns: 20_000, seed: SEED },
    );
  });
});
