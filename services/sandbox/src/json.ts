export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a list; anything else counts as no list. */
export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Content as vendors write it: a string, or blocks of which some carry `text`. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .map((block) => stringOf(block['text']) ?? '')
    .filter((text) => text !== '')
    .join('\n');
}

/** A stable estimate, four characters a token, over every string in a value. */
export function countTokens(value: unknown): number {
  return Math.ceil(charactersOf(value) / 4);
}

function charactersOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + charactersOf(item), 0);
  if (!isObject(value)) return value == null ? 0 : 4;
  let sum = 0;
  for (const key in value) sum += key.length + charactersOf(value[key]);
  return sum;
}
