import { RequestMalformed } from '../proxy/errors.js';

/** A parsed JSON object of which nothing is known yet. */
export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a list; anything else counts as no list. */
export function objectsIn(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/**
 * Content as a list of blocks: vendors allow a plain string for a single text.
 *
 * @throws RequestMalformed
 */
export function blocksOf(content: unknown, textType = 'text'): Json[] {
  if (typeof content === 'string') return [{ type: textType, text: content }];
  return content === undefined || content === null ? [] : listIn(content, 'content');
}

/** @throws RequestMalformed for anything but a list of objects */
export function listIn(value: unknown, path: string): Json[] {
  if (!Array.isArray(value) || !value.every(isObject)) malformed(path, 'must be a list of objects');
  return value;
}

/** @throws RequestMalformed for what is there but no number */
export function numberIn(body: Json, name: string): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  return numberOf(value) ?? malformed(name, 'must be a number');
}

/** @throws RequestMalformed where it is missing */
export function textIn(from: Json, name: string, path: string): string {
  return textOf(from[name]) ?? malformed(`${path}.${name}`, 'Field required');
}

/** The object without what is not there: optional properties may not be `undefined`. */
export function present<T extends object>(values: {
  [K in keyof T]: T[K] | undefined;
}): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

/** The text as a JSON object, or undefined: tool arguments are text that a model wrote. */
export function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @throws RequestMalformed saying which field is wrong */
export function malformed(path: string, reason: string): never {
  throw new RequestMalformed(`${path}: ${reason}`);
}
