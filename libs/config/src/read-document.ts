import { validateSync, type ValidationError } from 'class-validator';
import { ConfigDocument } from './document.js';
import { fieldsOf, readFaults, type Field, type Reader } from './field.js';
import { interpolate, isOneReference, isPlainReference, type Environment } from './interpolate.js';
import { join, type Mistakes } from './mistakes.js';
import { didYouMean } from './suggest.js';

type Plain = Record<string, unknown>;

/**
 * Plain data → a document whose every field is either well-typed or undefined; what is wrong goes to `mistakes`.
 * References are replaced in values only, after YAML was read, so what they bring cannot change the structure.
 */
export function readDocument(
  value: unknown,
  env: Environment,
  mistakes: Mistakes,
  reader?: Reader,
): ConfigDocument {
  if (!isPlain(value)) mistakes.reject('', 'the file must be a map that begins with "version: 1"');
  return readShape(value, ConfigDocument, '', env, mistakes, reader);
}

/** The same for what begins at `path`. */
export function readShape<T extends object>(
  value: unknown,
  shape: new () => T,
  path: string,
  env: Environment,
  mistakes: Mistakes,
  reader?: Reader,
): T {
  const section = readSection(value, shape, path, { env, mistakes, reader });
  reportFaults(validateSync(section, { forbidUnknownValues: false }), path, mistakes);
  return section;
}

interface Context {
  env: Environment;
  mistakes: Mistakes;
  /** Whose document it is; without one everything is read. */
  reader: Reader | undefined;
}

function readSection<T extends object>(
  value: unknown,
  shape: new () => T,
  path: string,
  context: Context,
): T {
  const section = new shape();
  if (!isPlain(value)) {
    context.mistakes.reject(path, 'must be a section (keys and values)');
    return section;
  }
  const fields = fieldsOf(shape);
  const names = fields.map((field) => field.property);
  for (const key of Object.keys(value)) {
    if (!names.includes(key)) context.mistakes.add(join(path, key), `unknown key${didYouMean(key, names)}`);
  }
  for (const field of fields) {
    const given = Object.hasOwn(value, field.property) ? value[field.property] : undefined;
    if (given !== undefined && given !== null && (field.section === undefined || isFor(field, context))) {
      Reflect.set(section, field.property, readField(given, field, join(path, field.property), context));
    }
  }
  return section;
}

const isFor = ({ usedBy }: Field, { reader }: Context): boolean =>
  usedBy === undefined || reader === undefined || usedBy.includes(reader);

function readField(value: unknown, field: Field, path: string, context: Context): unknown {
  if (field.kind === 'section' && field.section) return readSection(value, field.section(), path, context);
  if (field.kind === 'sections' && field.section) {
    const { section } = field;
    if (Array.isArray(value))
      return value.map((item, index) => readSection(item, section(), join(path, index), context));
    context.mistakes.reject(path, 'must be a list');
    return [];
  }
  if (field.kind === 'secret' && !(typeof value === 'string' && isPlainReference(value))) {
    context.mistakes.reject(path, 'secrets must be a reference such as "${ACME_CLIENT_SECRET}"');
    return undefined;
  }
  return readValue(value, field, path, context);
}

/** Values are texts, or lists and maps of texts; anything deeper is left for the checks to refuse. */
function readValue(value: unknown, field: Field, path: string, context: Context): unknown {
  if (typeof value === 'string') return readText(value, field, path, context);
  if (field.kind === 'texts' && Array.isArray(value)) {
    return value.map((item, index) =>
      typeof item === 'string' ? readText(item, field, join(path, index), context) : item,
    );
  }
  if (field.kind === 'textMap' && isPlain(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        typeof item === 'string' ? readText(item, field, join(path, key), context) : item,
      ]),
    );
  }
  return value;
}

function readText(text: string, field: Field, path: string, context: Context): unknown {
  if (!text.includes('${') || !isFor(field, context)) return text;
  const { env, mistakes } = context;
  const value = interpolate(text, env, (says) => mistakes.reject(path, says));
  if (!isOneReference(text)) return value;
  if (field.kind === 'number' && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  if (field.kind === 'flag' && /^(true|false)$/.test(value)) return value === 'true';
  return value;
}

/** Reports and removes what is wrong, so that the checks across fields meet only sound values. */
function reportFaults(errors: readonly ValidationError[], path: string, mistakes: Mistakes): void {
  for (const { target, property, constraints, children } of errors) {
    const here = Array.isArray(target) ? join(path, Number(property)) : join(path, property);
    reportFaults(children ?? [], here, mistakes);
    const fault = constraints?.['config'];
    if (fault === undefined) continue;
    for (const item of readFaults(fault)) {
      const [step, says] = typeof item === 'string' ? ['', item] : item;
      mistakes.add(here + step, says);
    }
    if (target) Reflect.set(target, property, undefined);
  }
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
