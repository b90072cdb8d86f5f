import { isObject, stringOf, type JsonObject } from './json.js';

const MAX_DEPTH = 8;

/** A value that satisfies a JSON schema in the plain cases tools are written in, with words taken from `text`. */
export function valueFor(schema: unknown, text: string): unknown {
  return build(isObject(schema) ? schema : {}, text, isObject(schema) ? schema : {}, '', 0);
}

function build(schema: JsonObject, text: string, root: JsonObject, name: string, depth: number): unknown {
  if (depth > MAX_DEPTH) return null;
  if ('const' in schema) return schema['const'];
  if ('default' in schema) return schema['default'];
  for (const list of [schema['enum'], schema['examples']]) {
    if (Array.isArray(list) && list.length > 0) return list[0];
  }
  const nested = (inner: JsonObject): unknown => build(inner, text, root, name, depth + 1);
  const target = resolve(schema['$ref'], root);
  if (target !== undefined) return nested(target);
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const [first] = Array.isArray(schema[key]) ? schema[key].filter(isObject) : [];
    if (first !== undefined) return nested(first);
  }
  switch (typeOf(schema)) {
    case 'object':
      return buildObject(schema, text, root, depth);
    case 'array':
      return Array.from({ length: Math.max(1, numberOf(schema['minItems']) ?? 1) }, () =>
        nested(isObject(schema['items']) ? schema['items'] : {}),
      );
    case 'integer':
    case 'number':
      return numberOf(schema['minimum']) ?? numberOf(schema['maximum']) ?? 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return wordFor(schema, text, name);
  }
}

function buildObject(schema: JsonObject, text: string, root: JsonObject, depth: number): JsonObject {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'] : Object.keys(properties);
  return Object.fromEntries(
    required.map((key) => {
      const inner = properties[String(key)];
      return [String(key), build(isObject(inner) ? inner : {}, text, root, String(key), depth + 1)];
    }),
  );
}

function typeOf(schema: JsonObject): string {
  const type = schema['type'];
  if (Array.isArray(type)) return String(type.find((each) => each !== 'null') ?? 'null');
  return stringOf(type) ?? (isObject(schema['properties']) ? 'object' : 'string');
}

function resolve(reference: unknown, root: JsonObject): JsonObject | undefined {
  if (reference === '#') return root;
  if (typeof reference !== 'string' || !reference.startsWith('#/')) return undefined;
  const found = reference
    .slice(2)
    .split('/')
    .reduce<unknown>((at, step) => (isObject(at) ? at[step] : undefined), root);
  return isObject(found) ? found : undefined;
}

const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00Z',
  time: '12:00:00Z',
  email: 'someone@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
};

/** A proper noun of the user's text ("the weather in Paris" → "Paris") reads better than filler. */
function wordFor(schema: JsonObject, text: string, name: string): string {
  const format = FORMATS[stringOf(schema['format']) ?? ''];
  if (format !== undefined) return format;
  const nouns = text.slice(0, 2_000).match(/(?<=[a-z,] )[A-Z][\w-]+/g);
  const word = nouns?.at(-1) ?? (name === '' ? 'sandbox' : name);
  return word.padEnd(numberOf(schema['minLength']) ?? 0, '.').slice(0, numberOf(schema['maxLength']));
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
