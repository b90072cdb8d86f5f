import { valueField, type Check, type FieldOptions } from './field.js';
import { mapFaults, texts } from './fields.js';

/** The kinds of values that plugins have and files have not. */

/** Names to steps that lead to a value in an answer or a token; none may lead to a token itself. */
export const PathMap = (options: FieldOptions): PropertyDecorator =>
  valueField('textMap', 'map of paths', (value) => mapFaults(value, (_, steps) => path(steps)), options);

export const Path = (options: FieldOptions): PropertyDecorator => valueField('texts', 'path', path, options);

const path: Check = (value) => {
  const faults = texts(value);
  if (faults.length > 0 || !Array.isArray(value)) return faults;
  return value.some((step) => /token|secret/i.test(String(step))) ? ['must not lead to a token'] : [];
};

/** A function, in what is code and not a file. */
export const Hook = (options: FieldOptions): PropertyDecorator =>
  valueField(
    'hook',
    'function',
    (value) => (typeof value === 'function' ? [] : ['must be a function']),
    options,
  );
